"""Wilson's interval of a rate: known values, both ends, and how often it holds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from perfwatch.stats.proportion import wilson

pytestmark = pytest.mark.smoke

counts = st.integers(1, 400).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_it_is_the_interval_that_scipy_gives(found, confidence):
    count, whole = found
    known = binomtest(count, whole).proportion_ci(confidence, method="wilson")
    assert wilson(count, whole, confidence) == pytest.approx((known.low, known.high), abs=1e-9)


@given(counts)
def test_it_holds_the_rate_that_was_seen_and_stays_between_0_and_1(found):
    count, whole = found
    low, high = wilson(count, whole)
    assert 0 <= low <= count / whole <= high <= 1


def test_a_count_at_either_end_leaves_room_on_the_other_side_alone():
    assert wilson(0, 20) == (0.0, pytest.approx(0.161, abs=0.001))
    assert wilson(20, 20) == (pytest.approx(0.839, abs=0.001), 1.0)


def test_of_nothing_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("rate", [0.02, 0.3, 0.9])
def test_it_holds_the_true_rate_about_as_often_as_it_says(rate):
    random = np.random.default_rng(5)
    seen = random.binomial(60, rate, 4_000)
    held = [low <= rate <= high for low, high in (wilson(int(count), 60) for count in seen)]
    assert 0.92 < np.mean(held) < 0.985


@pytest.mark.parametrize(
    ("count", "whole", "confidence"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 0), (1, 2, 1)]
)
def test_what_is_no_count_or_no_confidence_is_refused(count, whole, confidence):
    with pytest.raises(ValueError, match="lies"):
        wilson(count, whole, confidence)
