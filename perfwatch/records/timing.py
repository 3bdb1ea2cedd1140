"""How long calls took: raw batch totals by process, and their summary."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTiming:
    """The samples of one benchmark in one process, in the order they were taken.

    A sample is the total of ``loops_count`` calls: integer nanoseconds by
    ``perf_counter_ns`` (wall) and by the processor time of the whole process
    (cpu). ``started_ns`` are ``perf_counter_ns`` readings at each sample's start.
    The first ``warmup_count`` samples are warm-up, and no figure uses them.
    ``compile_ns`` is what numba and JAX took of the first call, ``cold_ns``; ``None``
    where they compiled nothing, or nobody listened. Of the samples after warm-up the
    process gave the processor away by itself in ``waited_count``, and others than the
    calling thread computed in ``shared_count``; ``None`` where nobody looked, or where
    child processes or an accelerator did a part of the work.
    """

    id: str
    loops_count: int
    wall_ns: tuple[int, ...]
    cpu_ns: tuple[int, ...]
    started_ns: tuple[int, ...] = ()
    warmup_count: int = 0
    cold_ns: int | None = None
    compile_ns: int | None = None
    waited_count: int | None = None
    shared_count: int | None = None
    pair: int | None = None
    side: str = "head"
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The timing of one benchmark over all its processes.

    ``median_ns`` is the geometric mean of the processes' median times per call;
    ``interval_ns`` is its 95% Student interval over processes, ``None`` where
    fewer than two processes ran. ``cold_ns`` is the median first call, ``compile_ns``
    the median of what was compiled in it, over the processes that compiled.
    ``for_verdicts`` is false where the times cannot carry a verdict; the first of
    ``notes`` then says why.
    """

    processes: tuple[ProcessTiming, ...] = ()
    median_ns: float | None = None
    interval_ns: tuple[float, float] | None = None
    cpu_median_ns: float | None = None
    cold_ns: float | None = None
    compile_ns: float | None = None
    for_verdicts: bool = True
    notes: tuple[str, ...] = ()


def per_call_ns(process: ProcessTiming, samples_ns: tuple[int, ...]) -> float | None:
    """Return a process's time per call on one clock: the median of its samples after warm-up, over their calls.

    ``None`` where nothing is left after warm-up. This is the figure of a process in ``Timing.median_ns``.
    """
    kept = samples_ns[process.warmup_count :]
    if not kept or process.loops_count <= 0:
        return None
    return median([value / process.loops_count for value in kept])
