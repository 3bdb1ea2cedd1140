"""Base against head: the commands that hold two sides against each other.

Nothing here prints, and nothing here computes: it says who does what, in order.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from perfwatch.compare import compare, environment_difference, module_totals, summarise
from perfwatch.errors import ExitCode, NotComparable, Terminated, strongest
from perfwatch.honesty import ledger
from perfwatch.pipeline.surroundings import furnishing_for, setting_for
from perfwatch.records.comparison import Baseline, Comparison, Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.proof import AnswerRule
from perfwatch.records.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfwatch.builds.sides import Sides, Wish
    from perfwatch.config import Config
    from perfwatch.measure.answering import Asking, Told
    from perfwatch.measure.two_sides import Sided
    from perfwatch.pipeline.held import HeldSides
    from perfwatch.pipeline.surroundings import Place
    from perfwatch.records.answer_change import AnswerChange
    from perfwatch.records.gate import GatePolicy, GateResult
    from perfwatch.records.hunk import Hunk
    from perfwatch.records.plan import Policy, Progress
    from perfwatch.records.profile_difference import Place as FunctionPlace
    from perfwatch.records.profile_difference import Touched
    from perfwatch.records.run import Target

#: Of a benchmark with such a word there are no two answers.
_ONE_SIDED = (Verdict.NEW, Verdict.REMOVED, Verdict.FAILED)


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
    from perfwatch.builds.seating import seated
    from perfwatch.builds.sides import sides_of
    from perfwatch.compare import differ, slower, wanted
    from perfwatch.gate import exit_code_of
    from perfwatch.measure.alone import NOT_ALONE, measuring_alone
    from perfwatch.measure.two_sides import Terms, measure_sides, run_of, seats_in

    config, gate_policy = settings
    policy = config.policy()
    furnishing = furnishing_for(targets, wish, config, place)
    config = replace(config, python=furnishing.head)
    with (
        setting_for(targets, config, place) as (header, setting),
        sides_of(wish, config.root, targets, setting.folder) as sides,
        seated(sides, furnishing, setting, targets, progress) as seating,
        measuring_alone() as alone,
    ):
        started = time.perf_counter_ns()
        terms = Terms(
            plan=config.plan(),
            progress=progress,
            wanted=lambda names: lambda timings, over: wanted(timings, names, policy, over),
            differ=lambda base, head: differ(base, head, policy),
            unbuilt=seating.unbuilt,
            slower=lambda timings, names: slower(timings, names, policy),
            asking=_asking(gate_policy),
        )
        seats = seats_in(setting, seating.places)
        sided = () if sides.change_nothing else measure_sides(header, seats, terms)
        measured = run_of(header, sided, time.perf_counter_ns() - started)
        touched, changed = _touched(sided, sides)
    result = _judged(sided, sides, touched, (policy, gate_policy))
    notes = (*([] if alone else [NOT_ALONE]), *_notes(sided), *sides.notes, *seating.notes)
    result = replace(
        result, chosen=(*sides.chosen, *seating.chosen), notes=notes, hunks=_hunks(result, changed)
    )
    report = Report(
        run=measured,
        comparisons=result.comparisons,
        summary=summarise(result.comparisons, measured),
        honesty=ledger(measured),
        gate=result,
        modules=module_totals(measured.benchmarks, result.comparisons),
        policy=policy,
    )
    timed = sides.change_nothing or bool(seating.unbuilt) or any(one.found.timings for one in sided)
    code = exit_code_of(result, head_failed=bool(measured.failures), measured=timed)
    return report, strongest([code, *(_code_of(one.stop) for one in sided)])


def _hunks(result: GateResult, changed: Mapping[FunctionPlace, Hunk]) -> tuple[Hunk, ...]:
    """What the change did to the functions that are named, each once, in their order."""
    places = [(one.file, one.function) for found in result.functions for one in found.frames if one.named]
    return tuple(changed[place] for place in dict.fromkeys(places) if place in changed)


def _asking(policy: GatePolicy) -> Asking:
    """Whose answers are compared, and by which rule."""
    from perfwatch.gate import answer_rule
    from perfwatch.measure.answering import Asking
    from perfwatch.proving.answer_changes import answer_change

    def judge(name: str, base: Sequence[Told], head: Sequence[Told]) -> AnswerChange:
        return answer_change(name, base, head, answer_rule(name, policy) or AnswerRule())

    return Asking(
        wanted=lambda names: [name for name in names if answer_rule(name, policy) is not None], judge=judge
    )


def _notes(sided: Sequence[Sided]) -> list[str]:
    """What a reader should know of how it was measured."""
    from perfwatch.compare import recompiling
    from perfwatch.measure.layout import OWN_LAYOUTS
    from perfwatch.measure.side_by_side import ONE_ALIVE
    from perfwatch.measure.two_sides import UNTIMED

    untimed = [name for one in sided for name in one.untimed]
    notes = [f"{UNTIMED}: {', '.join(untimed)}"] if untimed else []
    notes += [ONE_ALIVE] if any(one.found.one_alive for one in sided) else []
    notes += [OWN_LAYOUTS] if any(one.found.own_layouts for one in sided) else []
    notes += [note for one in sided for note in recompiling(one.found.timings, one.head_names)]
    return notes + [note for one in sided for note in one.profiled.notes]


def _code_of(stop: BaseException | None) -> ExitCode:
    if stop is None:
        return ExitCode.DONE
    return ExitCode.TERMINATED if isinstance(stop, Terminated) else ExitCode.INTERRUPTED


def compared(
    sides: HeldSides, settings: tuple[Config, GatePolicy | None], *, across_machines: bool
) -> tuple[Report, ExitCode]:
    """A run of before held against another one; with a policy, judged by it.

    Raises ``NotComparable`` for runs of different machines or environments,
    unless their ratios are asked for all the same.
    """
    from perfwatch.gate import exit_code_of, judge

    config, gate_policy = settings
    base, head = sides.base.run, sides.head.run
    difference = environment_difference(base.header.environment, head.header.environment)
    if difference and not across_machines:
        raise NotComparable(
            f"These runs cannot be compared: {difference}.",
            means="A ratio of times from two machines says nothing of the code.",
            do="Measure both here: perfwatch gate. Or see the ratios all the same: --across-machines",
        )
    comparisons = compare(base, head, config.policy(), sides.sessions)
    result = (
        None
        if gate_policy is None
        else judge(comparisons, gate_policy, datetime.now(UTC).date(), benchmarks=head.benchmarks)
    )
    notes = dict.fromkeys((*_which_files(sides), *sides.notes, *head.notes))
    report = Report(
        run=replace(head, notes=tuple(notes)),
        baseline=Baseline(run_id=base.header.id, chosen=sides.base.words),
        comparisons=comparisons if result is None else result.comparisons,
        summary=summarise(comparisons, head),
        honesty=ledger(head),
        gate=None if result is None else replace(result, chosen=sides.chosen, notes=sides.notes),
        modules=module_totals(head.benchmarks, comparisons),
        policy=config.policy(),
    )
    if result is None:
        return report, ExitCode.DONE
    return report, exit_code_of(result, head_failed=bool(head.failures), measured=bool(comparisons))


def _which_files(sides: HeldSides) -> tuple[str, ...]:
    """What is compared, where a side came out of a file: no run's id tells it."""
    stored = sides.base.resolved is not None and sides.head.resolved is not None
    return () if stored else sides.chosen


