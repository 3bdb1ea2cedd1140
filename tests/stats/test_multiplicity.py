"""The false discovery rate among many tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.multiplicity import holm, q_values

pytestmark = pytest.mark.smoke

probabilities = st.lists(st.floats(min_value=0.0, max_value=1.0), max_size=30)


def test_the_textbook_case():
    assert q_values([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.02, 0.04, 0.04, 0.02))


def test_alone_a_p_value_is_its_own_q():
    assert q_values([0.03]) == (0.03,)
    assert q_values([]) == ()


@given(probabilities)
def test_q_is_never_below_p_and_keeps_the_order(p_values):
    answer = q_values(p_values)
    assert all(q >= p for p, q in zip(p_values, answer, strict=True))
    ranked = [q for _, q in sorted(zip(p_values, answer, strict=True))]
    assert ranked == sorted(ranked)


@given(st.floats(min_value=0.0, max_value=1.0), st.integers(min_value=1, max_value=30))
def test_ties_share_a_q(p, count):
    assert q_values([p] * count) == pytest.approx((p,) * count)


def test_a_suite_without_any_change_rarely_shows_one():
    random = np.random.default_rng(7)
    suites = random.uniform(size=(2000, 20)).tolist()
    wrong = sum(min(q_values(suite)) <= 0.05 for suite in suites)
    assert wrong / 2000 <= 0.05 + 3 * (0.05 * 0.95 / 2000) ** 0.5


def test_holms_textbook_case():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_alone_a_p_value_is_adjusted_by_nothing():
    assert holm([0.03]) == (0.03,)
    assert holm([]) == ()


@given(probabilities)
def test_holm_is_never_below_p_and_no_stricter_than_bonferroni_and_keeps_the_order(p_values):
    answer = holm(p_values)
    for p, adjusted in zip(p_values, answer, strict=True):
        assert p <= adjusted <= 1.0
    assert min(answer, default=0.0) <= len(p_values) * min(p_values, default=0.0)
    ranked = [adjusted for _, adjusted in sorted(zip(p_values, answer, strict=True))]
    assert ranked == sorted(ranked)


@pytest.mark.parametrize("count", [1, 5, 100])
def test_some_true_null_is_rejected_in_few_families(count):
    random = np.random.default_rng(count)
    families = 1500
    wrong = sum(min(holm(random.random(count).tolist())) <= 0.05 for _ in range(families))
    assert wrong / families <= 0.05 + 3 * (0.05 * 0.95 / families) ** 0.5
