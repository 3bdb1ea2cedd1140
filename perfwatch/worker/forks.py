"""Have something done first in every child that this process forks.

Python forgets, in the child, the signals that came before it was ready, and a pool that
told its worker to terminate then waits for it for ever: so the signal is held back by
the system until the child has been seen to. This module must not know what is done.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def follow(in_child: Callable[[], None]) -> None:
    """Call ``in_child`` in each forked child, before a signal to terminate can reach it; it must not raise."""
    masks: list[Any] = []

    def hold() -> None:
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}))

    def release() -> None:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, masks.pop())

    def forked() -> None:
        try:
            in_child()
        finally:
            release()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=hold, after_in_parent=release, after_in_child=forked)
