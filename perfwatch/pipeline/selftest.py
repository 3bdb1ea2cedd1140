"""The gate tried on itself: both sides are the same code, and how much slower head is made is known.

Nothing here prints, and nothing here computes: it says who does what, in order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch.errors import ExitCode, Terminated, strongest
from perfwatch.pipeline.surroundings import furnishing_for, setting_for
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.config import Config
    from perfwatch.pipeline.surroundings import Place
    from perfwatch.records.plan import Plan, Progress
    from perfwatch.records.run import Target
    from perfwatch.records.selftest import Selftest


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """What a selftest asks for beside the project's settings.

    ``levels`` are slowdowns in percent, ``gate_budget_ns`` is what one gate may take:
    a round gets no more. ``trials_count`` is how many of each level are wanted of each
    benchmark, ``None`` for as many as fit into the budget.
    """

    levels: tuple[int, ...]
    gate_budget_ns: int
    trials_count: int | None = None
    environments: str | None = None


def selftest(
    targets: Sequence[Target], trying: Trying, config: Config, place: Place, progress: Progress
) -> tuple[Selftest, ExitCode]:
    """Try the gate on the targets, and say how the command should end.

    Raises what ``gate`` raises, and ``TargetFailed`` or ``NothingMeasured`` where no
    benchmark came to a verdict.
    """
    from perfwatch.builds.seating import seated
    from perfwatch.builds.sides import against_itself, sides_of
    from perfwatch.measure.alone import NOT_ALONE, measuring_alone
    from perfwatch.measure.two_sides import seats_in
    from perfwatch.selftest import Asked, measure_selftest

    wish = against_itself(config.root, trying.environments)
    furnishing = furnishing_for(targets, wish, config, place)
    config = config.with_flags(python=furnishing.head)
    with (
        setting_for(targets, config, place) as (header, setting),
        sides_of(wish, config.root, targets, setting.folder) as sides,
        seated(sides, furnishing, setting, targets, progress) as seating,
        measuring_alone() as alone,
    ):
        asked = Asked(
            header=header,
            seats=seats_in(setting, seating.places),
            plan=_one_gate(config.plan(), trying),
            policy=config.policy(),
            budget_ns=config.budget_ns,
            levels=trying.levels,
            trials_count=trying.trials_count,
            chosen=("both sides are the same code", sides.chosen[-1], *seating.chosen),
            unbuilt=seating.unbuilt,
        )
        found, stop = measure_selftest(asked, progress)
    notes = (*([] if alone else [NOT_ALONE]), *sides.notes, *seating.notes, *found.notes)
    return replace(found, notes=notes), _end_of(found, stop)


def _one_gate(plan: Plan, trying: Trying) -> Plan:
    """The plan of one gate's pairs, within what it has: what it keeps for CPU passes is not theirs."""
    from perfwatch.measure.two_sides import for_pairs

    plan = for_pairs(replace(plan, budget_ns=min(plan.budget_ns, trying.gate_budget_ns)))
    return replace(plan, passes=(PassName.TIMING,), witnesses=())


def _end_of(found: Selftest, stop: BaseException | None) -> ExitCode:
    codes = [ExitCode.TARGET_FAILED] if found.failures else []
    if stop is not None:
        codes.append(ExitCode.TERMINATED if isinstance(stop, Terminated) else ExitCode.INTERRUPTED)
    return strongest(codes)
