"""From the samples of several processes to a benchmark's ``Timing``."""

from __future__ import annotations

from typing import Any

from perfwatch.records.timing import ProcessTiming, Timing, per_call_ns
from perfwatch.stats.interval import geometric_interval
from perfwatch.stats.location import median
from perfwatch.stats.warmup import warmup_length


def process_timing(record: dict[str, Any], order: int) -> ProcessTiming:
    """One worker record as a ``ProcessTiming``, with its warm-up found.

    The first call is the only sample where nothing else was taken.
    """
    wall = tuple(int(value) for value in record["wall"])
    warmup = 0 if record.get("first_call_only") else warmup_length([float(value) for value in wall])
    return ProcessTiming(
        id=f"p{order + 1}",
        order=order,
        loops_count=int(record["loops"]),
        wall_ns=wall,
        cpu_ns=tuple(int(value) for value in record["cpu"]),
        started_ns=tuple(int(value) for value in record["started"]),
        warmup_count=warmup,
        cold_ns=int(record["cold_ns"]),
        waited_count=_counted(record.get("waited"), warmup),
        shared_count=_counted(record.get("shared"), warmup),
    )


def _counted(seen: list[bool] | None, warmup: int) -> int | None:
    """In how many samples after warm-up something was seen; ``None`` where nobody looked."""
    return None if seen is None else sum(seen[warmup:])


def summarise(processes: tuple[ProcessTiming, ...], *, for_verdicts: bool = True, note: str = "") -> Timing:
    """The timing over processes: the process is the unit, each counts once, by its median."""
    wall = [value for process in processes if (value := per_call_ns(process, process.wall_ns)) is not None]
    cpu = [value for process in processes if (value := per_call_ns(process, process.cpu_ns)) is not None]
    cold = [float(process.cold_ns) for process in processes if process.cold_ns is not None]
    compiling = [float(process.compile_ns) for process in processes if process.compile_ns is not None]
    estimate = geometric_interval(wall) if wall and min(wall) > 0 else None
    bounded = estimate is not None and estimate.low is not None and estimate.high is not None
    return Timing(
        processes=processes,
        median_ns=estimate.value if estimate is not None else (median(wall) if wall else None),
        interval_ns=(estimate.low, estimate.high) if estimate is not None and bounded else None,  # type: ignore[arg-type]
        cpu_median_ns=median(cpu) if cpu else None,
        cold_ns=median(cold) if cold else None,
        compile_ns=median(compiling) if compiling else None,
        for_verdicts=for_verdicts,
        notes=(note,) if note else (),
    )
