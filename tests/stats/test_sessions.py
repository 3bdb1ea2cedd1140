"""What sessions share, told apart from what processes do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.sessions import between_session_variance

pytestmark = pytest.mark.smoke

finite = st.floats(min_value=-1e6, max_value=1e6)


def test_the_balanced_case_is_the_textbook_analysis_of_variance():
    spread = between_session_variance([[1.0, 3.0], [5.0, 7.0], [9.0, 11.0]])
    assert spread.level == 6.0
    assert spread.of_means == 16.0
    assert spread.within == 2.0
    assert spread.between == 15.0  # (mean square between - mean square within) / 2 = (32 - 2) / 2
    assert spread.dof == 2


def test_the_between_share_is_never_negative():
    assert between_session_variance([[1.0, 9.0], [2.0, 8.0]]).between == 0.0


def test_constants_have_no_spread():
    spread = between_session_variance([[4.0, 4.0]] * 5)
    assert (spread.level, spread.of_means, spread.between, spread.within) == (4.0, 0.0, 0.0, 0.0)


def test_single_values_leave_all_spread_between_sessions():
    spread = between_session_variance([[1.0], [3.0]])
    assert (spread.between, spread.of_means, spread.within) == (2.0, 2.0, None)


@pytest.mark.parametrize("sessions", [[], [[]], [[1.0, 2.0]], [[1.0, 2.0], []]])
def test_fewer_than_two_sessions_have_no_spread(sessions):
    assert between_session_variance(sessions) is None


@given(st.lists(st.lists(finite, max_size=5), max_size=7))
def test_any_counts_give_a_spread_that_is_not_negative(sessions):
    spread = between_session_variance(sessions)
    if spread is not None:
        assert 0 <= spread.between <= spread.of_means


def test_the_estimate_is_unbiased_for_unequal_counts():
    random = np.random.default_rng(3)
    estimates = []
    for _ in range(2000):
        counts = (2, 3, 5, 8, 5)
        sessions = [(random.normal(0, 3.0) + random.normal(0, 1.0, size=n)).tolist() for n in counts]
        estimates.append(between_session_variance(sessions).between)
    assert np.mean(estimates) == pytest.approx(9.0, rel=0.05)
