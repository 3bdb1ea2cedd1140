"""How a verb that measures begins: where it cannot work it says so, and a SIGTERM ends it in order.

It must not measure anything.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

from perfwatch.errors import Terminated, UsageError


def refuse_windows(verb: str) -> None:
    """Raise ``UsageError`` on Windows, where the supervisor lacks fork and wait4."""
    if sys.platform == "win32":
        raise UsageError(
            f"perfwatch {verb} does not work on Windows yet: its supervisor needs fork and wait4.",
            means="Nothing was measured. Stored runs can be shown: report, runs, baseline.",
            do="Measure on Linux or macOS, or inside WSL.",
        )


def end_in_order_on_sigterm() -> None:
    """Turn SIGTERM into ``Terminated``, so that what was started is ended and its folder removed."""
    signal.signal(signal.SIGTERM, _terminated)


def _terminated(_number: int, _frame: Any) -> None:
    raise Terminated