def _touched(sided: Sequence[Sided], sides: Sides) -> tuple[Touched, Mapping[FunctionPlace, Hunk]]:
    """What the change touched of the functions that the call trees show, and how, while both trees are there."""
    from perfwatch.builds.hunks import hunks
    from perfwatch.builds.touched import touched
    from perfwatch.compare import user_files

    files = user_files(profile.tree for one in sided for profile in one.profiled.profiles)
    base, head = (sides.trees[side].root for side in (Side.BASE, Side.HEAD))
    found = touched(base, head, files)
    return found, hunks(base, head, found)


def _judged(
    sided: Sequence[Sided], sides: Sides, touched: Touched, policies: tuple[Policy, GatePolicy]
) -> GateResult:
    """The gate's word on what both sides brought; commits of head may accept what it finds."""
    from perfwatch.compare import (
        controls_reason,
        first_calls,
        material,
        named_in,
        profile_differences,
        smallest_visible,
        void_reason,
        voided,
    )
    from perfwatch.gate import accepted_in, judge, untouched, with_answers

    policy, gate_policy = policies
    today = datetime.now(UTC).date()
    accepted = [one for commit, message in sides.messages for one in accepted_in(message, commit)]
    gate_policy = replace(gate_policy, acceptances=(*gate_policy.acceptances, *accepted))
    if sides.change_nothing:
        return untouched(gate_policy)
    timings = [timing for one in sided for timing in one.found.timings]
    comparisons, controls = _compared(sided, policy), _controls(sided, sides)
    crossed = next((one.crossed for one in sided if one.crossed), "")
    void = crossed or void_reason(timings, policy) or controls_reason(comparisons, controls)
    first = first_calls([(one.found.timings, one.head_names) for one in sided], policy)
    comparisons, first = (voided(each, void) if void else each for each in (comparisons, first))
    benchmarks = [benchmark for one in sided for benchmark in one.benchmarks]
    trees = [profile for one in sided for profile in one.profiled.profiles]
    differences = profile_differences(comparisons, trees, touched)
    comparisons = tuple(named_in(one, differences) for one in comparisons)
    comparisons += material(first, gate_policy.metrics)
    result = judge(comparisons, gate_policy, today, benchmarks=benchmarks, void_reason=void)
    return replace(
        with_answers(result, _answers(sided, comparisons), today),
        controls=controls,
        smallest_visible_ratio=smallest_visible(timings),
        witnesses=tuple(one.witness for one in sided if one.witness is not None),
        functions=differences,
    )


