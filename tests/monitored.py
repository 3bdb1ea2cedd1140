"""What every test of spans and figures begins with: nothing collected yet."""

from __future__ import annotations

import pytest

from perfwatch.monitor import clear, collected


@pytest.fixture(autouse=True)
def fresh():
    """Forget what another test collected."""
    clear()
    yield
    clear()


def counts():
    """How often each span was entered."""
    return {span.path: span.count for span in collected()}
