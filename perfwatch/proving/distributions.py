"""Whether the draws of two sides come from the same distributions, part by part of their answers.

Every numeric part of the value (an array, a list of numbers, a number) is pooled over
the seeds, and the two samples are held against each other by Kolmogorov and Smirnov's
test at ``LEVEL``, Bonferroni over the parts. That tells nothing of how draws depend on
each other: an answer whose order matters needs a rule of its own. It must not run anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfwatch.proving.written import as_array, is_numeric, items_of
from perfwatch.records.proof import AnswerDifference
from perfwatch.stats.two_samples import kolmogorov_smirnov

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.proving.written import Answer, Node

#: How often sides that draw from the same distributions are told apart.
LEVEL = 1e-4
#: More draws than these tell no more that matters.
DRAWS_AT_MOST = 200_000


def compare_draws(base: Sequence[Answer], head: Sequence[Answer]) -> AnswerDifference:
    """Compare two sides' answers to the same seeds as samples."""
    first, second = _pooled(base), _pooled(head)
    if first.keys() != second.keys():
        odd = min(first.keys() ^ second.keys())
        reason = f"{odd or 'the value'}: numbers on one side alone"
        return AnswerDifference(equal=False, where=odd, reason=reason, differing_count=1, elements_count=1)
    if not first:
        return AnswerDifference(equal=True, uncertain="the answers hold no numbers to compare as samples")
    level = LEVEL / len(first)
    apart = []
    for where, values in first.items():
        distance, p_value = kolmogorov_smirnov(values, second[where])
        if p_value < level:
            apart.append((p_value, where, distance))
    if not apart:
        return AnswerDifference(equal=True, elements_count=sum(map(len, first.values())))
    p_value, where, distance = min(apart)
    return AnswerDifference(
        equal=False,
        where=where,
        reason=f"{where or 'the value'}: drawn from another distribution (greatest distance of the two distribution "
        f"functions {distance:.2f}, p {p_value:.0e})",
        differing_count=len(apart),
        elements_count=len(first),
    )


def _pooled(answers: Sequence[Answer]) -> dict[str, list[float]]:
    """All finite numbers of each part, over all answers."""
    found: dict[str, list[float]] = {}
    for answer in answers:
        for where, values in _parts("", answer.record["value"], answer):
            kept = found.setdefault(where, [])
            room = DRAWS_AT_MOST - len(kept)
            kept += values[np.isfinite(values)][: max(0, room)].tolist()
    return {where: values for where, values in found.items() if values}


def _parts(where: str, node: Node, answer: Answer) -> Iterator[tuple[str, np.ndarray]]:
    """Every numeric part of a value, with the way to it; items of a container are draws of one quantity."""
    if is_numeric(node):
        array = as_array(node, answer)
        if array is not None and array.dtype.kind in "biuf":
            yield where, array.astype(float).ravel()
    elif node["is"] == "items":
        alike = all(is_numeric(one) for one in items_of(node, answer))
        for number, item in enumerate(items_of(node, answer)):
            yield from _parts(where if alike else f"{where}[{number}]", item, answer)
    elif node["is"] in {"mapping", "fields"}:
        for key, value in node["items"]:
            name = f".{key}" if node["is"] == "fields" else f"[{answer.short(key)}]"
            yield from _parts(f"{where}{name}", value, answer)
