"""How many pairs a question needs, and what a number of pairs can see.

This module must not decide anything: it plans.

Method: for Student's one-sided test at error rate alpha, a shift of

    (t(1 - alpha, n - 1) + t(power, n - 1)) * s / sqrt(n)

is found with about the stated power. It replaces the noncentral t by a shifted
central one (Guenther 1981, who adds a correction of half a pair that the
rounding up to whole pairs covers).
"""

from __future__ import annotations

import math

from perfwatch.stats.student import quantile

#: No question is worth more pairs.
PAIRS_AT_MOST = 10_000


def visible_shift(spread: float, count: int, alpha: float, power: float) -> float:
    """Return the smallest shift that ``count`` pairs of standard deviation ``spread`` find with ``power``.

    In the unit of ``spread``. A spread of 0 sees everything: 0. Fewer than two
    pairs see nothing: infinity. ``alpha`` and ``power`` lie strictly between 0
    and 1, else ``ValueError``.
    """
    if not (0 < alpha < 1 and 0 < power < 1):
        raise ValueError("error rate and power lie strictly between 0 and 1")
    if count < 2:
        return math.inf
    reach = quantile(1 - alpha, count - 1) + quantile(power, count - 1)
    return max(0.0, reach) * spread / math.sqrt(count)


def pairs_for(shift: float, spread: float, alpha: float, power: float) -> int | None:
    """Return how many pairs find ``shift`` with ``power``; ``None`` where no affordable number does.

    At least two. A shift of 0 or less is never found, unless there is no spread.
    """
    if spread == 0:
        return 2 if shift > 0 else None
    if shift <= 0 or visible_shift(spread, PAIRS_AT_MOST, alpha, power) > shift:
        return None
    low, high = 1, 2
    while visible_shift(spread, high, alpha, power) > shift:
        low, high = high, min(PAIRS_AT_MOST, high * 2)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if visible_shift(spread, middle, alpha, power) <= shift else (middle, high)
    return high
