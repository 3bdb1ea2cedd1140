"""What this process does with the processor: when it gives it away, who else of it computes, what computes beside it.

It must not decide which clock a benchmark is judged by.
"""

from __future__ import annotations

import contextlib
import os
import time

_ACCELERATORS = ("/dev/nvidia", "/dev/kfd", "/dev/dri/render")
#: The calling thread did all the work where the process took no more than this beyond it.
ALONE_RATIO = 0.02


def waits() -> int | None:
    """How often this process gave the processor away by itself since its start; ``None`` where nobody counts it."""
    try:
        import resource
    except ImportError:
        return None
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw)


def children_ns() -> int:
    """Processor time of child processes that ended and were waited for, in nanoseconds."""
    times = os.times()
    return round((times.children_user + times.children_system) * 1e9)


def accelerator_open(process: str = "self") -> bool:
    """Whether a process, by its number, has opened a device that computes beside the processor."""
    folder = f"/proc/{process}/fd"
    try:
        descriptors = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return False  # no such folder outside Linux; JAX and CUDA on other systems are not known of
    for number in descriptors:
        with contextlib.suppress(OSError):
            if os.readlink(f"{folder}/{number}").startswith(_ACCELERATORS):  # noqa: PTH115
                return True
    return False


class Company:
    """Sees in which samples the process waited, and in which others than the calling thread computed."""

    def __init__(self) -> None:
        self._children_ns = children_ns()
        self._waits: int | None = None
        self._thread_ns = 0
        self._waited: list[bool] = []
        self._shared: list[bool] = []

    def begin(self) -> None:
        """A sample begins."""
        self._waits = waits()
        self._thread_ns = time.thread_time_ns()

    def end(self, cpu_ns: int) -> None:
        """A sample of so much processor time ended."""
        thread_ns = time.thread_time_ns() - self._thread_ns
        if self._waits is not None:
            self._waited.append((waits() or 0) > self._waits)
            self._shared.append(abs(cpu_ns - thread_ns) > ALONE_RATIO * cpu_ns)

    def told(self) -> dict[str, list[bool]]:
        """What was seen of each sample; nothing where children or an accelerator did a part of the work."""
        if self._waits is None or children_ns() > self._children_ns or accelerator_open():
            return {}
        return {"waited": self._waited, "shared": self._shared}
