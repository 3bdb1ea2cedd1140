"""Watch what a subject's calls ask of the system: counters, opened files, bytes by line.

The counters cost a few microseconds at each end; files come from an audit hook
and lines from a sampling thread, both of this pass alone. It must not patch,
reset or keep open anything of the target's.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from .io_files import FileWatch
from .io_sampler import LineSampler
from .io_states import States
from .io_system import allowed_cores, group_counters, thread_pools
from .subject import Subject, heading, repeat_for, stretch

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
    """Calls each subject for about ``seconds`` and keeps the counters' differences.

    Without ``sampled`` it does no more than that: no hook, and no thread of ours.
    """

    def __init__(self, seconds: float, *, sampled: bool = True) -> None:
        self.seconds = seconds
        self.sampled = sampled
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None
        self._watch: FileWatch | None = None

    def prepare(self) -> None:
        """Put the hook in before the target is imported, and take the names it might replace."""
        # What this imports must not be read in a stretch.
        counters()
        if self.sampled:
            self._sampler = LineSampler(States())
            self._watch = FileWatch(self._sampler)
            self._watch.install()

    def measure(self, subject: Subject) -> Any:
        """Count over repeated calls of one subject."""
        value = None if subject.single else subject.once()
        record = heading(subject)
        groups = group_counters()
        if self._watch is not None:
            self._sampler.states = States()
        before = counters()
        if self._watch is not None:
            self._sampler.start()
            self._watch.start()
        record["started_ns"] = time.perf_counter_ns()

        def close() -> None:
            self._close(record, before, groups)

        with stretch(self, record, close):
            record["calls"], record["wall_ns"], last = repeat_for(subject, self.seconds)
        return last if subject.single else value

    def _close(self, record: dict[str, Any], before: dict[str, int], groups: dict[str, Any]) -> None:
        record["ended_ns"] = time.perf_counter_ns()
        if self._watch is not None:
            record["files"] = self._watch.stop()
            record["sampling"] = self._sampler.stop()
        after = counters()
        spent = {name: after[name] - before[name] for name in after if name in before}
        if "children_peak_bytes" in after:
            # A high-water mark has no difference.
            spent["children_peak_bytes"] = after["children_peak_bytes"]
        record["peak_resident_bytes"] = peak_resident_bytes()
        if self._watch is not None:
            for name, amount in record["sampling"]["own"].items():
                if name in spent:
                    spent[name] = max(0, spent[name] - amount)
            record["states"] = self._sampler.states.described()
            record["pools"], record["pools_missing"] = thread_pools()
        record["counters"] = spent
        record["groups"] = {
            name: amount - groups.get(name, 0) if name.startswith("throttled") else amount
            for name, amount in group_counters().items()
        }
        record["cores"] = allowed_cores()

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
            ("minor_faults_count", usage.ru_minflt),
        ):
            found[figure] = found.get(figure, 0) + count
    scale = 1 if sys.platform == "darwin" else 1024
    found["children_user_ns"] = round(usage.ru_utime * 1e9)
    found["children_system_ns"] = round(usage.ru_stime * 1e9)
    found["children_peak_bytes"] = usage.ru_maxrss * scale
    return found


def peak_resident_bytes() -> int | None:
    """The process's high-water mark, ``None`` where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    scale = 1 if os.uname().sysname == "Darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * scale
