"""Differences with their errors: against scipy, by property, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.difference import (
    Difference,
    against_sessions,
    interval,
    p_beyond,
    p_equivalent,
    welch,
)

pytestmark = pytest.mark.smoke

scipy_stats = pytest.importorskip("scipy.stats")

TRIALS = 2000
#: Three standard errors of a rate of 5% among the trials.
ERROR = 3 * math.sqrt(0.05 * 0.95 / TRIALS)
MARGIN = math.log(1.01)

logs = st.floats(min_value=-20.0, max_value=20.0)
several = st.lists(logs, min_size=2, max_size=8)
differences = st.builds(
    Difference,
    value=st.floats(min_value=-2, max_value=2),
    standard_error=st.floats(min_value=0, max_value=1),
    dof=st.floats(min_value=1, max_value=100),
)


def test_welch_is_scipys():
    base, head = [1.0, 1.2, 0.9, 1.1], [1.5, 1.4, 2.0, 1.1, 1.3]
    found = welch(base, head)
    expected = scipy_stats.ttest_ind(head, base, equal_var=False)
    assert found.value / found.standard_error == pytest.approx(expected.statistic)
    assert found.dof == pytest.approx(expected.df)
    assert p_beyond(found, 0.0) == pytest.approx(expected.pvalue)
    assert interval(found) == pytest.approx(tuple(expected.confidence_interval()))


@given(several, several)
def test_swapping_the_sides_turns_the_sign(base, head):
    forth, back = welch(base, head), welch(head, base)
    assert forth.value == -back.value
    assert forth.standard_error == pytest.approx(back.standard_error)


@given(several, several)
def test_sessions_never_make_a_difference_surer_than_one_more_session_could_be(base, head):
    sessions = [base, [*base, base[0] + 1.0], [base[-1]]]
    found = against_sessions(sessions, head)
    means = [sum(session) / len(session) for session in sessions]
    assert found.standard_error >= np.std(means, ddof=1) * math.sqrt(1 + 1 / 3) * (1 - 1e-9)
    assert 1 <= found.dof <= 2


@pytest.mark.parametrize(("base", "head"), [([], [1.0, 2.0]), ([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0])])
def test_one_value_on_a_side_has_no_error(base, head):
    assert welch(base, head) is None


def test_too_few_sessions_or_values_give_nothing():
    assert against_sessions([[1.0, 2.0]], [1.0, 2.0]) is None
    assert against_sessions([[1.0, 2.0], []], [1.0, 2.0]) is None
    assert against_sessions([[1.0, 2.0], [1.0]], [1.0]) is None


def test_constants_differ_exactly():
    same = against_sessions([[3.0, 3.0]] * 5, [3.0, 3.0])
    assert (same.value, same.standard_error) == (0.0, 0.0)
    assert p_equivalent(same, MARGIN) == 0.0
    assert p_beyond(same, MARGIN) == 1.0
    apart = welch([3.0, 3.0], [4.0, 4.0])
    assert interval(apart) == (1.0, 1.0)
    assert p_beyond(apart, MARGIN) == 0.0
    assert p_equivalent(apart, MARGIN) == 1.0


@given(differences, st.floats(min_value=0.001, max_value=0.5))
def test_p_values_say_what_the_intervals_say(difference, margin):
    low, high = interval(difference, 0.95)
    if abs(p_beyond(difference, margin) - 0.05) > 1e-9:
        assert (p_beyond(difference, margin) < 0.05) == (low > margin or high < -margin)
    low, high = interval(difference, 0.90)
    if abs(p_equivalent(difference, margin) - 0.05) > 1e-9:
        assert (p_equivalent(difference, margin) < 0.05) == (-margin < low and high < margin)


@given(differences, st.floats(min_value=0.001, max_value=0.5))
def test_nothing_is_both_a_change_and_none(difference, margin):
    assert not (p_beyond(difference, margin) < 0.05 and p_equivalent(difference, margin) < 0.05)


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_certainty_has_no_interval(confidence):
    with pytest.raises(ValueError, match="confidence"):
        interval(Difference(value=0.0, standard_error=1.0, dof=3.0), confidence)


def simulated(between, change=0.0, head_count=5, tails=False):
    """Differences of trials with 5 sessions of 5 processes, 1% apart, on each side's own session."""
    random = np.random.default_rng(round(between * 1000) + head_count)
    found = []
    for _ in range(TRIALS):
        levels = random.normal(0.0, between, size=(6, 1))
        noise = random.standard_t(3, size=(6, 12)) if tails else random.normal(size=(6, 12))
        values = levels + 0.01 * noise
        head = values[5, :head_count] + math.log1p(change)
        found.append(against_sessions(values[:5, :5].tolist(), head.tolist()))
    return found


spreads = pytest.mark.parametrize("between", [0.0, 0.01, 0.03])


@spreads
@pytest.mark.parametrize("head_count", [2, 5, 12])
def test_equal_code_is_called_different_in_at_most_5_percent(between, head_count):
    trials = simulated(between, head_count=head_count)
    assert np.mean([p_beyond(trial, 0.0) <= 0.05 for trial in trials]) <= 0.05 + ERROR
    assert np.mean([p_beyond(trial, MARGIN) <= 0.05 for trial in trials]) <= 0.05


@spreads
def test_heavy_tails_do_not_raise_the_alarms(between):
    trials = simulated(between, tails=True)
    assert np.mean([p_beyond(trial, 0.0) <= 0.05 for trial in trials]) <= 0.05 + ERROR


@spreads
def test_a_change_at_the_margin_is_called_none_in_at_most_5_percent(between):
    trials = simulated(between, change=0.01)
    assert np.mean([p_equivalent(trial, MARGIN) <= 0.05 for trial in trials]) <= 0.05 + ERROR


@pytest.mark.parametrize(("between", "found"), [(0.0, 0.99), (0.01, 0.99), (0.03, 0.93)])
def test_a_fifth_more_is_found(between, found):
    trials = simulated(between, change=0.2)
    assert np.mean([p_beyond(trial, MARGIN) <= 0.05 for trial in trials]) >= found


def test_without_the_sessions_share_equal_code_would_alarm_all_the_time():
    random = np.random.default_rng(11)
    wrong = 0
    for _ in range(500):
        values = random.normal(0.0, 0.03, size=(2, 1)) + 0.01 * random.normal(size=(2, 5))
        wrong += p_beyond(welch(values[0].tolist(), values[1].tolist()), 0.0) <= 0.05
    assert wrong / 500 > 0.5
