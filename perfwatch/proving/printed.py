"""Whether two programmes left the same: status, printed text, files; it must not run them.

Numbers in text are compared as numbers, since programmes print rounding; everything
between them letter by letter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from perfwatch import units
from perfwatch.proving.written import PROOF, Roles
from perfwatch.records.proof import AnswerDifference
from perfwatch.stats.closeness import closeness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.measure.answering import Programme
    from perfwatch.records.proof import AnswerRule

_NUMBER = re.compile(
    r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?|\b(?:nan|inf)\b", re.ASCII | re.IGNORECASE
)
_SHOWN_CHARACTERS = 60
#: Compares two texts under a name.
_Compare = Callable[[str, str, str], AnswerDifference]


def compare_programmes(
    base: Programme, head: Programme, rule: AnswerRule, roles: Roles = PROOF
) -> AnswerDifference:
    """Hold what the candidate left against what the reference left."""
    if base.exit_code != head.exit_code:
        reason = f"{roles.base} ends with {base.exit_code}, {roles.head} with {head.exit_code}"
        return AnswerDifference(
            equal=False, where="exit code", reason=reason, differing_count=1, elements_count=1
        )
    compare = partial(compare_texts, rule=rule, roles=roles)
    parts = [_printed(base, head, rule, compare)]
    parts += [_file(name, base.files, head.files, roles, compare) for name in base.files]
    worst = max(parts, key=lambda part: (not part.equal, part.greatest_ratio))
    ulps = [part.greatest_ulp_count for part in parts if part.greatest_ulp_count is not None]
    return AnswerDifference(
        equal=worst.equal,
        reason=worst.reason,
        where=worst.where,
        greatest_ratio=worst.greatest_ratio,
        greatest_ulp_count=max(ulps, default=None),
        differing_count=sum(part.differing_count for part in parts),
        elements_count=sum(part.elements_count for part in parts),
        uncertain=next((part.uncertain for part in parts if part.uncertain), ""),
    )


def _printed(base: Programme, head: Programme, rule: AnswerRule, compare: _Compare) -> AnswerDifference:
    if base.digest == head.digest:
        return AnswerDifference(equal=True, where="output", elements_count=1)
    if max(base.printed_bytes, head.printed_bytes) > len(base.printed.encode()) + len(head.printed.encode()):
        reason = "output: it differs, and is too long to say where"
        if not rule.exact:  # in which numbers, and by how much, nobody knows
            return AnswerDifference(equal=True, where="output", elements_count=1, uncertain=reason)
        return AnswerDifference(
            equal=False, where="output", reason=reason, differing_count=1, elements_count=1
        )
    return compare("output", base.printed, head.printed)


def _file(
    name: str,
    base: Mapping[str, bytes | None],
    head: Mapping[str, bytes | None],
    roles: Roles,
    compare: _Compare,
) -> AnswerDifference:
    first, second = base[name], head.get(name)
    if first is None or second is None:
        if first is None and second is None:
            why = f"{name} was written by neither side"
            return AnswerDifference(equal=True, where=name, uncertain=why)
        side = roles.base if second is None else roles.head
        reason = f"{name}: only {side} writes it"
        return AnswerDifference(equal=False, where=name, reason=reason, differing_count=1, elements_count=1)
    if first == second:
        return AnswerDifference(equal=True, where=name, elements_count=1)
    try:
        return compare(name, first.decode(), second.decode())
    except UnicodeDecodeError:
        reason = f"{name}: its bytes differ"
        return AnswerDifference(equal=False, where=name, reason=reason, differing_count=1, elements_count=1)


def compare_texts(
    where: str, base: str, head: str, rule: AnswerRule, roles: Roles = PROOF
) -> AnswerDifference:
    """Compare two texts: their words as text, their numbers within the rule's tolerance."""
    words = [_NUMBER.split(text) for text in (base, head)]
    if rule.exact or words[0] != words[1]:
        reason = "" if base == head else f"{where}: {_first_line(base, head, roles)}"
        return AnswerDifference(
            equal=base == head,
            where=where,
            reason=reason,
            differing_count=int(base != head),
            elements_count=1,
        )
    values = [
        np.array([float(number) for number in _NUMBER.findall(text)], dtype=float) for text in (base, head)
    ]
    found = closeness(values[0], values[1], rule)
    by = (
        f", by up to {units.figure(found.greatest_ratio)} of a number"
        if found.greatest_ratio < math.inf
        else ""
    )
    reason = f"{where}: {_first_line(base, head, roles)}{by}" if found.differing_count else ""
    return AnswerDifference(
        equal=found.differing_count == 0,
        where=where,
        reason=reason,
        greatest_ratio=found.greatest_ratio,
        greatest_ulp_count=found.greatest_ulp_count,
        differing_count=found.differing_count,
        elements_count=found.elements_count,
    )


def _first_line(base: str, head: str, roles: Roles) -> str:
    """The first line that differs, from both sides."""
    lines = base.splitlines(), head.splitlines()
    for number, (first, second) in enumerate(zip(*lines, strict=False), start=1):
        if first != second:
            return f"line {number}: {_cut(first)!r} in {roles.base}, {_cut(second)!r} in {roles.head}"
    return f"{len(lines[0])} lines in {roles.base}, {len(lines[1])} in {roles.head}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
