"""Pairs of processes: exact for small cases, right in their rates where the machine drifts and bursts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.difference import interval
from perfwatch.stats.paired import p_above, p_below, pair_value, paired, quad_value

pytestmark = pytest.mark.smoke

times = st.floats(min_value=1e-3, max_value=1e12)
logs = st.lists(st.floats(min_value=-1.0, max_value=1.0), min_size=2, max_size=20)


def test_a_head_twice_as_slow_has_the_logarithm_of_two():
    assert quad_value(10.0, 20.0, 20.0, 10.0) == pytest.approx(math.log(2))


@given(times, st.floats(min_value=0.5, max_value=2.0), st.floats(min_value=0.9, max_value=1.1))
def test_a_drift_over_four_turns_cancels(base, ratio, drift):
    turns = (base, base * ratio * drift, base * ratio * drift**2, base * drift**3)
    assert quad_value(*turns) == pytest.approx(math.log(ratio), abs=1e-9)


@given(times, times, times, times)
def test_sides_that_change_places_change_the_sign(one, two, three, four):
    assert quad_value(one, two, three, four) == pytest.approx(-quad_value(two, one, four, three), abs=1e-9)


def test_a_turn_that_saw_no_tick_has_no_value():
    assert quad_value(10.0, 0.0, 10.0, 10.0) is None


def test_a_negative_turn_is_refused():
    with pytest.raises(ValueError, match="below 0"):
        quad_value(10.0, -1.0, 10.0, 10.0)


def test_a_burst_in_a_few_quads_does_not_move_the_pair():
    assert pair_value([0.01, 0.011, 0.7, 0.009, 0.01]) == pytest.approx(0.01)


def test_a_pair_that_mostly_saw_no_tick_has_no_value():
    assert pair_value([None, None, 0.3]) is None
    assert pair_value([None, 0.1, 0.3]) == pytest.approx(0.2)
    assert pair_value([]) is None


def test_one_pair_says_nothing_of_its_luck():
    assert paired([0.02]) is None
    assert paired([]) is None


@given(st.floats(min_value=-1.0, max_value=1.0), st.integers(min_value=2, max_value=20))
def test_identical_pairs_are_exact(value, count):
    difference = paired([value] * count)
    assert (difference.value, difference.standard_error, difference.dof) == (value, 0.0, count - 1)


def test_identical_pairs_of_a_coarse_clock_are_not_exact():
    difference = paired([0.02] * 4, resolution=0.012)
    assert difference.standard_error == pytest.approx(0.012 / math.sqrt(12) / 2)


def test_a_resolution_never_narrows_what_the_spread_says():
    wide = [0.1, -0.1, 0.2, 0.0]
    assert paired(wide, resolution=0.001) == paired(wide)


def test_a_negative_resolution_is_refused():
    with pytest.raises(ValueError, match="resolution"):
        paired([0.1, 0.2], resolution=-1.0)


def test_students_table_is_met():
    difference = paired([0.01, 0.02, 0.03, 0.04])
    # t = 0.025 / (0.0129099 / 2) = 3.873 on 3 degrees of freedom.
    assert p_above(difference, 0.0) == pytest.approx(0.01523, abs=2e-5)
    assert p_below(difference, 0.0) == pytest.approx(1 - 0.01523, abs=2e-5)


def test_an_exact_difference_is_above_only_what_it_passes():
    exact = paired([0.02, 0.02])
    assert (p_above(exact, 0.01), p_above(exact, 0.02), p_above(exact, 0.03)) == (0.0, 1.0, 1.0)
    assert p_below(exact, 0.01) == 1.0


@given(logs, st.floats(min_value=0.0, max_value=0.1))
def test_above_and_below_mirror_each_other(values, margin):
    difference, mirrored = paired(values), paired([-value for value in values])
    assert p_below(difference, margin) == pytest.approx(p_above(mirrored, margin))


@given(logs, st.floats(min_value=0.0, max_value=0.1))
def test_above_agrees_with_the_interval(values, margin):
    difference = paired(values)
    low, _ = interval(difference, 0.9)
    p = p_above(difference, margin)
    if abs(p - 0.05) > 1e-6:
        assert (p < 0.05) == (low > margin)


def _pairs(random, spread, *, shift=0.0, count=8, quads=20, burst=0.0, drift=0.0):
    """Pair values of a machine that drifts, with process luck of ``spread`` and bursts into single turns."""
    values = []
    for _ in range(count):
        luck = random.normal(0, spread / math.sqrt(2), 2)
        level = np.cumsum(random.normal(0, drift, 4 * quads))
        turns = level.reshape(quads, 4) + random.normal(0, 0.01, (quads, 4))
        turns += (random.random((quads, 4)) < burst) * random.exponential(0.5, (quads, 4))
        turns[:, [0, 3]] += luck[0]
        turns[:, [1, 2]] += luck[1] + shift
        values.append(pair_value([quad_value(*np.exp(quad)) for quad in turns]))
    return values


@pytest.mark.parametrize("spread", [0.0, 0.01, 0.03])
@pytest.mark.parametrize("weather", [{}, {"drift": 0.01}, {"burst": 0.1}, {"drift": 0.01, "burst": 0.1}])
def test_identical_code_is_called_slower_at_the_nominal_rate(spread, weather):
    random = np.random.default_rng(11)
    trials = 400
    alarms = sum(p_above(paired(_pairs(random, spread, **weather)), 0.0) <= 0.05 for _ in range(trials))
    # Three standard errors of 5% of 400 are 3.3%.
    assert alarms / trials <= 0.05 + 0.033


def test_from_ten_pairs_on_one_that_is_unlike_all_others_does_not_move_the_level():
    calm = [0.001 * number for number in range(-5, 5)]
    moved = paired([*calm[:-1], 0.5])
    assert moved == paired(calm)
    # Mean of -4..3; drawn in, the ends are -4 and 3, twice each: a sum of squares of 66.5 about -0.5.
    assert moved.value == pytest.approx(-0.0005)
    assert moved.standard_error == pytest.approx(0.001 * math.sqrt(66.5 / 9) / math.sqrt(10) / 0.8)
    assert moved.dof == 7


def test_fewer_than_ten_are_not_trimmed():
    assert paired([0.0] * 8 + [0.9]).value == pytest.approx(0.1)


@given(st.floats(min_value=0.001, max_value=1.0), st.sampled_from([-1, 1]))
def test_where_only_the_ends_differ_they_tell_the_spread(far, sign):
    difference = paired([0.0] * 15 + [sign * far])
    assert difference.standard_error > 0
    assert difference.value == pytest.approx(sign * far / 16)
    assert difference.dof == 15


@given(st.lists(st.floats(min_value=-1.0, max_value=1.0), min_size=10, max_size=40), st.randoms())
def test_the_order_of_the_pairs_does_not_matter_and_a_mirror_changes_the_sign(values, chance):
    shuffled = list(values)
    chance.shuffle(shuffled)
    assert paired(shuffled) == paired(values)
    mirrored = paired([-value for value in values])
    assert mirrored.value == pytest.approx(-paired(values).value, abs=1e-12)
    assert mirrored.standard_error == pytest.approx(paired(values).standard_error, abs=1e-12)


@pytest.mark.parametrize("count", [10, 16, 24, 32])
@pytest.mark.parametrize("tails", [None, 3, 1.5])
@pytest.mark.parametrize("rate", [0.01, 0.05])
def test_a_trimmed_level_is_above_its_truth_no_oftener_than_the_nominal_rate(count, tails, rate):
    random = np.random.default_rng(count)
    trials = 2000
    size = (trials, count)
    draws = random.standard_normal(size) if tails is None else random.standard_t(tails, size)
    alarms = sum(p_above(paired(list(row)), 0.0) <= rate for row in draws) / trials
    assert alarms <= rate + 3 * math.sqrt(rate * (1 - rate) / trials)


def test_one_process_in_25_that_is_slow_for_its_life_hides_no_true_change():
    """A shift of 2% is found beyond a margin of 1%, at the rate of a confirmation."""
    random = np.random.default_rng(8)
    margin, found = math.log1p(0.01), 0
    for _ in range(400):
        slow = 0.05 * (random.random((16, 2)) < 0.04)
        values = math.log1p(0.02) + random.normal(0, 0.005, 16) + slow[:, 0] - slow[:, 1]
        found += p_above(paired(list(values)), margin) <= 0.01
    assert found / 400 >= 0.95
