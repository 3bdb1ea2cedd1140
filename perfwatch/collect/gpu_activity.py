"""What ran on the devices, from CUPTI's activity records: kernels, copies, how long they were busy, why idle.

Pure: a record in, figures out. The record is what the worker writes for one
benchmark (``record["trace"]``), all times in nanoseconds of CUPTI's clock::

    {"clock":      [[CUPTI's time, perf_counter_ns] at the begin, the same at the end],
     "labels":     [name, ...],
     "activities": [[kind, label, start, end, device, stream, bytes, correlation], ...],
     "beyond":     [[label, kind, calls, total ns, bytes], ...],
     "waits":      [[stack, call, calls, total ns], ...],
     "dropped":    how many records CUPTI lost, or null}

``kind`` is 0 kernel, 1 copy (label ``copy N``, N as in CUpti_ActivityMemcpyKind),
2 memset, 3 a launch's call on the host (label, device and stream -1).
``correlation`` joins a launch with what it launched. ``beyond`` counts what came
after the most activities that are kept one by one: it is in the totals, and in
neither gaps nor idle time.

A record with a time of 0 is one whose time CUPTI does not know; it counts as a
call, and takes no time. This module must not read a file nor ask a device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.collect.gpu_demangle import demangled
from perfwatch.collect.gpu_intervals import Interval, gaps, length, overlap, union
from perfwatch.records.gpu import GpuCopy, GpuIdle, GpuKernel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

KERNEL, COPY, MEMSET, LAUNCH = range(4)
KERNELS_AT_MOST = 200
NAME_CHARACTERS = 400
#: From a launch's call to its kernel's start a few microseconds pass on every device; with a
#: framework's own work around the call, and CUPTI's, no more than this.
LAUNCH_SCALE_NS = 20_000
HOST_BOUND, TRANSFER_BOUND, LAUNCH_BOUND = "host-bound", "transfer-bound", "launch-bound"
#: CUpti_ActivityMemcpyKind in cupti_activity.h; arrays are textures' memory on the device.
DIRECTIONS = {
    1: "host to device",
    2: "device to host",
    3: "host to device (array)",
    4: "device to host (array)",
    5: "device to device (arrays)",
    6: "device to device (from an array)",
    7: "device to device (to an array)",
    8: "device to device",
    9: "host to host",
    10: "peer to peer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One thing that a device did."""

    kind: int
    name: str
    start: int
    end: int
    device: int
    stream: int
    size_bytes: int
    correlation: int

    @property
    def timed(self) -> bool:
        """Whether CUPTI knew when it ran."""
        return 0 < self.start <= self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The activities of a stretch in the order of their start, and the launches' calls by correlation."""

    activities: tuple[Activity, ...] = ()
    launches: Mapping[int, Interval] = field(default_factory=dict)
    beyond: tuple[tuple[str, int, int, int, int], ...] = ()
    untimed_count: int = 0


def course_of(trace: Mapping[str, Any]) -> Course:
    """The record's activities; those that began before the stretch are another's."""
    labels = [str(label) for label in trace.get("labels", ())]
    clock = trace.get("clock") or [[0, 0]]
    begin = int(clock[0][0])
    found: list[Activity] = []
    launches: dict[int, Interval] = {}
    for kind, label, start, end, device, stream, size, correlation in trace.get("activities", ()):
        if 0 < start < begin:
            continue
        if kind == LAUNCH:
            # The runtime's call and the driver's inside it carry one correlation: the outer counts.
            known = launches.get(correlation, (start, end))
            launches[correlation] = (min(known[0], start), max(known[1], end))
        elif kind in (KERNEL, COPY, MEMSET):
            found.append(
                Activity(
                    kind=kind,
                    name=_name(labels, label),
                    start=start,
                    end=end,
                    device=device,
                    stream=stream,
                    size_bytes=size,
                    correlation=correlation,
                )
            )
    found.sort(key=lambda one: (one.start, one.end))
    return Course(
        activities=tuple(found),
        launches=launches,
        beyond=tuple((_name(labels, one[0]), *one[1:5]) for one in trace.get("beyond", ())),
        untimed_count=sum(1 for one in found if not one.timed),
    )


def _name(labels: Sequence[str], number: int) -> str:
    return labels[number] if 0 <= number < len(labels) else "(without a name)"


def kernels(course: Course) -> tuple[GpuKernel, ...]:
    """Kernels by name, the costliest first; past the most that are kept, the rest is one row.

    ``gap_ns`` is the mean time from the end of the activity before it on the same
    stream to its start, over the launches that had one before them: what overlaps
    has a gap of nothing, never less.
    """
    totals: dict[str, list[int]] = {}
    last_end: dict[tuple[int, int], int] = {}
    for one in course.activities:
        place = (one.device, one.stream)
        if one.kind == KERNEL:
            figures = totals.setdefault(one.name, [0, 0, 0, 0])
            figures[0] += 1
            if one.timed:
                figures[1] += one.end - one.start
                if place in last_end:
                    figures[2] += max(0, one.start - last_end[place])
                    figures[3] += 1
        if one.timed:
            last_end[place] = max(last_end.get(place, 0), one.end)
    for name, kind, calls, total, _ in course.beyond:
        if kind == KERNEL:
            figures = totals.setdefault(name, [0, 0, 0, 0])
            figures[0] += calls
            figures[1] += total
    ranked = sorted(totals.items(), key=lambda item: (-item[1][1], item[0]))
    rows = [_kernel(demangled(name)[:NAME_CHARACTERS], figures) for name, figures in ranked[:KERNELS_AT_MOST]]
    rest = ranked[KERNELS_AT_MOST:]
    if rest:
        summed = [sum(column) for column in zip(*(figures for _, figures in rest), strict=True)]
        rows.append(_kernel(f"({len(rest)} further kernels)", summed))
    return tuple(rows)


