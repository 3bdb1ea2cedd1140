"""Input, output and processor use of one benchmark, from what the worker and the sampler outside left.

It must not watch anything itself: ``io_processes`` does. Figures are scaled to
one execution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perfwatch.collect import io_findings
from perfwatch.collect.io_lines import bytes_by_line, line_stats
from perfwatch.collect.io_processes import ProcessSampler, SeenChild, child_use
from perfwatch.records.profile import FileUse, IoMoment, IoProfile, LineStat, ThreadPool

if TYPE_CHECKING:
    from perfwatch.collect.ownership import Ownership

__all__ = ["IoReading", "ProcessSampler", "io_profile", "read_io"]

FILES_AT_MOST = 100
_COUNTERS = (
    "read_bytes", "written_bytes", "read_calls_count", "write_calls_count", "disk_read_bytes",
    "disk_written_bytes", "user_cpu_ns", "system_cpu_ns", "voluntary_switches_count",
    "involuntary_switches_count", "major_faults_count", "minor_faults_count",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class IoReading:
    """One benchmark's I/O pass: its profile, its lines, and what the pass must confess.

    ``samples_count`` and ``lost_count`` are the sampler's inside the target,
    ``None`` where there was none. ``throttled`` says that its samples are void.
    """

    profile: IoProfile
    lines: tuple[LineStat, ...] = ()
    warnings: tuple[str, ...] = ()
    samples_count: int | None = None
    lost_count: int | None = None
    throttled: bool = False


def io_profile(
    counters: dict[str, int], calls: int, moments: list[IoMoment], peak_resident_bytes: int | None
) -> IoProfile:
    """Counters of ``calls`` calls as those of one, with what the sampler saw.

    ``cache_ratio`` is the share of the bytes read that did not come from the
    block layer: the page cache's, and those of pipes and sockets.
    """
    read, disk = counters.get("read_bytes"), counters.get("disk_read_bytes")
    figures: dict[str, Any] = {
        name: round(counters[name] / calls) if name in counters else None for name in _COUNTERS
    }
    return IoProfile(
        **figures,
        cache_ratio=None if not read or disk is None else max(0.0, 1.0 - disk / read),
        peak_resident_bytes=peak_resident_bytes,
        threads_count=max((moment.threads_count for moment in moments), default=None),
        processes_count=max((moment.processes_count for moment in moments), default=None),
        moments=tuple(moments),
    )


def read_io(
    record: dict[str, Any],
    moments: list[tuple[int, IoMoment]],
    ownership: Ownership,
    children: dict[Any, SeenChild] | None = None,
) -> IoReading:
    """All that is known of one record: the worker's, or one of counters alone.

    The least a record has is ``calls``, ``wall_ns``, ``started_ns``, ``ended_ns``,
    ``counters`` and ``peak_resident_bytes``; ``moments`` and ``children`` are the
    sampler's, of which those inside the stretch count.
    """
    inside = [moment for at, moment in moments if record["started_ns"] <= at <= record["ended_ns"]]
    calls = max(1, record["calls"])
    profile = io_profile(record["counters"], calls, inside, record["peak_resident_bytes"])
    found = bytes_by_line(record, ownership)
    shares, error = _serialisation(record)
    sampling = record.get("sampling", {})
    files, again = _files(record, calls, ownership)
    profile = replace(
        profile,
        serialisation_ratio=min(1.0, math.fsum(shares.values())) if sampling.get("samples") else None,
        **_groups(record, calls),
        files=files,
        children=child_use(record, list((children or {}).values())),
        pools=_pools(record, profile, calls),
    )
    wall_ns = record["wall_ns"] / calls
    throttled = io_findings.throttling(profile, wall_ns)
    named = io_findings.storms(found, calls, ownership)
    findings = (
        *throttled,
        *(named or io_findings.storm_in_all(profile)),
        *io_findings.read_again(files, again),
        *io_findings.serialisation(shares, error, sampling.get("samples", 0)),
        *io_findings.oversubscription(profile, _cores(record), _workers(profile)),
        *io_findings.mapped(record),
    )
    moved = (record["counters"].get("read_bytes", 0), record["counters"].get("written_bytes", 0))
    rest = io_findings.unattributed(found, moved, calls) if sampling and not sampling["reason"] else ()
    return IoReading(
        profile=replace(profile, findings=findings),
        lines=line_stats(found, calls, ownership),
        warnings=(*throttled, *rest, *_missing(record)),
        samples_count=sampling.get("samples"),
        lost_count=sampling.get("missed"),
        throttled=bool(throttled),
    )


def _serialisation(record: dict[str, Any]) -> tuple[dict[str, float], float]:
    """Each format's share of the time, and the standard error of their sum: binomial, and the sampler's doubts.

    Time between two samples is shared between the states at its ends; a state is
    about a format where one of its modules is on the stack, or where its innermost
    line calls one of its C functions.
    """
    sampling, states = record.get("sampling", {}), record.get("states", ())
    wall_ns = record.get("wall_ns") or 1
    shares: dict[str, float] = {}
    doubt = 0.0
    for state, spent_ns, doubtful_ns in sampling.get("time_ns", ()):
        name = states[state]["format"]
        if name:
            shares[name] = shares.get(name, 0.0) + spent_ns / wall_ns
            doubt += doubtful_ns / wall_ns
    whole = min(1.0, math.fsum(shares.values()))
    return shares, math.hypot(math.sqrt(whole * (1 - whole) / max(1, sampling.get("samples", 0))), doubt)


def _groups(record: dict[str, Any], calls: int) -> dict[str, Any]:
    groups = record.get("groups", {})
    return {
        # Held back once in ten calls is held back: a count does not round to nothing.
        "throttled_count": math.ceil(groups["throttled_count"] / calls)
        if "throttled_count" in groups
        else None,
        "throttled_ns": round(groups["throttled_ns"] / calls) if "throttled_ns" in groups else None,
        "cores_limit": groups.get("cores_limit"),
    }


def _cores(record: dict[str, Any]) -> float | None:
    known = [one for one in (record.get("cores"), record.get("groups", {}).get("cores_limit")) if one]
    return min(known) if known else None


def _workers(profile: IoProfile) -> int:
    """How many Python processes may have had a pool each: all seen at once but the first, where there are any."""
    started = sum(one.count for one in profile.children if one.command.lower().startswith("python"))
    return max(1, min(started, (profile.processes_count or 1) - 1))


def _files(
    record: dict[str, Any], calls: int, ownership: Ownership
) -> tuple[tuple[FileUse, ...], dict[str, int]]:
    """The files opened most often, and how often one execution read each of them again."""
    states = record.get("states", ())
    files: list[FileUse] = []
    again: dict[str, int] = {}
    for path, opened, reads, writes, repeated, opened_at, size in record.get("files", {}).get("files", ()):
        name = ownership.shorten(path)
        # Once in each call is no reading again: that is the measurement's own doing.
        per_call = (repeated + 1) // calls - 1 if calls > 1 else repeated
        again[name] = max(0, per_call)
        files.append(
            FileUse(
                path=name,
                opened_count=math.ceil(opened / calls),
                read_opens_count=math.ceil(reads / calls),
                write_opens_count=math.ceil(writes / calls),
                size_bytes=size,
                read_again=per_call > 0,
                lines=_lines_of(opened_at, states, ownership),
            )
        )
    return tuple(files[:FILES_AT_MOST]), again


def _lines_of(numbers: list[int], states: Any, ownership: Ownership) -> tuple[str, ...]:
    lines = (
        next(
            (f"{ownership.shorten(file)}:{line}" for file, line, _ in one["frames"] if ownership.owns(file)),
            "",
        )
        for one in (states[number] for number in numbers)
    )
    return tuple(dict.fromkeys(line for line in lines if line))


def _pools(record: dict[str, Any], profile: IoProfile, calls: int) -> tuple[ThreadPool, ...]:
    used = [spent for spent in (profile.user_cpu_ns, profile.system_cpu_ns) if spent is not None]
    wall_ns = record["wall_ns"] / calls
    return tuple(
        ThreadPool(
            library=pool["library"],
            kind=pool["kind"],
            version=pool["version"],
            threads_count=pool["threads"],
            layer=pool["layer"],
            cpu_over_wall=sum(used) / wall_ns if used and wall_ns else None,
        )
        for pool in record.get("pools", ())
    )


def _missing(record: dict[str, Any]) -> tuple[str, ...]:
    """What could not be looked at, and what found no room."""
    told = []
    if record.get("sampling", {}).get("reason"):
        told.append(f"no bytes by line: {record['sampling']['reason']}")
    if record.get("pools_missing"):
        told.append(f"thread pools are not known: {record['pools_missing']}")
    seen = record.get("files", {})
    if seen.get("rest_opened"):
        more = "at least " if seen["full"] else ""
        told.append(
            f"{more}{seen['paths']} files were opened; those opened most often are shown, "
            f"and {seen['rest_opened']} opens are not"
        )
    if seen.get("missed"):
        told.append(f"{seen['missed']} opened files were missed")
    return tuple(told)
