"""How long the calling thread has stood in the queue for a processor.

What remains of a call's wall time without it is what the call took and waited for by
itself: neighbours that compute are out of it, and reading a file, a lock or another
thread are not. A hypervisor's theft is in nobody's books.
"""

from __future__ import annotations

import time


def queued_ns() -> int:
    """Nanoseconds since the thread began, by Linux's own account; 0 where nobody keeps one."""
    try:
        with open("/proc/thread-self/schedstat", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def own_time_ns() -> int:
    """A clock that stands still while the thread is queued; only differences mean anything."""
    return time.perf_counter_ns() - queued_ns()
