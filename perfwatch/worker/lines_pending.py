"""Run a function in the main thread, between two of its instructions, from any other thread.

It uses CPython's pending calls, which disturb neither signals nor system calls.
It must not be used for anything that takes long.
"""

from __future__ import annotations

import _thread
import functools
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: The same instant on two clocks, in nanoseconds: elapsed, and the whole process's processor time.
Moment = tuple[int, int]

#: How often a waiting thread looks whether the process still wants it.
LOOK_SECONDS = 0.005


def moment() -> Moment:
    """Now."""
    return time.perf_counter_ns(), time.process_time_ns()


def poster(function: Callable[[], None]) -> Callable[[], Any]:
    """A callable that has ``function`` run in the main thread after whatever is under way in C.

    No Python code runs when it is called itself, so that the interpreter has no
    chance to come round to ``function`` before its caller has returned.
    """
    import ctypes

    prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)

    def called(_argument: Any) -> int:
        function()
        return 0

    return functools.partial(ctypes.pythonapi.Py_AddPendingCall, prototype(called), None)


class Pending:
    """A place for one function at a time."""

    def __init__(self) -> None:
        self.cancelled = False
        self._function: Callable[[], None] | None = None
        self._at: Moment | None = None
        self._done = _thread.allocate_lock()
        self._callback: Any = None

    def run(self, function: Callable[[], None]) -> Moment:
        """Run it and return the moment of its end; in the main thread at once.

        Elsewhere this waits until the main thread comes round to it, or until
        ``cancelled`` is set.
        """
        if threading.main_thread().ident == threading.get_ident():
            function()
            return moment()
        self._function, self._at = function, None
        self._done.acquire(blocking=False)
        self._post()
        while not self._done.acquire(timeout=LOOK_SECONDS):
            if self.cancelled:
                self._function = None
                break
        return self._at or moment()

    def _post(self) -> None:
        import ctypes

        if self._callback is None:
            prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
            self._callback = prototype(self._called)
        # The queue has 32 places; where others fill it, we come later.
        while ctypes.pythonapi.Py_AddPendingCall(self._callback, None) != 0:
            time.sleep(0.001)

    def _called(self, _argument: Any) -> int:
        function, self._function = self._function, None
        if function is not None:
            function()
            self._at = moment()
        if self._done.locked():
            self._done.release()
        return 0
