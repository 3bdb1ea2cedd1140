"""Intervals from the order of values alone, whatever their distribution.

This module must not read files or know what the numbers stand for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def median_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float] | None:
    """Return an interval for the median, by the sign test (Conover, Practical Nonparametric Statistics, 3.2).

    Between the k-th smallest and the k-th greatest of n values lies the median
    with a probability of ``1 - 2 P(Binomial(n, 1/2) < k)``; the greatest k that
    keeps the confidence is taken. Infinite values are values.

    Edge cases: with fewer than six values no interval holds 95%: ``None``.
    """
    if not 0 < confidence < 1:
        raise ValueError("a confidence lies strictly between 0 and 1")
    ordered = sorted(values)
    count = len(ordered)
    below, rank = 0.0, 0
    while rank < count // 2:
        below += math.comb(count, rank) / 2.0**count
        if 1 - 2 * below < confidence:
            break
        rank += 1
    return None if rank == 0 else (ordered[rank - 1], ordered[-rank])
