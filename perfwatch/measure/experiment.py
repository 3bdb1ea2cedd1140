"""Execute a reference and a candidate: once for their answers, then in turns for their times.

Both sides are of one project and one environment; what differs is the function or the
program. It must not compare anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

from perfwatch.measure import tool_pass
from perfwatch.measure.answering import Programme, called, executed
from perfwatch.measure.failures import execution_failure, record_failure
from perfwatch.measure.setting import Setting
from perfwatch.measure.side_by_side import SideBySide, Table
from perfwatch.measure.target_run import WHOLE_PROGRAMS, TargetRun
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Plan, Progress
from perfwatch.records.run import Failure, PassName

if TYPE_CHECKING:
    from perfwatch.measure.side_by_side import Wanted
    from perfwatch.records.run import Target
    from perfwatch.records.timing import ProcessTiming


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one execution brought for its answers.

    ``records`` are the worker's, by benchmark, ``data`` the bytes that they point
    into. ``failure`` says why there are none, or not all.
    """

    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    data: bytes = b""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where an experiment takes place: a setting for each side, the plan, whom to tell."""

    settings: Mapping[Side, Setting]
    plan: Plan
    progress: Progress
    coin: Random = field(default_factory=Random)

    def run_of(self, side: Side, target: Target) -> TargetRun:
        """One target on one side."""
        return TargetRun(
            target=target,
            plan=self.plan,
            setting=self.settings[side],
            progress=self.progress,
            budget_ns=self.plan.budget_ns,
        )


def seats_of(setting: Setting) -> dict[Side, Setting]:
    """Return a setting for each side of one and the same tree, at paths of equal length."""
    seats = {}
    for side in Side:
        folder = setting.folder / f"seat-{side.value}"
        folder.mkdir(exist_ok=True)
        seats[side] = replace(setting, folder=folder)
    return seats


def answers_of(bench: Bench, side: Side, target: Target, names: Sequence[str]) -> Answered:
    """Call the target's function once for each case, in a fresh process, and return what its caller could see."""
    run = bench.run_of(side, target)
    answer, data, outcome = called(run, names, f"the answer of {side.value}", {}, run.pass_timeout())
    records = {record["name"]: record for record in answer.get("records", ()) if "value" in record}
    failed = [record for record in answer.get("records", ()) if "error" in record]
    failure = execution_failure(outcome, target, PassName.TIMING)
    if failed:
        failure = record_failure(failed[0], target, PassName.TIMING)
    return Answered(records=records, data=data, failure=failure)


def programme_of(bench: Bench, side: Side, target: Target, files: Sequence[str]) -> Programme:
    """Execute a whole programme once and return what it left: status, output, and the files named."""
    run = bench.run_of(side, target)
    return executed(run, files, f"the output of {side.value}", run.pass_timeout())


def time_sides(
    bench: Bench, targets: Mapping[Side, Target], names: Sequence[str], wanted: Wanted, found: SideBySide
) -> None:
    """Measure reference (base) and candidate (head) in turns; base's own twin guards them."""
    sides = {**targets, Side.TWIN: targets[Side.BASE]}
    table = Table(targets[Side.HEAD], bench.settings, bench.plan, bench.progress, bench.coin)
    table.stand_ins = sides
    table.measure(names, wanted, found)


def peaks_of(
    bench: Bench,
    side: Side,
    target: Target,
    clean_ns: Mapping[str, float],
    processes: Callable[[str], list[ProcessTiming]],
) -> dict[str, float]:
    """Return the peak memory of each benchmark in bytes, from one execution under the memory pass."""
    run = bench.run_of(side, target)
    run.discover()
    if target.kind in WHOLE_PROGRAMS:
        run.names = tuple(clean_ns)
    run.clean_ns.update(clean_ns)
    run.processes.update({name: processes(name) for name in clean_ns})
    result = tool_pass.run(run, PassName.MEMORY)
    return {
        one.name: one.metrics["peak_memory_bytes"]
        for one in result.benchmarks
        if "peak_memory_bytes" in one.metrics
    }


def left_ns(plan: Plan, started_ns: int) -> int:
    """What is left of the plan's budget, in nanoseconds."""
    return plan.budget_ns - (time.perf_counter_ns() - started_ns)
