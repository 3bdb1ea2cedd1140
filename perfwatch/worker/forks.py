"""Have something done first in every child that this process forks.

Python forgets, in the child, the signals that came before it was ready, and a pool that
told its worker to terminate then waits for it for ever: so the signal is held back by
the system until the child has been seen to. This module must not know what is done.
"""

from __future__ import annotations

import _thread
import os
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def follow(in_child: Callable[[], None]) -> None:
    """Call ``in_child`` in each forked child, before a signal to terminate can reach it; it must not raise."""
    #: Of each thread that is forking; a child goes on as the thread that forked it.
    masks: dict[int, Any] = {}

    def hold() -> None:
        masks[_thread.get_ident()] = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def release() -> None:
        if (mask := masks.pop(_thread.get_ident(), None)) is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def forked() -> None:
        try:
            in_child()
        finally:
            release()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=hold, after_in_parent=release, after_in_child=forked)
