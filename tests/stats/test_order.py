"""The interval of a median from the order of values alone."""

from __future__ import annotations

import math
from random import Random

import pytest

from perfwatch.stats.order import median_interval


@pytest.mark.parametrize("count", range(6))
def test_fewer_than_six_values_hold_no_interval_of_95_percent(count):
    assert median_interval(list(range(count))) is None


def test_known_ranks_of_the_sign_test():
    """Conover's table: with n = 6 the extremes, with n = 20 the sixth from either end."""
    assert median_interval(range(1, 7)) == (1, 6)
    assert median_interval(range(1, 21)) == (6, 15)


def test_infinite_values_are_values():
    assert median_interval([1.0, 2.0, 3.0, 4.0, math.inf, math.inf, math.inf, math.inf]) == (1.0, math.inf)


@pytest.mark.parametrize("count", [8, 15, 30])
def test_the_median_lies_inside_as_often_as_promised(count):
    random = Random(3)
    missed = 0
    for _ in range(2_000):
        low, high = median_interval([random.lognormvariate(0, 1) for _ in range(count)])
        missed += not low <= 1.0 <= high
    assert missed <= 0.05 * 2_000 + 3 * math.sqrt(2_000 * 0.05 * 0.95)


@pytest.mark.parametrize("confidence", [0, 1, 2])
def test_a_confidence_beyond_reason_is_refused(confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        median_interval([1.0] * 9, confidence)
