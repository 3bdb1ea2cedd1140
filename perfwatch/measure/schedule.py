"""What runs next: a pure function from what has been done to the next step.

It must not run anything and must not read a clock: durations come in as facts.

The order is: timing processes first, because every other figure is held against
them; then one pass each. One timing process always runs. More of them run
while they fit into the time for each benchmark, and while the passes that are
still to come keep their room; a pass whose estimate is over what is left of
the budget is skipped, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.plan import Plan
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Expected time of a pass over that of a clean execution, before anything is known of the target.
EXPECTED_FACTOR = {
    PassName.TIMING: 1.0,
    PassName.CPU: 3.0,
    PassName.LINES: 3.0,
    PassName.MEMORY: 2.5,
    PassName.IO: 1.1,
    PassName.GPU: 1.1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """How far a target has come.

    ``execution_ns`` is the whole time of one clean execution (one timing
    process), ``None`` before the first. ``timing_ns`` is what the timing
    processes took in all. ``budget_ns`` is this target's share of the command's.
    """

    plan: Plan
    benchmarks_count: int
    budget_ns: int
    timings_count: int = 0
    timing_ns: int = 0
    spent_ns: int = 0
    execution_ns: int | None = None
    ended: frozenset[PassName] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next thing to do; ``skip`` is the reason not to do it after all."""

    pass_name: PassName
    estimate_ns: int | None = None
    skip: str = ""


def estimate(pass_name: PassName, execution_ns: int) -> int:
    """How long one execution under a pass's collector should take."""
    return round(EXPECTED_FACTOR[pass_name] * execution_ns)


def next_step(done: Progressed) -> Step | None:
    """The next step, or ``None`` when everything is done."""
    plan = done.plan
    if done.timings_count == 0 or done.execution_ns is None:
        return Step(pass_name=PassName.TIMING)
    coming = [
        name
        for name in PassName
        if name in plan.passes and name is not PassName.TIMING and name not in done.ended
    ]
    if _more_timing(done, coming):
        return Step(pass_name=PassName.TIMING, estimate_ns=done.execution_ns)
    for name in coming:
        expected = estimate(name, done.execution_ns)
        left = done.budget_ns - done.spent_ns
        if expected > left:
            return Step(
                pass_name=name,
                estimate_ns=expected,
                skip=f"it would take about {units.time(expected)}, and {units.time(max(0, left))} of the budget is left "
                f"(--budget)",
            )
        return Step(pass_name=name, estimate_ns=expected)
    return None


def _more_timing(done: Progressed, coming: Sequence[PassName]) -> bool:
    plan = done.plan
    if plan.quick or PassName.TIMING not in plan.passes or done.timings_count >= plan.processes_count:
        return False
    assert done.execution_ns is not None  # noqa: S101 - next_step has looked
    room = plan.per_benchmark_ns * max(1, done.benchmarks_count) - done.timing_ns
    reserved = sum(estimate(name, done.execution_ns) for name in coming)
    left = done.budget_ns - done.spent_ns - min(reserved, done.budget_ns // 2)
    return done.execution_ns <= min(room, left)
