"""Keep memray's open files from a target that closes every descriptor it finds, as daemons do.

memray reads ``/proc/…/status`` from a thread of its own and ends the process
where it cannot. The target's own descriptors are closed as it asks, and it must
not notice more than that ours stay.
"""

from __future__ import annotations

import functools
import os

_LISTED = "/proc/self/fd"
#: What memray reads of this process all the time; which of the two is its version's choice.
_READ = ("/status", "/statm")


def spare(folder: str) -> None:
    """From now on, ``os.close`` and ``os.closerange`` leave memray's files and those in ``folder`` open."""
    if not os.path.isdir(_LISTED):  # noqa: PTH112
        return  # not on this system, and memray reads no such file there
    inside = os.path.join(os.path.realpath(folder), "")  # noqa: PTH118
    close, close_range = os.close, os.closerange

    def ours(descriptor: int) -> bool:
        try:
            name = os.readlink(f"{_LISTED}/{descriptor}")  # noqa: PTH115
        except OSError:
            return False  # it is closed already
        return name.startswith(inside) or (name.startswith("/proc/") and name.endswith(_READ))

    @functools.wraps(close)
    def closing(fd: int) -> None:
        if not ours(fd):
            close(fd)

    @functools.wraps(close_range)
    def closing_range(fd_low: int, fd_high: int, /) -> None:
        low = fd_low
        for kept in sorted(int(name) for name in os.listdir(_LISTED) if ours(int(name))):  # noqa: PTH208
            if low <= kept < fd_high:
                close_range(low, kept)
                low = kept + 1
        close_range(low, fd_high)

    os.close = closing
    os.closerange = closing_range
