"""Whether two samples come from one distribution; it must not know what the numbers stand for."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Terms of the series beyond these are below any double.
_TERMS = 100


def kolmogorov_smirnov(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Return the two-sample statistic D and its p value (Smirnov 1939; series: Press et al., Numerical Recipes, 14.3.3).

    D is the greatest distance of the two empirical distribution functions. The p
    value is the asymptotic one with Stephens' correction for small samples
    (Stephens 1970); with ties it is too great, never too small.

    Edge cases: an empty sample raises ``ValueError``; identical samples give (0, 1).
    """
    if not first or not second:
        raise ValueError("both samples need values")
    left, right = sorted(first), sorted(second)
    distance = max(
        abs(bisect_right(left, value) / len(left) - bisect_right(right, value) / len(right))
        for value in {*left, *right}
    )
    root = math.sqrt(len(left) * len(right) / (len(left) + len(right)))
    return distance, _beyond((root + 0.12 + 0.11 / root) * distance)


def _beyond(scaled: float) -> float:
    """The probability that Kolmogorov's distribution exceeds ``scaled``."""
    if scaled < 0.2:  # the series converges too slowly there, and the probability is 1 to 12 digits
        return 1.0
    total = sum((1.0 if k % 2 else -1.0) * math.exp(-2 * k * k * scaled * scaled) for k in range(1, _TERMS))
    return min(1.0, max(0.0, 2 * total))
