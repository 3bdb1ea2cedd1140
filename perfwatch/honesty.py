"""Run → the honesty ledger: what the reader should know before believing the figures.

Pure: the same run gives the same ledger. It must not judge and must not mend: it
gathers what passes said of themselves, and divides where a share was asked for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.honesty import Disagreement, Honesty, PassLedger
from perfwatch.records.run import Benchmark, Pass, PassName, PassState, Run

if TYPE_CHECKING:
    from perfwatch.records.profile import IoProfile, Profiles


def ledger(run: Run) -> Honesty:
    """Return the ledger of a run: its passes in their order, benchmark by benchmark.

    A run without benchmarks gives one in which no pass was run.
    """
    passes = tuple(_of_pass(benchmark, record) for benchmark in run.benchmarks for record in benchmark.passes)
    known = {entry.name for entry in passes}
    lost = [entry.lost_count for entry in passes if entry.lost_count is not None]
    return Honesty(
        passes=passes,
        disagreements=tuple(each for benchmark in run.benchmarks for each in _disagreements(benchmark)),
        lost_count=sum(lost) if lost else None,
        not_run=tuple(name for name in PassName if name not in known),
    )


def _of_pass(benchmark: Benchmark, record: Pass) -> PassLedger:
    return PassLedger(
        target=benchmark.target,
        benchmark=benchmark.name,
        name=record.name,
        state=record.state,
        tool=record.tool,
        version=record.version,
        overhead_ratio=record.overhead_ratio,
        samples_count=record.samples_count,
        lost_count=record.lost_count,
        unattributed_ratio=_unattributed(benchmark.profiles, record.name),
        uncovered=_uncovered(benchmark.profiles, record),
    )


def _unattributed(profiles: Profiles, name: PassName) -> float | None:
    """Return the share that the pass could give to no line of the user's."""
    if name is PassName.CPU and profiles.cpu_use is not None:
        ratio = profiles.cpu_use.unattributed_ratio
        return ratio if ratio is not None and math.isfinite(ratio) else None
    if name is PassName.MEMORY and profiles.memory is not None and profiles.memory.peak_bytes > 0:
        return profiles.memory.native_bytes / profiles.memory.peak_bytes
    return None


def _uncovered(profiles: Profiles, record: Pass) -> tuple[str, ...]:
    """Return what the pass did not see: its own words, and what its profile admits."""
    said = [record.reason if record.state is not PassState.DONE else "", *record.warnings]
    if record.name is PassName.GPU and profiles.gpu is not None:
        said += profiles.gpu.missing
    if record.name is PassName.IO and profiles.io is not None:
        said.append(_throttled(profiles.io))
    return tuple(dict.fromkeys(sentence for sentence in said if sentence))


def _throttled(io: IoProfile) -> str:
    if not io.throttled_count:
        return ""
    often = "once" if io.throttled_count == 1 else f"{units.count(io.throttled_count)} times"
    spent = f", for {units.time(io.throttled_ns)} in all" if io.throttled_ns is not None else ""
    return f"the processor limit of this place held the target back {often}{spent}: times taken meanwhile are void"


def _disagreements(benchmark: Benchmark) -> tuple[Disagreement, ...]:
    return tuple(
        Disagreement(
            target=benchmark.target,
            benchmark=benchmark.name,
            file=stat.file,
            line=stat.line,
            function=stat.function,
            sentence=stat.disagreement,
        )
        for stat in benchmark.profiles.lines
        if stat.disagreement
    )
