"""The target with the work of its process pools done in the process that hands it over, in turns with the target as it is.

Both are driven by a worker of ours, so that they differ in this alone. It must not
judge the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.measure import in_turns
from perfwatch.measure.in_turns import SECONDS, Turn, TurnLostError, Way

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.experiment import Experiment, ExperimentOutcome

#: An execution may take so many times the clean time, and so much more for its start: one process
#: that is slower than that has lost, and nobody need wait for the end.
SLOWED_AT_MOST, START_NS = 5, 30_000_000_000


def attempt(target_run: TargetRun, experiment: Experiment, clean_ns: float) -> tuple[ExperimentOutcome, ...]:
    """Time both in turns and return their figures; where a turn is lost, why there are none."""

    def take(way: Way, step: str) -> Turn:
        return _turn(target_run, way, step, round(SLOWED_AT_MOST * clean_ns) + START_NS)

    def figured(plain: list[Turn], other: list[Turn]) -> dict[str, float]:
        return in_turns.compared(plain, other, "one_process")

    return in_turns.play(experiment, clean_ns, "one process", take, figured)


def _turn(target_run: TargetRun, way: Way, step: str, timeout_ns: int) -> Turn:
    options = {"seconds": SECONDS, "quick": target_run.plan.quick, "inline": way is Way.OTHER}
    outcome, answer = in_turns.answered(target_run, ("inlined", options), step, timeout_ns=timeout_ns)
    if way is Way.OTHER and not answer.get("process", {}).get("handed"):
        raise TurnLostError("no pool of processes that could be replaced was handed anything in this process")
    if target_run.whole_program:
        # Workers are waited for at the very end of a programme, behind its last line.
        return Turn(wall_ns=float(outcome.wall_ns), cpu_ns=float(outcome.cpu_ns))
    return in_turns.turn_of(in_turns.record_of(answer))
