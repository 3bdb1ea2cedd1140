"""Means and medians, down to the last bit for constants."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.location import geometric_mean, mean, median, percentile

pytestmark = pytest.mark.smoke

positive = st.floats(min_value=1e-9, max_value=1e15)
several = st.lists(positive, min_size=1, max_size=30)


@given(several)
def test_the_median_is_that_of_the_standard_library(values):
    assert median(values) == pytest.approx(statistics.median(values), rel=1e-12)


@given(several)
def test_means_are_those_of_the_standard_library(values):
    assert mean(values) == pytest.approx(statistics.fmean(values), rel=1e-12)
    assert geometric_mean(values) == pytest.approx(statistics.geometric_mean(values), rel=1e-9)


@given(positive, st.integers(min_value=1, max_value=40))
def test_a_constant_is_its_own_location_to_the_last_bit(value, count):
    for location in (mean, median, geometric_mean):
        assert location([value] * count) == value


@given(several, st.randoms(use_true_random=False))
def test_the_order_of_values_does_not_matter(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    for location in (mean, median, geometric_mean):
        assert location(shuffled) == location(values)


def test_a_zero_makes_the_geometric_mean_zero():
    assert geometric_mean([0.0, 5.0]) == 0.0


def test_a_negative_value_has_no_geometric_mean():
    with pytest.raises(ValueError, match="negative"):
        geometric_mean([-1.0, 5.0])


@pytest.mark.parametrize("location", [mean, median, geometric_mean])
def test_nothing_has_no_location(location):
    with pytest.raises(ValueError, match="no values"):
        location([])


@given(several, st.floats(min_value=0.01, max_value=1.0))
def test_a_percentile_is_the_least_value_that_its_share_does_not_exceed(values, share):
    found = percentile(values, share)
    assert found in values
    below = sum(value <= found for value in values)
    assert below >= share * len(values) - 1e-6
    assert sum(value < found for value in values) < share * len(values)


def test_nine_of_ten_are_nine_whatever_floats_make_of_it():
    assert percentile(list(range(1, 11)), 0.9) == 9
    assert percentile([7.0], 0.9) == 7.0


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_a_percentile_of_nothing_or_of_no_share_is_refused(values, share):
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)