def _kernel(name: str, figures: list[int]) -> GpuKernel:
    calls, total, gap, gaps_count = figures
    return GpuKernel(
        name=name,
        calls_count=calls,
        total_ns=total,
        mean_ns=total / calls if calls else 0.0,
        gap_ns=gap / gaps_count if gaps_count else None,
    )


def copies(course: Course) -> tuple[GpuCopy, ...]:
    """Copies by direction, with the time they took on the device and their bytes."""
    totals: dict[str, list[int]] = {}
    each = [
        (one.name, 1, one.end - one.start if one.timed else 0, one.size_bytes)
        for one in course.activities
        if one.kind == COPY
    ]
    each += [(name, calls, total, size) for name, kind, calls, total, size in course.beyond if kind == COPY]
    for name, calls, total, size in each:
        figures = totals.setdefault(_direction(name), [0, 0, 0])
        for at, value in enumerate((calls, total, size)):
            figures[at] += value
    return tuple(
        GpuCopy(direction=direction, calls_count=calls, total_ns=total, bytes_count=size)
        for direction, (calls, total, size) in sorted(totals.items(), key=lambda item: -item[1][1])
    )


def _direction(label: str) -> str:
    number = label.rpartition(" ")[2]
    return DIRECTIONS.get(int(number), "unknown") if number.isdecimal() else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Busy and idle time, summed over the devices: ``busy_ns`` and the classes of ``idle`` add up to ``span_ns``."""

    busy_ns: int
    span_ns: int
    idle: tuple[GpuIdle, ...]


def busy(course: Course) -> Busy | None:
    """How long each device computed between its first activity and its last, and why it did not the rest.

    A device is *busy* while a kernel or memset runs on it; several at once count
    once. The rest of the span is idle, each moment of one class:

    - *transfer-bound*: nothing runs but a copy, from, to or between devices;
    - *launch-bound*: nothing runs at all, for at most ``LAUNCH_SCALE_NS``, and what
      ends the gap was in the queue when the gap began, or was launched back to back
      with the launch before it (at most ``LAUNCH_SCALE_NS`` between the calls), or
      nothing is known of its launch: the host did nothing but launch, and the
      device was quicker;
    - *host-bound*: nothing runs at all, for longer, or the host did something else
      between the launches.

    ``None`` where no activity has a time.
    """
    by_device: dict[int, list[Activity]] = {}
    for one in course.activities:
        if one.timed:
            by_device.setdefault(one.device, []).append(one)
    if not by_device:
        return None
    before = _call_before(course.launches.values())
    totals = {HOST_BOUND: [0, 0], TRANSFER_BOUND: [0, 0], LAUNCH_BOUND: [0, 0]}
    busy_ns = span_ns = 0
    for activities in by_device.values():
        span = (min(one.start for one in activities), max(one.end for one in activities))
        computing = union(_times(activities, {KERNEL, MEMSET}))
        working = union(_times(activities, {KERNEL, MEMSET, COPY}))
        busy_ns += length(computing)
        span_ns += span[1] - span[0]
        copying = overlap(gaps(computing, span), union(_times(activities, {COPY})))
        totals[TRANSFER_BOUND][0] += length(copying)
        totals[TRANSFER_BOUND][1] += len(copying)
        starting = {one.start: one for one in reversed(activities)}
        for gap in gaps(working, span):
            kind = _class_of(gap, course.launches.get(starting[gap[1]].correlation), before)
            totals[kind][0] += gap[1] - gap[0]
            totals[kind][1] += 1
    idle = tuple(
        GpuIdle(kind=kind, total_ns=total, gaps_count=count)
        for kind, (total, count) in sorted(totals.items(), key=lambda item: -item[1][0])
        if total
    )
    return Busy(busy_ns=busy_ns, span_ns=span_ns, idle=idle)


def _times(activities: Iterable[Activity], kinds: Collection[int]) -> list[Interval]:
    return [(one.start, one.end) for one in activities if one.kind in kinds]


def _class_of(gap: Interval, launch: Interval | None, before: Mapping[Interval, int]) -> str:
    if gap[1] - gap[0] > LAUNCH_SCALE_NS:
        return HOST_BOUND
    if launch is None or launch not in before or launch[0] <= gap[0]:
        return LAUNCH_BOUND
    return LAUNCH_BOUND if launch[0] - before[launch] <= LAUNCH_SCALE_NS else HOST_BOUND


def _call_before(launches: Iterable[Interval]) -> dict[Interval, int]:
    """For each launch's call but the first, when the calls before it had ended."""
    found: dict[Interval, int] = {}
    ended: int | None = None
    for launch in sorted(launches):
        if ended is not None:
            found[launch] = ended
        ended = launch[1] if ended is None else max(ended, launch[1])
    return found


def working_time(course: Course) -> list[Interval]:
    """When any device did anything, as a union."""
    return union((one.start, one.end) for one in course.activities if one.timed)
