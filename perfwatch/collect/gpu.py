"""The GPU pass's records made into one profile: from outside (NVML), from inside (the worker's).

Nothing here asks a device; the parts say in ``missing`` what they could not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfwatch.collect.gpu_activity import Course, busy, copies, course_of, kernels
from perfwatch.collect.gpu_compiles import compiles_of
from perfwatch.collect.gpu_nvml import device_row, moments
from perfwatch.collect.gpu_waits import waits_of
from perfwatch.records.gpu import GpuAllocator, GpuDevice, GpuMoment, GpuProfile
from perfwatch.records.profile import LineStat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.collect.gpu_nvml import GpuSampler
    from perfwatch.collect.ownership import Ownership

SENTENCE_CHARACTERS = 400
SENTENCES_AT_MOST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One benchmark's profile, what its lines waited, and how many records stand behind it."""

    profile: GpuProfile
    lines: tuple[LineStat, ...]
    activities_count: int
    lost_count: int | None


def read_record(record: Mapping[str, Any], sampler: GpuSampler | None, ownership: Ownership) -> GpuReading:
    """Everything about one benchmark; ``sampler`` is ``None`` where NVML was not to be had."""
    trace = record.get("trace") or {}
    course = course_of(trace)
    devices, seen, outside = _outside(record, sampler)
    waits = waits_of(record, course, ownership)
    spent = busy(course)
    missing = [
        *outside,
        *(str(one) for one in record.get("missing", ())),
        *waits.missing,
        *_lost(trace, course),
    ]
    profile = GpuProfile(
        devices=devices,
        moments=seen,
        kernels=kernels(course),
        copies=copies(course),
        waits=waits.waits,
        compiles=compiles_of(record.get("jax") or {}),
        idle=() if spent is None else spent.idle,
        allocators=tuple(
            GpuAllocator(framework=str(one[0]), device=one[1], peak_bytes=one[2], reserved_bytes=one[3])
            for one in record.get("allocators", ())
        ),
        busy_ns=None if spent is None else spent.busy_ns,
        span_ns=None if spent is None else spent.span_ns,
        missing=tuple(dict.fromkeys(one[:SENTENCE_CHARACTERS] for one in missing))[:SENTENCES_AT_MOST],
    )
    dropped = trace.get("dropped")
    return GpuReading(
        profile=profile,
        lines=waits.lines,
        activities_count=len(course.activities) + sum(one[2] for one in course.beyond),
        lost_count=None if dropped is None else int(dropped),
    )


def _outside(
    record: Mapping[str, Any], sampler: GpuSampler | None
) -> tuple[tuple[GpuDevice, ...], tuple[GpuMoment, ...], list[str]]:
    """Rows and moments of the time in which this benchmark ran; of the whole process where that was too short."""
    if sampler is None:
        return (), (), []
    start, end = int(record["started_ns"]), int(record["ended_ns"])
    missing = list(sampler.missing)
    rows: list[GpuDevice] = []
    course: list[GpuMoment] = []
    for number, unit in enumerate(sampler.units):
        readings = sampler.readings[number]
        inside = [one for one in readings if start <= one.at_ns <= end]
        if not inside and readings:
            inside = readings
            missing.append("too short for NVML to be asked meanwhile: its figures are the whole process's")
        rows.append(device_row(unit, sampler.driver, inside))
        course += moments(unit, inside, min(start, inside[0].at_ns) if inside else start)
    if any(row.shared for row in rows):
        missing.append("other processes used the device meanwhile: figures from outside hold theirs, too")
    if rows and all(row.shared is None for row in rows):
        missing.append(
            "the driver does not tell whose processes use the device: figures from outside are device-wide"
        )
    course.sort(key=lambda one: (one.at_ns, one.device))
    return tuple(rows), tuple(course), missing


def _lost(trace: Mapping[str, Any], course: Course) -> list[str]:
    said = []
    if course.beyond:
        count = sum(one[2] for one in course.beyond)
        said.append(
            f"{count} later activities are in the totals, and in neither gaps nor idle time: too many to keep"
        )
    if course.untimed_count:
        said.append(f"CUPTI does not know when {course.untimed_count} activities ran")
    if trace.get("dropped"):
        said.append(f"CUPTI lost {trace['dropped']} records")
    return said
