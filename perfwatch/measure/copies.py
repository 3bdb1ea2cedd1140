"""What several copies of a benchmark at the same time get done, in turns with one alone, and what a pool's start takes.

A turn of one gives the time of a call; a turn of several the time in which together they do
as much as one call. It must not judge the figures.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.environment.machine import cores_count, free_bytes, group_limits
from perfwatch.measure import digesting, in_turns
from perfwatch.measure.in_turns import SECONDS, Turn, TurnLostError, Way
from perfwatch.measure.target_run import TargetRun

if TYPE_CHECKING:
    from perfwatch.records.experiment import Experiment, ExperimentOutcome

#: More of them say no more, and take as many times the memory.
COPIES_AT_MOST = 4
#: Of the memory that can still be had, copies may take so much.
MEMORY_AT_MOST = 0.7
#: An execution may take so many times the clean time, and so much more for its start.
SLOWED_AT_MOST, START_NS = 2 * COPIES_AT_MOST, 30_000_000_000


def attempt(target_run: TargetRun, experiment: Experiment, clean_ns: float) -> tuple[ExperimentOutcome, ...]:
    """Time both in turns and return their figures; where a turn is lost, why there are none."""
    count = min(COPIES_AT_MOST, cores_count(group_limits()))
    if count < 2:
        return (in_turns.absent(experiment, "this process may use one processor"),)
    turns = _Turns(target_run=target_run, count=count, clean_ns=clean_ns)
    (outcome,) = in_turns.play(experiment, clean_ns, "side by side", turns.take, turns.figures)
    if outcome.absent or not experiment.functions:
        return (outcome,)
    calls = digesting.calls_count(target_run, experiment.functions[0], clean_ns)
    counted = {} if calls is None else {"calls_count": calls}
    return (replace(outcome, figures={**outcome.figures, **counted}),)


@dataclass(kw_only=True)
class _Turns:
    """The turns of one experiment, and what those of one alone brought beside their time."""

    target_run: TargetRun
    count: int
    clean_ns: float
    starts_ns: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    def take(self, way: Way, step: str) -> Turn:
        """One process, or several at the same time."""
        count = self.count if way is Way.OTHER else 1
        self._refuse_crowding(count)
        options = {
            "seconds": SECONDS,
            "quick": self.target_run.plan.quick,
            "count": count,
            "workers": self.count,
        }
        timeout_ns = round(SLOWED_AT_MOST * self.clean_ns) + START_NS
        outcome, answer = in_turns.answered(self.target_run, ("copies", options), step, timeout_ns=timeout_ns)
        record = in_turns.record_of(answer)
        if count == 1:
            self.starts_ns.append(float(record["pool_start_ns"]))
            self.peak_bytes = max(self.peak_bytes, outcome.usage.get("peak_resident_bytes", 0))
        turns = [in_turns.turn_of(one) for one in (record, *record["others"])]
        done_per_ns = sum(1 / one.wall_ns for one in turns)
        return Turn(wall_ns=1 / done_per_ns, cpu_ns=sum(one.cpu_ns for one in turns) / len(turns))

    def figures(self, plain: list[Turn], other: list[Turn]) -> dict[str, float]:
        """What one alone and several together took, and a pool's start."""
        return {
            **in_turns.compared(plain, other, "copies"),
            "copies_count": float(self.count),
            "pool_start_ns": statistics.median(self.starts_ns),
        }

    def _refuse_crowding(self, count: int) -> None:
        """Copies that have no room in memory beside each other would tell of the disk, if they were not killed."""
        wanted, free = count * self.peak_bytes, free_bytes()
        if count > 1 and wanted > MEMORY_AT_MOST * free:
            raise TurnLostError(
                f"{count} copies would take about {units.size(wanted)} of memory, and {units.size(free)} can be had"
            )
