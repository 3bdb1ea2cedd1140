"""Time a subject in this process: first call, calibrated loops, samples on two clocks.

It takes samples and judges none: how many of them are warm-up is found later,
from all of them. Garbage collection is left as the target set it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from itertools import repeat
from typing import TYPE_CHECKING, Any

from .io import peak_resident_bytes
from .processor import Company
from .subject import heading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .subject import Subject

#: A sample lasts at least this long: 5 ms is 100,000 readings of a 50 ns clock.
SAMPLE_NS = 5_000_000
SAMPLES_AT_MOST = 400
#: A busy machine takes a process off its core for about as long as this.
PAUSE_NS = 50_000_000
#: From a batch that is so many times too short, the count of calls can be told.
REACH = 8
#: Enough samples for the segmentation that finds the warm-up.
SAMPLES_WANTED = 12


class Clock:
    """Times each subject for about ``seconds`` of this process."""

    def __init__(self, seconds: float, *, quick: bool = False, hush: bool = False) -> None:
        self.seconds = seconds
        self.quick = quick
        self.hush = hush
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Nothing is needed before the target is imported."""

    def measure(self, subject: Subject) -> Any:
        """Time one subject; see the module."""
        record = heading(subject)
        spans = _spans_module()
        if spans is not None:
            spans.clear()
        cold_ns, cold_cpu_ns, value = timed(subject)
        record["cold_ns"] = cold_ns
        spans = _spans_module()  # the first call may have imported it
        record["spans"], record["custom"] = ([], []) if spans is None else _recorded_by(spans)
        if subject.kind == "peak-memory":
            record["value"] = peak_resident_bytes()
        elif subject.kind in ("track", "memory"):
            record["value"] = value
        elif self.quick or subject.single or cold_ns > self.seconds * 1e9:
            record.update(
                loops=1,
                wall=[cold_ns],
                cpu=[cold_cpu_ns],
                started=[time.perf_counter_ns()],
                first_call_only=True,
            )
        else:
            with _hushed() if self.hush else contextlib.nullcontext():
                record.update(self._samples(subject, cold_ns))
        self.records.append(record)
        return value

    def finish(self) -> dict[str, Any]:
        """Nothing concerns the whole process."""
        return {}

    def _samples(self, subject: Subject, cold_ns: int) -> dict[str, Any]:
        end = time.perf_counter_ns() + round(self.seconds * 1e9) - cold_ns
        loops = 1 if subject.before is not None else calibrate(subject.call, end)
        wall: list[int] = []
        cpu: list[int] = []
        started: list[int] = []
        company = Company()
        now = time.perf_counter_ns()
        while len(wall) < SAMPLES_AT_MOST and (now < end or not wall):
            if subject.before is not None:
                subject.before()
            company.begin()
            first = time.perf_counter_ns()
            wall_ns, cpu_ns = batch(subject.call, loops)
            company.end(cpu_ns)
            started.append(first)
            wall.append(wall_ns)
            cpu.append(cpu_ns)
            now = time.perf_counter_ns()
        record = {"loops": loops, "wall": wall, "cpu": cpu, "started": started, "first_call_only": False}
        return record | company.told()


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Send what is written to the two output descriptors nowhere: the first call has said it all."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    for stream in streams:
        stream.flush()
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        for stream in streams:
            stream.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for descriptor in (*kept, nowhere):
            os.close(descriptor)


def batch(call: Callable[[], Any], loops: int) -> tuple[int, int]:
    """Wall and process processor time of ``loops`` calls, in nanoseconds."""
    cpu = time.process_time_ns()
    wall = time.perf_counter_ns()
    for _ in repeat(None, loops):
        call()
    wall = time.perf_counter_ns() - wall
    return wall, time.process_time_ns() - cpu


def calibrate(call: Callable[[], Any], end: int, length_ns: int = SAMPLE_NS) -> int:
    """How many calls make a sample of ``length_ns``; fewer where time runs short.

    The first batches may still be warming up: each doubling measures afresh. A
    batch from which the count follows is believed the second time only, unless it
    is far too long for a pause of the machine to explain.
    """
    room = max(0, end - time.perf_counter_ns())
    wanted = min(length_ns, max(1, room // SAMPLES_WANTED))
    loops = 1
    while True:
        wall, _ = batch(call, loops)
        if wanted <= wall * REACH and wall < PAUSE_NS and time.perf_counter_ns() < end:
            wall = min(wall, batch(call, loops)[0])
        if wall >= wanted or loops >= 2**24:
            return loops
        if wall * REACH < wanted:
            loops *= 4
        else:
            # Within reach: aim a little above, so that noise seldom falls below.
            return max(loops + 1, -(-loops * wanted * 11 // (max(wall, 1) * 10)))


def timed(subject: Subject) -> tuple[int, int, Any]:
    """Wall and process processor time of one call, in nanoseconds, and what it returned."""
    if subject.before is not None:
        subject.before()
    cpu = time.process_time_ns()
    wall = time.perf_counter_ns()
    value = subject.call()
    wall = time.perf_counter_ns() - wall
    return wall, time.process_time_ns() - cpu, value


def _spans_module() -> Any:
    """The target's own ``perfwatch.monitor``, where it uses one."""
    return sys.modules.get("perfwatch.monitor")


def _recorded_by(spans: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The spans and the figures of one call, which are forgotten there."""
    fields = (
        "path",
        "count",
        "wall_ns",
        "cpu_ns",
        "level",
        "peak_resident_bytes",
        "resident_change_bytes",
        "read_bytes",
        "written_bytes",
    )
    found = [{name: getattr(span, name) for name in fields} for span in spans.collected()]
    custom = [
        {
            "name": one.name,
            "values": list(one.values),
            # The target's own perfwatch may be older than ours.
            "at_ns": list(getattr(one, "at_ns", ())),
            "direction": one.direction,
        }
        for one in spans.collected_custom()
    ]
    spans.clear()
    return found, custom
