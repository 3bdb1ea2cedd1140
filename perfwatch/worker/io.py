"""Read the operating system's counters around a subject's calls.

It must not profile: the counters cost a few microseconds at each end.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from .subject import Subject, heading, repeat_for

if TYPE_CHECKING:
    from collections.abc import Callable

_IO_NAMES = {
    "rchar": "read_bytes",
    "wchar": "written_bytes",
    "syscr": "read_calls_count",
    "syscw": "write_calls_count",
    "read_bytes": "disk_read_bytes",
    "write_bytes": "disk_written_bytes",
}


class Io:
    """Calls each subject for about ``seconds`` and keeps the counters' differences."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Nothing is needed before the target is imported."""

    def measure(self, subject: Subject) -> Any:
        """Count over repeated calls of one subject."""
        value = None if subject.single else subject.once()
        record = heading(subject)
        before = counters()
        record["started_ns"] = time.perf_counter_ns()
        record["calls"], record["wall_ns"], last = repeat_for(subject, self.seconds)
        record["ended_ns"] = time.perf_counter_ns()
        after = counters()
        record["counters"] = {name: after[name] - before[name] for name in after if name in before}
        record["peak_resident_bytes"] = peak_resident_bytes()
        self.records.append(record)
        return last if subject.single else value

    def finish(self) -> dict[str, Any]:
        """Name the source."""
        return {"tool": "operating system counters", "version": ""}


def counters() -> dict[str, int]:
    """This process's own and its waited-for children's counters, as far as the system has them."""
    found: dict[str, int] = {}
    try:
        with open("/proc/self/io", encoding="ascii") as file:  # noqa: PTH123
            for line in file:
                name, _, value = line.partition(":")
                if name in _IO_NAMES:
                    found[_IO_NAMES[name]] = int(value)
    except OSError:
        found = {}  # no such file outside Linux; the figures stay unknown
    times = os.times()
    found["user_cpu_ns"] = round((times.user + times.children_user) * 1e9)
    found["system_cpu_ns"] = round((times.system + times.children_system) * 1e9)
    try:
        import resource
    except ImportError:
        return found
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        for figure, count in (
            ("voluntary_switches_count", usage.ru_nvcsw),
            ("involuntary_switches_count", usage.ru_nivcsw),
            ("major_faults_count", usage.ru_majflt),
        ):
            found[figure] = found.get(figure, 0) + count
    return found


def peak_resident_bytes() -> int | None:
    """The process's high-water mark, ``None`` where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    scale = 1 if os.uname().sysname == "Darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * scale
