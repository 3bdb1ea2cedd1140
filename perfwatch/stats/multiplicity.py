"""What p values are worth among many.

This module must not decide anything: it hands back q values and adjusted p values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def q_values(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return for each p value the false discovery rate at which it would just be a discovery.

    Method: q of the i-th smallest of m is the smallest p(j) * m / j over j >= i
    (Benjamini and Hochberg 1995). It holds for independent tests and for ones
    that lean the same way (Benjamini and Yekutieli 2001), as benchmarks of one
    run do that share the machine's mood.

    Edge cases: none gives none; one p value is its own q; ties share a q; the
    order of the answer is the order of the question.
    """
    count = len(p_values)
    answer = [1.0] * count
    smallest = 1.0
    by_size = sorted(range(count), key=p_values.__getitem__)
    for rank in range(count, 0, -1):
        index = by_size[rank - 1]
        smallest = min(smallest, p_values[index] * (count / rank))
        answer[index] = smallest
    return tuple(answer)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return for each p value the smallest error rate of the whole family at which it would be rejected.

    Method: the i-th smallest of m is taken times m - i + 1, never below the one
    before it, 1 at most (Holm 1979). However the tests depend on each other, at
    a rate alpha some true null is rejected in a share alpha of families at most.

    Edge cases: none gives none; one p value is itself; ties share an answer; the
    order of the answer is the order of the question.
    """
    count = len(p_values)
    answer = [0.0] * count
    largest = 0.0
    for rank, index in enumerate(sorted(range(count), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[index] * (count - rank)))
        answer[index] = largest
    return tuple(answer)