def _answers(sided: Sequence[Sided], comparisons: Sequence[Comparison]) -> list[AnswerChange]:
    """What became of the answers of benchmarks that both sides have; of crossed sides nothing is known."""
    from perfwatch.proving.answer_changes import crossed_answer

    alone = {one.benchmark for one in comparisons if one.verdict in _ONE_SIDED}
    return [
        crossed_answer(change, one.crossed) if one.crossed else change
        for one in sided
        for change in one.answers
        if change.benchmark not in alone
    ]


def _compared(sided: Sequence[Sided], policy: Policy) -> tuple[Comparison, ...]:
    """Every comparison that the sides allow, target by target."""
    from perfwatch.compare import presence, side_by_side, verdicts

    return tuple(
        comparison
        for one in sided
        for comparison in (
            *verdicts(one.found.timings, one.head_names, policy),
            *side_by_side(one.amounts, one.head_names, policy),
            *side_by_side(one.counts, one.head_names, policy),
            *presence(one.base_names, one.head_names, one.failures()),
        )
    )


def _controls(sided: Sequence[Sided], sides: Sides) -> tuple[str, ...]:
    """The benchmarks that the change cannot reach; those that start processes may run code that nobody saw."""
    from perfwatch.builds.reach import only_imports_matter, same_code

    if not only_imports_matter(sides.changed):
        return ()
    return tuple(
        name
        for one in sided
        if same_code(one.found.provenance.get(Side.BASE, ()), one.found.provenance.get(Side.HEAD, ()))
        for name in dict.fromkeys(timing.benchmark for timing in one.found.timings)
        if not one.found.started_processes(name)
    )
