"""Try what a diagnosis wants to know: the experiments one after the other, within what is left of the budget.

An experiment that brings nothing says why, and never makes the run fail: its passes are
complete. It must not judge what came out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.errors import PerfwatchError
from perfwatch.measure import copies, digesting, limit, one_process, one_thread
from perfwatch.measure.setting import Setting
from perfwatch.measure.target_run import TargetRun
from perfwatch.records.experiment import Experiment, ExperimentKind, ExperimentOutcome
from perfwatch.records.plan import Noted, Plan, Progress

if TYPE_CHECKING:
    from perfwatch.records.run import Benchmark, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One row of the table: what one experiment takes in clean executions, and who tries it."""

    executions_count: float
    attempt: Callable[[TargetRun, Experiment, float], tuple[ExperimentOutcome, ...]]
    words: str


KINDS: Mapping[ExperimentKind, Kind] = {
    ExperimentKind.ONE_THREAD: Kind(
        executions_count=4,
        attempt=one_thread.attempt,
        words="the same with one thread in the pools, in turns",
    ),
    ExperimentKind.ARGUMENTS: Kind(
        executions_count=2, attempt=digesting.attempt, words="how often functions get the same arguments"
    ),
    ExperimentKind.LIMIT: Kind(
        executions_count=3,
        attempt=limit.attempt,
        words="how far the dearest statement is from the machine's limit",
    ),
    ExperimentKind.ONE_PROCESS: Kind(
        executions_count=4,
        attempt=one_process.attempt,
        words="the same with the work of its pools done in one process, in turns",
    ),
    ExperimentKind.SIDE_BY_SIDE: Kind(
        executions_count=6,
        attempt=copies.attempt,
        words="what copies of it get done side by side, in turns with one alone",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """Where experiments take place: the run's own plan and setting, and whom to tell."""

    plan: Plan
    setting: Setting
    progress: Progress


def attempts(
    wanted: Sequence[Experiment], run: Run, laboratory: Laboratory, left_ns: int
) -> Iterator[tuple[ExperimentOutcome, ...]]:
    """Try each experiment and yield what it brought before the next begins; ``left_ns`` is for all of them."""
    started = time.perf_counter_ns()
    for experiment in wanted:
        kind = KINDS[experiment.kind]
        clean_ns = _clean_ns(_benchmark(run, experiment))
        left = left_ns - (time.perf_counter_ns() - started)
        lacking = _lacking(kind, clean_ns, left)
        if lacking or clean_ns is None:
            yield (without(experiment, lacking),)
            continue
        laboratory.progress(Noted(text=f"Experiment on {experiment.benchmark}: {kind.words}."))
        yield _attempted(experiment, run, laboratory, (clean_ns, left))


def without(experiment: Experiment, reason: str) -> ExperimentOutcome:
    """Return an outcome that is nothing but the reason for its absence."""
    return ExperimentOutcome(
        kind=experiment.kind, target=experiment.target, benchmark=experiment.benchmark, absent=reason
    )


def _attempted(
    experiment: Experiment, run: Run, laboratory: Laboratory, times: tuple[float, int]
) -> tuple[ExperimentOutcome, ...]:
    clean_ns, left_ns = times
    target_run = TargetRun(
        target=next(one for one in run.header.targets if one.key == experiment.target),
        plan=laboratory.plan,
        setting=laboratory.setting,
        progress=laboratory.progress,
        budget_ns=left_ns,
    )
    target_run.names = (experiment.benchmark,)
    try:
        return KINDS[experiment.kind].attempt(target_run, experiment, clean_ns)
    except PerfwatchError as error:
        return (without(experiment, f"it could not be executed: {error.happened}"),)


def _benchmark(run: Run, experiment: Experiment) -> Benchmark:
    wanted = (experiment.target, experiment.benchmark)
    return next(one for one in run.benchmarks if (one.target, one.name) == wanted)


def _clean_ns(benchmark: Benchmark) -> float | None:
    return None if benchmark.timing is None else benchmark.timing.median_ns


def _lacking(kind: Kind, clean_ns: float | None, left_ns: int) -> str:
    """Why an experiment is not tried; empty where it is."""
    if clean_ns is None:
        return "the benchmark has no clean time"
    expected_ns = kind.executions_count * clean_ns
    if expected_ns <= left_ns:
        return ""
    left = units.time(max(0, left_ns))
    return f"it would take about {units.time(expected_ns)}, and {left} of the budget is left (--budget)"
