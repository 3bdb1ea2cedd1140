"""Turn what a worker brought back from one pass into partial benchmarks.

One function a pass, all of one shape: ``(record, clean, ownership) -> Benchmark``.
It must not run anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.collect.cpu import call_tree
from perfwatch.collect.line_children import children_hits, with_children
from perfwatch.collect.lines import TracerCost, line_stats
from perfwatch.collect.memory import capture_files, read_capture
from perfwatch.records.profile import Profiles
from perfwatch.records.run import Benchmark, Pass, PassName, PassState

if TYPE_CHECKING:
    from perfwatch.collect.io import IoReading
    from perfwatch.collect.ownership import Ownership
    from perfwatch.measure.inside import Seen

#: Fewer samples than this show where the time goes only roughly.
SAMPLES_FOR_LINES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Who made a pass's figures, and how long the execution took."""

    name: PassName
    tool: str
    version: str
    duration_ns: int
    state: PassState = PassState.DONE
    reason: str = ""


def overhead(record: dict[str, Any], clean_ns: float | None) -> float | None:
    """Time of a call under the collector over a clean one's; ``None`` where either is unknown."""
    if not clean_ns or not record.get("calls"):
        return None
    return float(record["wall_ns"]) / float(record["calls"]) / clean_ns


def _pass(tool: Tool, record: dict[str, Any], clean_ns: float | None, **more: Any) -> Pass:
    return Pass(
        name=tool.name,
        state=tool.state,
        tool=tool.tool,
        version=tool.version,
        reason=tool.reason,
        duration_ns=tool.duration_ns,
        overhead_ratio=overhead(record, clean_ns),
        **more,
    )


def cpu_benchmark(
    record: dict[str, Any], tool: Tool, clean_ns: float | None, ownership: Ownership, target: str
) -> Benchmark:
    """The call tree of one benchmark."""
    warnings = []
    if record["samples"] == 0:
        warnings.append("no sample: it looks where something is called, and nothing was")
    elif record["samples"] < SAMPLES_FOR_LINES:
        warnings.append(
            f"only {record['samples']} samples (it looks where something is called): shares below {100 / max(1, record['samples']):.0f}% cannot be told"
        )
    scale_ns = clean_ns or record["wall_ns"] / max(1, record["calls"])
    made = _pass(
        tool, record, clean_ns, samples_count=record["samples"], lost_count=0, warnings=tuple(warnings)
    )
    tree = call_tree(record, scale_ns, ownership)
    return Benchmark(name=record["name"], target=target, passes=(made,), profiles=Profiles(cpu=tree))


def tracer_cost(seen: Seen) -> TracerCost:
    """What the tracer cost at each hit, as it measured in the target's process."""
    return TracerCost(
        recorded_ns=seen.process["recorded_ns_per_hit"], unrecorded_ns=seen.process["unrecorded_ns_per_hit"]
    )


def lines_benchmark(
    record: dict[str, Any],
    seen: Seen,
    clean_ns: float,
    ownership: Ownership,
    context: tuple[str, dict[str, Any]],
) -> Benchmark:
    """The lines of one benchmark; ``context`` is target key and the CPU pass's record."""
    target, cpu = context
    costs = tracer_cost(seen)
    stats = line_stats(record, costs, cpu, clean_ns, ownership)
    folder, position = seen.process.get("children_folder", ""), record["position"]
    children = children_hits(folder, position, alone=len(seen.answer["records"]) == 1)
    stats = with_children(stats, children, record["calls"], ownership)
    hits = sum(line[1] for function in record["functions"] for line in function["lines"])
    told = (record.get("reason", ""), children.sentence(), *_not_traced(seen, ownership))
    cost = f"{costs.recorded_ns + costs.unrecorded_ns:.0f} ns a hit are the tracer's own"
    warnings = tuple(text for text in (cost if record.get("timed", True) else "", *told) if text)
    made = _pass(
        seen.tool,
        record,
        clean_ns,
        samples_count=round(hits),
        lost_count=children.lost_count,
        warnings=warnings,
    )
    return Benchmark(name=record["name"], target=target, passes=(made,), profiles=Profiles(lines=stats))


def _not_traced(seen: Seen, ownership: Ownership) -> list[str]:
    """A sentence for each function that was to be traced and could not be."""
    return [
        f"{one['name']} ({ownership.shorten(one['file'])}:{one['line']}): {one['why']}"
        for one in (*seen.process.get("compiled", ()), *seen.process.get("untraced", ()))
    ]


def memory_benchmark(
    record: dict[str, Any], tool: Tool, clean_ns: float | None, ownership: Ownership, target: str
) -> Benchmark:
    """Peak, totals and lines of one benchmark, read from its capture file."""
    capture = Path(record["capture"])
    try:
        reading = read_capture(capture, ownership, record=record)
    except OSError as error:
        failed = replace(tool, state=PassState.FAILED, reason=f"the capture cannot be read: {error}")
        return Benchmark(name=record["name"], target=target, passes=(_pass(failed, record, clean_ns),))
    finally:
        for file in capture_files(capture):
            file.unlink(missing_ok=True)
    metrics: dict[str, float] = {
        "peak_memory_bytes": reading.profile.peak_bytes,
        "allocations_count": reading.profile.allocations_count,
    }
    if reading.profile.allocated_bytes is not None:
        metrics["allocated_bytes"] = reading.profile.allocated_bytes
    if reading.profile.collections:
        metrics["gc_pause_ns"] = sum(one.pause_ns for one in reading.profile.collections)
    made = _pass(
        tool,
        record,
        clean_ns,
        samples_count=reading.profile.allocations_count,
        lost_count=reading.lost_count,
        warnings=reading.warnings,
    )
    profiles = Profiles(memory=reading.profile, lines=reading.lines)
    return Benchmark(name=record["name"], target=target, metrics=metrics, passes=(made,), profiles=profiles)


def io_benchmark(
    record: dict[str, Any], tool: Tool, clean_ns: float | None, reading: IoReading, target: str
) -> Benchmark:
    """Counters, files and bytes by line of one benchmark."""
    profile = reading.profile
    metrics: dict[str, float] = {
        name: value
        for name in ("read_bytes", "written_bytes", "peak_resident_bytes")
        if (value := getattr(profile, name)) is not None
    }
    made = _pass(
        tool,
        record,
        clean_ns,
        samples_count=reading.samples_count,
        lost_count=reading.lost_count,
        warnings=reading.warnings,
    )
    profiles = Profiles(io=profile, lines=reading.lines)
    return Benchmark(name=record["name"], target=target, metrics=metrics, passes=(made,), profiles=profiles)
