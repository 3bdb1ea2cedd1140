"""The target as it is and in one other way, in turns: what experiments that compare two ways share.

Clean processes in the order A B B A, so that a machine that grows slower or faster
favours neither; several such rounds where they are short. It must not know what the
other way is, and must not judge the figures.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from perfwatch.collect.clock import process_timing, summarise
from perfwatch.measure.answers import read_answer
from perfwatch.measure.course import EXPERIMENT
from perfwatch.measure.failures import execution_failure
from perfwatch.measure.request import worker_command
from perfwatch.records.experiment import ExperimentOutcome
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from perfwatch.measure.runner import Outcome
    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.experiment import Experiment


class Way(Enum):
    """The target as it is, or in the other way."""

    PLAIN = "plain"
    OTHER = "other"


ROUND = (Way.PLAIN, Way.OTHER, Way.OTHER, Way.PLAIN)
#: Rounds go on for this long in all, so many at most.
ENOUGH_NS, ROUNDS_AT_MOST = 2_000_000_000, 3
#: A worker repeats a short call for this long in each process.
SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One process: wall and processor time of one execution or call."""

    wall_ns: float
    cpu_ns: float


class TurnLostError(Exception):
    """A process that brought no time; its text says why."""


def play(
    experiment: Experiment,
    clean_ns: float,
    words: str,
    take: Callable[[Way, str], Turn],
    figured: Callable[[list[Turn], list[Turn]], dict[str, float]],
) -> tuple[ExperimentOutcome, ...]:
    """Take the turns, each as a step of a name, and return their figures; where one is lost, why there are none."""
    taken: dict[Way, list[Turn]] = {Way.PLAIN: [], Way.OTHER: []}
    turns = round(min(ROUNDS_AT_MOST, max(1, ENOUGH_NS / (len(ROUND) * clean_ns)))) * len(ROUND)
    figures: dict[str, float] = {}
    reason = ""
    try:
        for number in range(turns):
            way = ROUND[number % len(ROUND)]
            taken[way].append(take(way, f"{EXPERIMENT}, {words}: {number + 1} of {turns}"))
        figures = figured(taken[Way.PLAIN], taken[Way.OTHER])
    except TurnLostError as lost:
        reason = str(lost)
    return (_outcome_of(experiment, figures, reason),)


def absent(experiment: Experiment, reason: str) -> ExperimentOutcome:
    """An outcome that is nothing but the reason for its absence."""
    return _outcome_of(experiment, {}, reason)


def _outcome_of(experiment: Experiment, figures: dict[str, float], reason: str) -> ExperimentOutcome:
    return ExperimentOutcome(
        kind=experiment.kind,
        target=experiment.target,
        benchmark=experiment.benchmark,
        figures=figures,
        absent=reason,
    )


def compared(plain: list[Turn], other: list[Turn], name: str) -> dict[str, float]:
    """The times of both ways by name, how many times as fast the other is, and that of its worst pair."""
    pairs = [one.wall_ns / another.wall_ns for one, another in zip(plain, other, strict=True)]
    wall_ns, other_ns = (statistics.median(one.wall_ns for one in turns) for turns in (plain, other))
    return {
        "wall_ns": wall_ns,
        f"{name}_wall_ns": other_ns,
        "executions_count": float(len(plain) + len(other)),
        "speed_ratio": wall_ns / other_ns,
        "least_speed_ratio": min(pairs),
    }


def executed(
    target_run: TargetRun,
    command: tuple[str, ...],
    step: str,
    *,
    timeout_ns: int | None = None,
    environment: dict[str, str] | None = None,
) -> Outcome:
    """One process of the timing; raises ``TurnLostError`` where it does not end well."""
    outcome = _outcome(target_run, command, step, timeout_ns, environment)
    _raise_failure(target_run, outcome)
    return outcome


def answered(
    target_run: TargetRun,
    request: tuple[str, Mapping[str, Any]],
    step: str,
    *,
    timeout_ns: int | None = None,
    environment: dict[str, str] | None = None,
) -> tuple[Outcome, dict[str, Any]]:
    """One worker's process, asked for a task with options, and its answer; a reason that it gives itself comes first."""
    task, options = request
    command, path = worker_command(
        target_run.target, target_run.setting, task, target_run.names, dict(options)
    )
    outcome = _outcome(target_run, command, step, timeout_ns, environment)
    answer = read_answer(path)
    refused = answer.get("process", {}).get("refused") or answer.get("collector_error", {}).get("message")
    if refused:
        raise TurnLostError(str(refused))
    _raise_failure(target_run, outcome)
    return outcome, answer


def record_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the times of the benchmark in a worker's answer; raises ``TurnLostError`` where it has none."""
    records = list(answer.get("records", ()))
    timed = [one for one in records if one.get("wall")]
    if timed:
        return dict(timed[0])
    errors = [one["error"]["message"] for one in records if "error" in one]
    raise TurnLostError(
        f"the benchmark failed: {errors[0]}" if errors else "a process brought no time of the benchmark"
    )


def turn_of(record: Mapping[str, Any]) -> Turn:
    """The time of one call in a worker's record."""
    timing = summarise((process_timing(dict(record), 0),))
    if not timing.median_ns:
        raise TurnLostError("a process brought no time of the benchmark")
    return Turn(wall_ns=timing.median_ns, cpu_ns=timing.cpu_median_ns or 0.0)


def _outcome(
    target_run: TargetRun,
    command: tuple[str, ...],
    step: str,
    timeout_ns: int | None,
    environment: dict[str, str] | None,
) -> Outcome:
    failure = target_run.prepare(PassName.TIMING)
    if failure is not None:
        raise TurnLostError(failure.message)
    patience_ns = target_run.pass_timeout()
    return target_run.execute(
        command,
        PassName.TIMING,
        step,
        timeout_ns=patience_ns if timeout_ns is None else min(patience_ns, timeout_ns),
        environment=environment,
    )


def _raise_failure(target_run: TargetRun, outcome: Outcome) -> None:
    failure = execution_failure(outcome, target_run.target, PassName.TIMING)
    if failure is not None:
        raise TurnLostError(failure.message)
