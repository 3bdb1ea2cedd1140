"""What the tests of the action share."""

from __future__ import annotations

import pytest
from forge_server import serving


@pytest.fixture
def forge():
    """A server that stands for the forge."""
    with serving() as server:
        yield server
