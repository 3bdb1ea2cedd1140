"""Reach a thread's counters, and the interpreter's main thread, by way of the C library.

Reading with the interpreter lock held is what keeps a sample of one moment. It
must not keep a low descriptor, and where ctypes is missing it does without.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: Programs close or count the low descriptors.
_DESCRIPTORS_FROM = 512
TEXT_BYTES = 512


def opened(tid: int) -> int | None:
    """A descriptor of the thread's counters, out of the way of the target's; ``None`` for a thread that is gone."""
    try:
        low = os.open(f"/proc/self/task/{tid}/io", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    import fcntl

    try:
        high = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _DESCRIPTORS_FROM)
    except OSError:
        return low  # fewer are allowed here
    os.close(low)
    return high


def held_reader() -> Callable[[int], bytes]:
    """A function that reads a descriptor from its start without letting the interpreter lock go."""
    try:
        import ctypes

        pread = ctypes.PyDLL(None).pread
    except (ImportError, OSError, AttributeError):
        return _read_plainly
    pread.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long)
    pread.restype = ctypes.c_ssize_t
    buffer = ctypes.create_string_buffer(TEXT_BYTES)

    def read(descriptor: int) -> bytes:
        length = pread(descriptor, buffer, TEXT_BYTES, 0)
        return ctypes.string_at(buffer, length) if length > 0 else b""

    return read


def scheduler() -> Callable[[Callable[[], None]], None]:
    """A function that has another called by the main thread, as soon as what it is in returns to the interpreter."""
    try:
        import ctypes

        add, kind = ctypes.pythonapi.Py_AddPendingCall, ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
    except (ImportError, OSError, AttributeError):
        return lambda function: function()
    waiting: list[Callable[[], None]] = []

    def call(_argument: Any) -> int:
        while waiting:
            waiting.pop()()
        return 0

    kept = kind(call)

    def soon(function: Callable[[], None]) -> None:
        waiting.append(function)
        add(kept, None)

    return soon


def _read_plainly(descriptor: int) -> bytes:
    try:
        return os.pread(descriptor, TEXT_BYTES, 0)
    except OSError:
        return b""
