"""Whether two answers, as ``worker.portable`` wrote them down, are the same; it must not run either side.

What a caller could tell apart counts: type, structure, dtype, shape, values, exceptions,
warnings, changed arguments, memory shared with them, global random generators drawn from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.proving.parts import Comparison, Held, Pair
from perfwatch.proving.written import PROOF, Answer, Roles, class_of
from perfwatch.records.proof import AnswerDifference, AnswerRule, Ignored

if TYPE_CHECKING:
    from collections.abc import Mapping


def unseen_pairs(base: Answer, head: Answer, rule: AnswerRule) -> list[Pair]:
    """Return which objects of two values only a process that holds both can compare."""
    found = Comparison(base=base, head=head, rule=rule)
    found.nodes("", base.record["value"], head.record["value"])
    return found.unseen


def compare_answers(
    base: Answer,
    head: Answer,
    rule: AnswerRule,
    held: Mapping[Pair, Held] | None = None,
    roles: Roles = PROOF,
) -> AnswerDifference:
    """Hold the candidate's answer against the reference's; the worst part comes first in the words.

    ``held`` is what is known of ``unseen_pairs``.
    """
    found = Comparison(base=base, head=head, rule=rule, roles=roles, held=held or {})
    found.nodes("", base.record["value"], head.record["value"])
    if base.record["value"].get("class") != head.record["value"].get("class") and not found.parts:
        first, second = class_of(base.record["value"]), class_of(head.record["value"])
        told = f"a {first} in {roles.base}, a {second} in {roles.head}: both hold the same"
        found.notes[told] = None
    _beside(found)
    # Another structure weighs more than another number, and among numbers the farthest.
    worst = max(found.parts, key=lambda part: part.greatest_ratio, default=None)
    where, index = (worst.where, worst.index) if worst is not None else found.where_greatest
    return AnswerDifference(
        equal=not found.parts,
        reason="" if worst is None else f"{worst.where.strip() or 'the value'}: {worst.reason}",
        where=where,
        index=index,
        greatest_ratio=max([found.greatest_ratio, *(part.greatest_ratio for part in found.parts)]),
        greatest_ulp_count=found.greatest_ulp_count,
        differing_count=found.differing_count,
        elements_count=found.elements_count,
        uncertain=found.uncertain,
        notes=tuple(found.notes),
    )


def _beside(found: Comparison) -> None:
    """Compare what the calls did beside returning a value."""
    found.beside = True
    base, head, ignored = found.base.record, found.head.record, found.rule.ignored
    if Ignored.WARNINGS not in ignored:
        kinds = [sorted({kind for kind, _ in one.get("warnings", ())}) for one in (base, head)]
        if kinds[0] != kinds[1]:
            told = [", ".join(one) or "none" for one in kinds]
            found.other(" (warnings)", told[0], told[1])
    if Ignored.MUTATION not in ignored:
        _arguments(found)
    if Ignored.ALIASING not in ignored and base.get("shares", []) != head.get("shares", []):
        told = [_numbered(one.get("shares", [])) for one in (base, head)]
        found.other(" (memory)", f"the value shares memory with {told[0]}", told[1])
    if Ignored.RANDOM_STATE not in ignored and base.get("drawn_from", []) != head.get("drawn_from", []):
        told = [", ".join(one.get("drawn_from", [])) or "nothing" for one in (base, head)]
        drawn = f"{found.roles.base} draws from {told[0]}, {found.roles.head} from {told[1]}"
        found.differs(" (random state)", drawn)


def _arguments(found: Comparison) -> None:
    """Compare what became of the arguments."""
    first, second = found.base.record.get("changed", {}), found.head.record.get("changed", {})
    for number in sorted({*first, *second}):
        where = f" (argument {int(number) + 1})"
        if number in first and number in second:
            found.nodes(where, first[number], second[number])
        else:
            side = found.roles.base if number in first else found.roles.head
            found.differs(where, f"{side} changes it, and the other side does not")


def _numbered(arguments: list[int]) -> str:
    return ", ".join(f"argument {number + 1}" for number in arguments) or "no argument"
