"""What a number of pairs can see, checked by drawing pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.paired import p_above, paired
from perfwatch.stats.power import PAIRS_AT_MOST, pairs_for, visible_shift

pytestmark = pytest.mark.smoke

rates = st.floats(min_value=0.001, max_value=0.2)
powers = st.floats(min_value=0.5, max_value=0.99)


@given(rates, powers)
def test_without_spread_everything_is_seen_by_two_pairs(alpha, power):
    assert visible_shift(0.0, 2, alpha, power) == 0.0
    assert pairs_for(0.001, 0.0, alpha, power) == 2
    assert pairs_for(0.0, 0.0, alpha, power) is None


@given(rates, powers)
def test_one_pair_sees_nothing(alpha, power):
    assert visible_shift(0.01, 1, alpha, power) == math.inf


@pytest.mark.parametrize(("alpha", "power"), [(0.0, 0.9), (0.05, 1.0)])
def test_rates_that_make_no_sense_are_refused(alpha, power):
    with pytest.raises(ValueError, match="between 0 and 1"):
        visible_shift(0.01, 4, alpha, power)


def test_a_shift_that_no_affordable_number_of_pairs_finds_has_none():
    assert pairs_for(1e-9, 0.03, 0.01, 0.9) is None
    assert pairs_for(-0.01, 0.03, 0.01, 0.9) is None


@given(st.floats(min_value=0.001, max_value=0.2), st.floats(min_value=0.001, max_value=0.05), rates, powers)
def test_the_number_of_pairs_is_the_smallest_that_sees_the_shift(shift, spread, alpha, power):
    count = pairs_for(shift, spread, alpha, power)
    if count is None:
        assert visible_shift(spread, PAIRS_AT_MOST, alpha, power) > shift
        return
    assert visible_shift(spread, count, alpha, power) <= shift
    assert count == 2 or visible_shift(spread, count - 1, alpha, power) > shift


@given(st.integers(min_value=2, max_value=200), rates, powers)
def test_more_pairs_never_see_less(count, alpha, power):
    assert visible_shift(0.01, count + 1, alpha, power) <= visible_shift(0.01, count, alpha, power)


@pytest.mark.parametrize(("alpha", "power"), [(0.01, 0.9), (0.05, 0.8), (0.005, 0.95)])
@pytest.mark.parametrize("count", [6, 12, 30])
def test_the_stated_power_is_met(alpha, power, count):
    random = np.random.default_rng(count)
    shift = visible_shift(0.01, count, alpha, power)
    trials = 1000
    found = sum(
        p_above(paired(list(shift + 0.01 * random.standard_normal(count))), 0.0) <= alpha
        for _ in range(trials)
    )
    # The shifted central t is a little generous with few pairs; three standard errors are at most 4%.
    assert abs(found / trials - power) <= 0.05
