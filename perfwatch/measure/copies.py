"""What several copies of a benchmark at the same time get done, in turns with one alone, and what a pool's start takes.

A turn of one gives the time of a call; a turn of several the time in which together they do
as much as one call. It must not judge the figures.
"""

from __future__ import annotations

import os
import statistics
from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.measure import digesting, in_turns
from perfwatch.measure.in_turns import SECONDS, Turn, Way

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.experiment import Experiment, ExperimentOutcome

#: More of them say no more, and take as many times the memory.
COPIES_AT_MOST = 4
#: An execution may take so many times the clean time, and so much more for its start.
SLOWED_AT_MOST, START_NS = 2 * COPIES_AT_MOST, 30_000_000_000


def attempt(target_run: TargetRun, experiment: Experiment, clean_ns: float) -> tuple[ExperimentOutcome, ...]:
    """Time both in turns and return their figures; where a turn is lost, why there are none."""
    count = min(COPIES_AT_MOST, processors_count())
    starts: list[float] = []

    def take(way: Way, step: str) -> Turn:
        return _turn(target_run, (count if way is Way.OTHER else 1, count), step, (starts, clean_ns))

    def figured(plain: list[Turn], other: list[Turn]) -> dict[str, float]:
        figures = in_turns.compared(plain, other, "copies")
        return {**figures, "copies_count": float(count), "pool_start_ns": statistics.median(starts)}

    if count < 2:
        return (in_turns.absent(experiment, "this process may use one processor"),)
    (outcome,) = in_turns.play(experiment, clean_ns, "side by side", take, figured)
    if outcome.absent or not experiment.functions:
        return (outcome,)
    calls = digesting.calls_count(target_run, experiment.functions[0], clean_ns)
    counted = {} if calls is None else {"calls_count": calls}
    return (replace(outcome, figures={**outcome.figures, **counted}),)


def processors_count() -> int:
    """On how many processors this process may run."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # no such call outside Linux
        return os.cpu_count() or 1


def _turn(
    target_run: TargetRun, counts: tuple[int, int], step: str, known: tuple[list[float], float]
) -> Turn:
    count, workers = counts
    starts, clean_ns = known
    options = {"seconds": SECONDS, "quick": target_run.plan.quick, "count": count, "workers": workers}
    timeout_ns = round(SLOWED_AT_MOST * clean_ns) + START_NS
    _, answer = in_turns.answered(target_run, ("copies", options), step, timeout_ns=timeout_ns)
    record = in_turns.record_of(answer)
    if count == 1:
        starts.append(float(record["pool_start_ns"]))
    turns = [in_turns.turn_of(one) for one in (record, *record["others"])]
    done_per_ns = sum(1 / one.wall_ns for one in turns)
    return Turn(wall_ns=1 / done_per_ns, cpu_ns=sum(one.cpu_ns for one in turns) / len(turns))
