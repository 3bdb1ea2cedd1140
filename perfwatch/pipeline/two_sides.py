"""Base against head: the commands that hold two sides against each other.

Nothing here prints, and nothing here computes: it says who does what, in order.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from perfwatch.compare import compare, environment_difference, summarise
from perfwatch.errors import ExitCode, NotComparable, Terminated, strongest
from perfwatch.honesty import ledger
from perfwatch.pipeline.surroundings import setting_for
from perfwatch.records.comparison import Baseline
from perfwatch.records.report import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.builds.sides import Sides, Wish
    from perfwatch.config import Config
    from perfwatch.measure.two_sides import Sided
    from perfwatch.pipeline.surroundings import Place
    from perfwatch.records.gate import GatePolicy, GateResult
    from perfwatch.records.plan import Policy, Progress
    from perfwatch.records.run import Target
    from perfwatch.store import Store


def gate(
    targets: Sequence[Target],
    wish: Wish,
    settings: tuple[Config, GatePolicy],
    place: Place,
    progress: Progress,
) -> tuple[Report, ExitCode]:
    """Measure base and head in turns, judge, and say how the command should end.

    Raises ``UsageError`` and ``NotComparable`` where there is nothing to compare.
    """
    from perfwatch.builds.sides import ONE_ENVIRONMENT, sides_of
    from perfwatch.compare import differ, wanted_each
    from perfwatch.gate import exit_code_of
    from perfwatch.measure.alone import NOT_ALONE, measuring_alone
    from perfwatch.measure.two_sides import UNTIMED, Terms, measure_sides, run_of, seats_in

    config, gate_policy = settings
    policy = config.policy()
    with (
        setting_for(targets, config, place) as (header, setting),
        sides_of(wish, config.root, targets, setting.folder / "sides") as sides,
        measuring_alone() as alone,
    ):
        started = time.perf_counter_ns()
        terms = Terms(
            plan=config.plan(),
            progress=progress,
            wanted=lambda names: lambda timings: wanted_each(timings, names, policy),
            differ=lambda base, head: differ(base, head, policy),
        )
        seats = seats_in(setting, {side: (tree.root, tree.import_root) for side, tree in sides.trees.items()})
        sided = () if sides.change_nothing else measure_sides(header, seats, terms)
        measured = run_of(header, sided, time.perf_counter_ns() - started)
    untimed = [name for one in sided for name in one.untimed]
    notes = [] if alone else [NOT_ALONE]
    notes += [f"{UNTIMED}: {', '.join(untimed)}"] if untimed else []
    notes += [f"{ONE_ENVIRONMENT}: {', '.join(sides.to_build)}"] if sides.to_build else []
    result = replace(_judged(sided, sides, policy, gate_policy), chosen=sides.chosen, notes=tuple(notes))
    report = Report(
        run=measured,
        comparisons=result.comparisons,
        summary=summarise(result.comparisons, measured),
        honesty=ledger(measured),
        gate=result,
    )
    timed = sides.change_nothing or any(one.found.timings for one in sided)
    code = exit_code_of(result, head_failed=bool(measured.failures), measured=timed)
    return report, strongest([code, *(_code_of(one.stop) for one in sided)])


def _code_of(stop: BaseException | None) -> ExitCode:
    if stop is None:
        return ExitCode.DONE
    return ExitCode.TERMINATED if isinstance(stop, Terminated) else ExitCode.INTERRUPTED


def compared(
    run_ids: tuple[str, str],
    settings: tuple[Config, GatePolicy | None],
    store: Store,
    *,
    across_machines: bool,
) -> tuple[Report, ExitCode]:
    """A stored run held against another one; with a policy, judged by it.

    Raises ``NotComparable`` for runs of different machines or environments,
    unless their ratios are asked for all the same.
    """
    from perfwatch.gate import exit_code_of, judge

    config, gate_policy = settings
    base, head = (store.load(run_id) for run_id in run_ids)
    difference = environment_difference(base.header.environment, head.header.environment)
    if difference and not across_machines:
        raise NotComparable(
            f"These runs cannot be compared: {difference}.",
            means="A ratio of times from two machines says nothing of the code.",
            do="Measure both here: perfwatch gate. Or see the ratios all the same: --across-machines",
        )
    comparisons = compare(base, head, config.policy(), store.sessions_of(base.header))
    chosen = tuple(f"{side} is run {run.header.id}" for side, run in (("base", base), ("head", head)))
    result = None if gate_policy is None else judge(comparisons, gate_policy, datetime.now(UTC).date())
    report = Report(
        run=head,
        baseline=Baseline(run_id=base.header.id, chosen=chosen[0]),
        comparisons=comparisons if result is None else result.comparisons,
        summary=summarise(comparisons, head),
        honesty=ledger(head),
        gate=None if result is None else replace(result, chosen=chosen),
    )
    if result is None:
        return report, ExitCode.DONE
    return report, exit_code_of(result, head_failed=bool(head.failures), measured=bool(comparisons))


def _judged(sided: Sequence[Sided], sides: Sides, policy: Policy, gate_policy: GatePolicy) -> GateResult:
    """The gate's word on what both sides brought; commits of head may accept what it finds."""
    from perfwatch.compare import amounts_each, presence, smallest_visible, verdicts_each, void_reason_each
    from perfwatch.gate import accepted_in, judge, untouched

    accepted = [one for commit, message in sides.messages for one in accepted_in(message, commit)]
    gate_policy = replace(gate_policy, acceptances=(*gate_policy.acceptances, *accepted))
    if sides.change_nothing:
        return untouched(gate_policy)
    timings = [timing for one in sided for timing in one.found.timings]
    comparisons = [
        comparison
        for one in sided
        for comparison in (
            *verdicts_each(one.found.timings, one.head_names, policy),
            *amounts_each(one.amounts, one.head_names, policy),
            *presence(one.base_names, one.head_names, one.failures()),
        )
    ]
    crossed = next((one.crossed for one in sided if one.crossed), "")
    void = crossed or void_reason_each(timings, policy)
    result = judge(comparisons, gate_policy, datetime.now(UTC).date(), void_reason=void)
    return replace(result, smallest_visible_ratio=smallest_visible(timings))
