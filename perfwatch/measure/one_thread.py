"""The target with one thread in the pools of BLAS and OpenMP, in turns with the target as it is.

Clean processes in the order A B B A, so that a machine that grows slower or faster
favours neither; several such rounds where they are short. It must not judge the figures.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.collect.clock import process_timing, summarise
from perfwatch.measure.answers import read_answer
from perfwatch.measure.course import EXPERIMENT
from perfwatch.measure.failures import execution_failure
from perfwatch.measure.request import bare_command, worker_command
from perfwatch.records.experiment import ExperimentOutcome
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.experiment import Experiment

#: Read by the pools as they are made; each library reads its own.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1"
)
AS_IT_IS: dict[str, str] = {}
ROUND = (AS_IT_IS, ONE_THREAD, ONE_THREAD, AS_IT_IS)
#: Rounds go on for this long in all, so many at most.
ENOUGH_NS, ROUNDS_AT_MOST = 2_000_000_000, 3
#: A worker repeats a short call for this long in each process.
SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One process: wall and processor time of one execution or call."""

    wall_ns: float
    cpu_ns: float


class _TurnLostError(Exception):
    """A process that brought no time; its text says why."""


def attempt(target_run: TargetRun, experiment: Experiment, clean_ns: float) -> tuple[ExperimentOutcome, ...]:
    """Time both in turns and return their figures; where a turn is lost, why there are none."""
    plain: list[_Turn] = []
    alone: list[_Turn] = []
    rounds = round(min(ROUNDS_AT_MOST, max(1, ENOUGH_NS / (len(ROUND) * clean_ns))))
    figures, absent = {}, ""
    try:
        for number in range(rounds * len(ROUND)):
            environment = ROUND[number % len(ROUND)]
            step = f"{EXPERIMENT}, one thread: {number + 1} of {rounds * len(ROUND)}"
            (alone if environment else plain).append(_turn(target_run, environment, step))
        figures = _figures(plain, alone)
    except _TurnLostError as lost:
        absent = str(lost)
    return (
        ExperimentOutcome(
            kind=experiment.kind,
            target=experiment.target,
            benchmark=experiment.benchmark,
            figures=figures,
            absent=absent,
        ),
    )


def _figures(plain: list[_Turn], alone: list[_Turn]) -> dict[str, float]:
    pairs = [one.wall_ns / other.wall_ns for one, other in zip(plain, alone, strict=True)]
    wall_ns, alone_ns = (statistics.median(one.wall_ns for one in turns) for turns in (plain, alone))
    return {
        "wall_ns": wall_ns,
        "cpu_ns": statistics.median(one.cpu_ns for one in plain),
        "one_thread_wall_ns": alone_ns,
        "one_thread_cpu_ns": statistics.median(one.cpu_ns for one in alone),
        "executions_count": float(len(plain) + len(alone)),
        "speed_ratio": wall_ns / alone_ns,
        "least_speed_ratio": min(pairs),
    }


def _turn(target_run: TargetRun, environment: dict[str, str], step: str) -> _Turn:
    """One clean process; raises ``_TurnLostError`` where it has no time to tell."""
    failure = target_run.prepare(PassName.TIMING)
    if failure is not None:
        raise _TurnLostError(failure.message)
    target, setting, answer = target_run.target, target_run.setting, None
    if target_run.whole_program:
        command = bare_command(target, setting)
    else:
        options = {"seconds": SECONDS, "quick": target_run.plan.quick, "hush": False}
        command, answer = worker_command(target, setting, "timing", target_run.names, options)
    outcome = target_run.execute(
        command, PassName.TIMING, step, timeout_ns=target_run.pass_timeout(), environment=environment
    )
    failure = execution_failure(outcome, target, PassName.TIMING)
    if failure is not None:
        raise _TurnLostError(failure.message)
    if answer is None:
        return _Turn(wall_ns=float(outcome.wall_ns), cpu_ns=float(outcome.cpu_ns))
    records = [one for one in read_answer(answer).get("records", ()) if one.get("wall")]
    timing = summarise(tuple(process_timing(one, 0) for one in records[:1]))
    if not timing.median_ns:
        raise _TurnLostError("a process brought no time of the benchmark")
    return _Turn(wall_ns=timing.median_ns, cpu_ns=timing.cpu_median_ns or 0.0)
