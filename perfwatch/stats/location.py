"""Where a set of numbers lies: its mean, median, percentiles and geometric mean.

This module must not judge spread: ``interval`` does.

Edge cases, for all: one value is its own location; identical values give
exactly that value; ties need no care; no value at all raises ``ValueError``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean, in the unit of ``values``.

    Deviations from the smallest value are summed without rounding error
    (``math.fsum``), so that the order does not matter and the mean of identical
    values is that value to the last bit: the variance of a constant is exactly 0.
    """
    if not values:
        raise ValueError("the mean of no values is not defined")
    low = min(values)
    return low + math.fsum(value - low for value in values) / len(values)


def median(values: Sequence[float]) -> float:
    """Return the middle value, or the mean of the two middle ones, in the unit of ``values``."""
    if not values:
        raise ValueError("the median of no values is not defined")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[middle])
    below, above = ordered[middle - 1], ordered[middle]
    return below + (above - below) / 2


def geometric_mean(values: Sequence[float]) -> float:
    """Return exp(mean(log(values))), in the unit of ``values``.

    A 0 among the values makes the mean 0; a negative value raises
    ``ValueError``: a product of times has no sign to lose.
    """
    if not values:
        raise ValueError("the geometric mean of no values is not defined")
    low = min(values)
    if low < 0:
        raise ValueError("the geometric mean of a negative value is not defined")
    if low == 0:
        return 0.0
    # Logs are taken against the smallest value, so that a constant comes back unchanged.
    log_low = math.log(low)
    return low * math.exp(math.fsum(math.log(value) - log_low for value in values) / len(values))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that at least this share of them (above 0, to 1) does not exceed.

    It is one of them, by the nearest rank: nothing is interpolated where few are.
    """
    if not values:
        raise ValueError("a percentile of no values is not defined")
    if not 0 < share <= 1:
        raise ValueError("a percentile's share lies above 0, and is at most 1")
    # A share of 0.9 times ten is not quite nine.
    rank = math.ceil(share * len(values) - 1e-9)
    return sorted(values)[max(1, rank) - 1]
