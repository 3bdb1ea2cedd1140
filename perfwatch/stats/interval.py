"""What a handful of values says about the level they scatter around.

This module must not compare two sets of values: ``difference`` does.

Method: Student's interval, mean +- t(1 - alpha/2, n - 1) * s / sqrt(n), with s the
sample standard deviation (Student 1908). For times the same on logarithms:
spread on a machine multiplies, and a geometric mean of ratios is a ratio.

Edge cases: no value gives ``None``; one value has a location, and no interval;
identical values have a standard error of 0 and an interval of no width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch.stats.location import geometric_mean, mean
from perfwatch.stats.student import quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A factor of 1e30 is beyond any two times; wider than that an interval says nothing.
_LARGEST_LOG = math.log(1e30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A level with its interval, in the unit of the values it came from.

    ``low``, ``high`` and ``standard_error`` are ``None`` where one value alone
    speaks. ``count`` is how many values spoke. After ``geometric_interval`` the
    standard error is that of the logarithm: 0.01 is 1% of the level.
    """

    value: float
    low: float | None
    high: float | None
    standard_error: float | None
    count: int


def variance(values: Sequence[float]) -> float | None:
    """Return the sample variance (n - 1 below the line), or ``None`` for fewer than two values."""
    if len(values) < 2:
        return None
    centre = mean(values)
    deviations = [value - centre for value in values]
    return math.fsum(deviation * deviation for deviation in deviations) / (len(values) - 1)


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Estimate | None:
    """Return the mean of ``values`` with its Student interval, in their unit.

    ``confidence`` lies strictly between 0 and 1, else ``ValueError``.
    """
    if not 0 < confidence < 1:
        raise ValueError("a confidence level lies strictly between 0 and 1")
    if not values:
        return None
    centre, spread, count = mean(values), variance(values), len(values)
    if spread is None:
        return Estimate(value=centre, low=None, high=None, standard_error=None, count=count)
    error = math.sqrt(spread / count)
    reach = quantile((1 + confidence) / 2, count - 1) * error
    return Estimate(value=centre, low=centre - reach, high=centre + reach, standard_error=error, count=count)


def geometric_interval(values: Sequence[float], confidence: float = 0.95) -> Estimate | None:
    """Return the geometric mean of ``values`` with exp of the Student interval of their logarithms.

    A 0 among the values (a clock that did not tick) has no logarithm: the
    estimate is then 0 without an interval. A negative value raises ``ValueError``.
    """
    if not values:
        return None
    level = geometric_mean(values)
    alone = Estimate(value=level, low=None, high=None, standard_error=None, count=len(values))
    if level == 0:
        return alone
    log_level = math.log(level)
    logs = mean_interval([math.log(value) - log_level for value in values], confidence)
    if logs is None or logs.low is None or logs.high is None:
        return alone
    low, high = level * exponential(logs.low), level * exponential(logs.high)
    return replace(logs, value=level, low=low, high=high)


def exponential(logarithm: float) -> float:
    """Return exp, kept within 1e-30 to 1e30: two wild processes may ask for more than a float can hold."""
    return math.exp(max(-_LARGEST_LOG, min(_LARGEST_LOG, logarithm)))
