"""The target with one thread in the pools of BLAS and OpenMP, in turns with the target as it is.

It must not judge the figures.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from perfwatch.measure import in_turns
from perfwatch.measure.in_turns import SECONDS, Turn, Way
from perfwatch.measure.request import bare_command

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun
    from perfwatch.records.experiment import Experiment, ExperimentOutcome

#: Read by the pools as they are made; each library reads its own.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1"
)
AS_IT_IS: dict[str, str] = {}


def attempt(target_run: TargetRun, experiment: Experiment, clean_ns: float) -> tuple[ExperimentOutcome, ...]:
    """Time both in turns and return their figures; where a turn is lost, why there are none."""

    def take(way: Way, step: str) -> Turn:
        return _turn(target_run, ONE_THREAD if way is Way.OTHER else AS_IT_IS, step)

    return in_turns.play(experiment, clean_ns, "one thread", take, _figures)


def _figures(plain: list[Turn], alone: list[Turn]) -> dict[str, float]:
    return {
        **in_turns.compared(plain, alone, "one_thread"),
        "cpu_ns": statistics.median(one.cpu_ns for one in plain),
        "one_thread_cpu_ns": statistics.median(one.cpu_ns for one in alone),
    }


def _turn(target_run: TargetRun, environment: dict[str, str], step: str) -> Turn:
    """One clean process; a whole program's is its own, with nothing of ours in it."""
    if target_run.whole_program:
        command = bare_command(target_run.target, target_run.setting)
        outcome = in_turns.executed(target_run, command, step, environment=environment)
        return Turn(wall_ns=float(outcome.wall_ns), cpu_ns=float(outcome.cpu_ns))
    options = {"seconds": SECONDS, "quick": target_run.plan.quick, "hush": False}
    _, answer = in_turns.answered(target_run, ("timing", options), step, environment=environment)
    return in_turns.turn_of(in_turns.record_of(answer))
