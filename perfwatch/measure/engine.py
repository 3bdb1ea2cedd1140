"""Measure a run's targets one after the other, and hand each finished pass on.

It must not store and must not judge: ``keep`` stores, ``compare`` judges.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch.errors import NothingMeasured
from perfwatch.measure.assemble import assemble
from perfwatch.measure.schedule import EXPECTED_FACTOR
from perfwatch.measure.target_run import WHOLE_PROGRAMS, TargetRun
from perfwatch.records.plan import Plan, PlanMade, PlannedPass, Progress
from perfwatch.records.run import PassName, PassResult, Run, RunHeader, RunState, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.measure.setting import Setting


@dataclass(frozen=True, slots=True)
class Found:
    """What ``--list`` shows: a target and the names of its benchmarks."""

    target: Target
    names: tuple[str, ...]
    failures: tuple[str, ...]


def measure(
    header: RunHeader, plan: Plan, setting: Setting, progress: Progress, keep: Callable[[PassResult], None]
) -> Run:
    """Measure every target of the header and return the run.

    Each finished pass goes to ``keep`` before the next begins. Whatever
    interrupts leaves nothing running, and goes on up.

    Raises ``NothingMeasured`` where there is nothing to measure at all.
    """
    started = time.perf_counter_ns()
    plan = sensible(plan)
    progress(planned(header.targets, plan))
    results: dict[tuple[str, PassName], PassResult] = {}

    def kept(result: PassResult) -> None:
        results[result.target, result.pass_name] = result
        keep(result)

    for position, target in enumerate(header.targets):
        left = plan.budget_ns - (time.perf_counter_ns() - started)
        share = max(0, left) // (len(header.targets) - position)
        TargetRun(target=target, plan=plan, setting=setting, progress=progress, budget_ns=share).run(kept)
    if not any(result.benchmarks or result.failures for result in results.values()):
        raise NothingMeasured(
            f"There is no benchmark in {', '.join(target.name for target in header.targets)}.",
            means="Nothing was measured.",
            do="perfwatch run --list shows what a target offers.",
        )
    timed = any(benchmark.timing for result in results.values() for benchmark in result.benchmarks)
    return assemble(
        header,
        tuple(results.values()),
        state=RunState.COMPLETE if timed else RunState.FAILED,
        duration_ns=time.perf_counter_ns() - started,
        notes=(),
    )


def found_in(header: RunHeader, plan: Plan, setting: Setting, progress: Progress) -> tuple[Found, ...]:
    """The benchmarks of each target, without measuring any."""
    everything = []
    for target in header.targets:
        looked = TargetRun(
            target=target, plan=plan, setting=setting, progress=progress, budget_ns=plan.budget_ns
        )
        failures = looked.discover()
        everything.append(Found(target, looked.names, tuple(failure.message for failure in failures)))
    return tuple(everything)


def sensible(plan: Plan) -> Plan:
    """The plan with what it implies: lines need the CPU pass, and ``--once`` allows no pass but the clean one."""
    passes = plan.passes
    if PassName.LINES in passes and PassName.CPU not in passes:
        passes = (*passes, PassName.CPU)
    processes = 1 if plan.once or plan.quick else plan.processes_count
    return replace(plan, passes=passes, processes_count=processes)


def planned(targets: tuple[Target, ...], plan: Plan) -> PlanMade:
    """The plan as it is printed first; times are known after the first execution."""
    rows = []
    for target in targets:
        whole = target.kind in WHOLE_PROGRAMS
        what = (
            "the bare command"
            if whole
            else f"a process, {plan.per_benchmark_ns / 1e9:g} s a benchmark at most"
        )
        rows.append(
            PlannedPass(
                target=target.name,
                pass_name=PassName.TIMING,
                executions_count=plan.processes_count,
                reason=what,
            )
        )
        rows += [
            PlannedPass(
                target=target.name,
                pass_name=name,
                executions_count=1,
                reason=f"about {EXPECTED_FACTOR[name]:g}x the clean time",
            )
            for name in PassName
            if name in plan.passes and name is not PassName.TIMING and not plan.once
        ]
    return PlanMade(passes=tuple(rows), budget_ns=plan.budget_ns)
