"""Whether head's answer is base's: the word for each benchmark, its reason, and what to do.

It must not run anything, and must not decide what a gate makes of it: policy does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.proving.answers import compare_answers
from perfwatch.proving.parts import SHOWS_NOTHING
from perfwatch.proving.printed import compare_programmes
from perfwatch.proving.written import Answer, Roles
from perfwatch.records.answer_change import AnswerChange, AnswerVerdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.measure.answering import Told
    from perfwatch.records.proof import AnswerDifference, AnswerRule

SIDES = Roles(base="base", head="head")
ITSELF = Roles(base="one process", head="the next")
SEED_IT = (
    "Seed what it draws from, and leave times and addresses out of what it returns; or leave it out: same-output = false "
    "for its name, below [tool.perfwatch.gate]"
)
PLAIN_DATA = (
    "Let the benchmark return plain data: numbers, text, arrays, tables, dataclasses or containers of them"
)
SMALLER = "Let the benchmark return less, a sum or a part of it"
RUN_IT = "Call it alone to see why; where it needs longer, raise --budget"


def answer_change(name: str, base: Sequence[Told], head: Sequence[Told], rule: AnswerRule) -> AnswerChange:
    """Hold head's answer against base's, once base's agree with each other from process to process."""
    for side, told in ((SIDES.base, base), (SIDES.head, head)):
        why = next((one.why for one in told if one.why), "")
        if why:
            return _incomparable(name, rule, f"{side} gave no answer: {why}", RUN_IT)
    for other in base[1:]:
        itself = _compared(base[0], other, rule, ITSELF)
        if not itself.equal:
            reason = f"base disagrees with itself from one process to the next: {itself.reason}"
            return _incomparable(name, rule, reason, SEED_IT, itself)
    difference = _compared(base[0], head[0], rule, SIDES)
    if not difference.equal:
        return AnswerChange(
            benchmark=name,
            verdict=AnswerVerdict.DIFFERENT,
            reason=difference.reason + _unsteady(head, rule),
            rule=rule,
            difference=difference,
        )
    if difference.uncertain:
        advice = PLAIN_DATA if SHOWS_NOTHING in difference.uncertain else SMALLER
        return _incomparable(name, rule, difference.uncertain, advice, difference)
    if _is_nothing(base[0]):
        return AnswerChange(
            benchmark=name,
            verdict=AnswerVerdict.NONE,
            reason="it returns nothing, and changes none of its arguments",
            advice="Let it return what it computes",
            rule=rule,
            difference=difference,
        )
    return AnswerChange(
        benchmark=name,
        verdict=AnswerVerdict.SAME,
        reason=_alike(difference, base[0]),
        rule=rule,
        difference=difference,
    )


def crossed_answer(change: AnswerChange, reason: str) -> AnswerChange:
    """Return what is left to say where a side ran code that is not its own."""
    return _incomparable(change.benchmark, change.rule, reason.rstrip("."), "")


def _compared(base: Told, head: Told, rule: AnswerRule, roles: Roles) -> AnswerDifference:
    if base.programme is not None and head.programme is not None:
        return compare_programmes(base.programme, head.programme, rule, roles)
    first, second = (Answer(record=one.record, data=one.data) for one in (base, head))
    return compare_answers(first, second, rule, roles=roles)


def _incomparable(
    name: str, rule: AnswerRule, reason: str, advice: str, difference: AnswerDifference | None = None
) -> AnswerChange:
    return AnswerChange(
        benchmark=name,
        verdict=AnswerVerdict.INCOMPARABLE,
        reason=reason,
        advice=advice,
        rule=rule,
        difference=difference,
    )


def _unsteady(head: Sequence[Told], rule: AnswerRule) -> str:
    """What to add where head answers differently in each process, though base does not."""
    steady = all(_compared(head[0], other, rule, ITSELF).equal for other in head[1:])
    return "" if steady else "; head disagrees with itself from one process to the next, too"


def _is_nothing(told: Told) -> bool:
    """Whether a caller sees nothing of a call but that it ended."""
    record = told.record
    return told.programme is None and record["value"]["is"] == "none" and not record.get("changed")


def _alike(difference: AnswerDifference, told: Told) -> str:
    if told.programme is not None and not told.programme.printed_bytes:
        return f"both end with {told.programme.exit_code} and print nothing"
    within = difference.greatest_ratio
    words = f"equal but for rounding, by {units.figure(within)} of itself at most" if within else "equal"
    return "; ".join((words, *difference.notes))
