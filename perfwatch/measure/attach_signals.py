"""Ctrl-C and termination while a live process is watched: kept until the watch looks for them.

An exception out of a signal could come between any two steps, also while samples
are counted or memray is taken out. It must not end anything itself.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Self

from perfwatch.errors import Terminated

if TYPE_CHECKING:
    from collections.abc import Callable

#: How long somebody who waits may go without looking, in seconds.
LOOK_SECONDS = 0.1


def never() -> bool:
    """Nobody asks for an end."""
    return False


class Signals:
    """Holds SIGINT and SIGTERM back within its block; a signal that was ignored before stays ignored."""

    def __init__(self) -> None:
        self._came: list[int] = []
        self._before: list[tuple[int, Callable[..., Any] | int | None]] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            return self  # signals are the main thread's: none cuts in here
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before.append((number, signal.signal(number, self._keep)))
        return self

    def __exit__(self, *_: object) -> None:
        while self._before:
            signal.signal(*self._before.pop())

    def _keep(self, number: int, _frame: object) -> None:
        self._came.append(number)

    def came(self) -> bool:
        """Whether there was one."""
        return bool(self._came)

    @property
    def reason(self) -> BaseException | None:
        """What it would have raised; termination is stronger."""
        if not self._came:
            return None
        return Terminated() if signal.SIGTERM in self._came else KeyboardInterrupt()
