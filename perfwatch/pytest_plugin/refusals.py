"""What ``pytest --perfwatch`` cannot do is said before any test runs; it must not measure."""

from __future__ import annotations

import sys

import pytest


def refuse(config: pytest.Config) -> None:
    """Raise ``pytest.UsageError`` where tests run beside each other, and on Windows."""
    if sys.platform == "win32":
        raise pytest.UsageError(
            "pytest --perfwatch does not work on Windows yet: its supervisor needs fork and wait4.\n"
            "Nothing was run. Measure on Linux or macOS, or inside WSL."
        )
    if _spread(config):
        raise pytest.UsageError(
            "--perfwatch and xdist do not go together: times of tests that run beside each other "
            "say nothing of the code.\n"
            "No test was run. Measure without it: pytest --perfwatch -n0"
        )


def _spread(config: pytest.Config) -> bool:
    """Whether xdist spreads the tests over processes, or this is one of them."""
    if hasattr(config, "workerinput"):
        return True
    return bool(
        config.getoption("numprocesses", None)
        or config.getoption("tx", None)
        or config.getoption("dist", "no") not in ("no", None)
    )
