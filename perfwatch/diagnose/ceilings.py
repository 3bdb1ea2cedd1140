"""Run → ceilings: what is to be won at most on the hottest lines of each benchmark, line by line and together.

It must not look at the source, and must not say that anything can be won.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfwatch.records.ceiling import Ceiling, LineCeiling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.records.profile import LineStat
    from perfwatch.records.run import Benchmark, Run

#: So many lines of a benchmark, the hottest.
LINES_AT_MOST = 3
#: What is left above 1 where nothing costs anything any more.
CEILING_AT_MOST = 100.0


def ceilings(run: Run) -> tuple[Ceiling, ...]:
    """Return the ceiling of each benchmark that has line times and a time to hold them against.

    Shares are of the time that the sampler saw of one execution, else of the clean median. Lines
    on several threads may have more than the whole between them: no share is above 1.
    """
    return tuple(made for benchmark in run.benchmarks for made in _ceiling(benchmark))


def amdahl(share_ratio: float) -> float:
    """Return how many times as fast the whole would be without a share of it: 1 / (1 - share), at most 100."""
    return min(CEILING_AT_MOST, 1 / max(1e-9, 1 - share_ratio))


def _ceiling(benchmark: Benchmark) -> Iterator[Ceiling]:
    whole_ns = _whole_ns(benchmark)
    stats = _hottest(benchmark)
    if not whole_ns or not stats:
        return
    shares = [min(1.0, (one.time_ns or 0.0) / whole_ns) for one in stats]
    together = min(1.0, sum(shares))
    yield Ceiling(
        target=benchmark.target,
        benchmark=benchmark.name,
        lines=tuple(
            LineCeiling(file=one.file, line=one.line, share_ratio=share, ceiling_ratio=amdahl(share))
            for one, share in zip(stats, shares, strict=True)
        ),
        share_ratio=together,
        ceiling_ratio=amdahl(together),
    )


def _whole_ns(benchmark: Benchmark) -> float:
    tree = benchmark.profiles.cpu
    whole_ns = tree.total_ns if tree is not None and tree.total_ns > 0 else None
    if whole_ns is None and benchmark.timing is not None:
        whole_ns = benchmark.timing.median_ns
    return whole_ns if whole_ns is not None and math.isfinite(whole_ns) and whole_ns > 0 else 0.0


def _hottest(benchmark: Benchmark) -> list[LineStat]:
    """Return the lines with most time of their own; of one that several functions share, the dearest."""
    timed = [one for one in benchmark.profiles.lines if _is_time(one.time_ns)]
    timed.sort(key=lambda one: -(one.time_ns or 0.0))
    distinct: dict[tuple[str, int], LineStat] = {}
    for one in timed:
        distinct.setdefault((one.file, one.line), one)
    return list(distinct.values())[:LINES_AT_MOST]


def _is_time(value_ns: float | None) -> bool:
    return value_ns is not None and math.isfinite(value_ns) and value_ns > 0
