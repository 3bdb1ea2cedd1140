"""Intervals of a level: exact for small cases, honest about single values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.interval import exponential, geometric_interval, mean_interval, variance

pytestmark = pytest.mark.smoke

values = st.lists(st.floats(min_value=1e-3, max_value=1e12), min_size=1, max_size=12)


def test_the_mean_of_three_values_has_students_interval():
    estimate = mean_interval([1.0, 2.0, 3.0])
    assert estimate.value == 2.0
    assert estimate.standard_error == pytest.approx(1 / math.sqrt(3))
    assert estimate.high - 2.0 == pytest.approx(4.302652729696142 / math.sqrt(3))
    assert estimate.low == pytest.approx(4.0 - estimate.high)
    assert estimate.count == 3


@pytest.mark.parametrize("interval", [mean_interval, geometric_interval])
def test_one_value_has_a_level_and_no_interval(interval):
    estimate = interval([7.0])
    assert (estimate.value, estimate.low, estimate.high, estimate.standard_error) == (7.0, None, None, None)
    assert estimate.count == 1


@pytest.mark.parametrize("interval", [mean_interval, geometric_interval])
def test_no_value_has_no_estimate(interval):
    assert interval([]) is None


@given(st.floats(min_value=1e-3, max_value=1e12), st.integers(min_value=2, max_value=20))
def test_a_constant_has_an_interval_of_no_width(value, count):
    for interval in (mean_interval, geometric_interval):
        estimate = interval([value] * count)
        assert (estimate.low, estimate.value, estimate.high, estimate.standard_error) == (
            value,
            value,
            value,
            0,
        )


@given(values, st.floats(min_value=0.01, max_value=0.999))
def test_the_interval_holds_its_level(numbers, confidence):
    for interval in (mean_interval, geometric_interval):
        estimate = interval(numbers, confidence)
        if len(numbers) > 1:
            assert estimate.low <= estimate.value <= estimate.high


@given(st.lists(st.floats(min_value=1.0, max_value=100.0), min_size=2, max_size=8))
def test_the_geometric_interval_scales_with_its_unit(numbers):
    nanoseconds, milliseconds = geometric_interval(numbers), geometric_interval([n * 1e6 for n in numbers])
    assert milliseconds.low == pytest.approx(nanoseconds.low * 1e6, rel=1e-6)
    assert milliseconds.high == pytest.approx(nanoseconds.high * 1e6, rel=1e-6)
    assert milliseconds.standard_error == pytest.approx(nanoseconds.standard_error, rel=1e-6, abs=1e-12)


def test_a_clock_that_did_not_tick_has_no_interval():
    estimate = geometric_interval([0.0, 5.0])
    assert (estimate.value, estimate.low, estimate.high) == (0.0, None, None)


def test_wild_values_keep_a_finite_interval():
    estimate = geometric_interval([1.0, 1e12])
    assert math.isfinite(estimate.high)
    assert estimate.low > 0
    assert exponential(1e6) == pytest.approx(1e30)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 1.5])
def test_certainty_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        mean_interval([1.0, 2.0], confidence)


def test_one_value_has_no_variance():
    assert variance([1.0]) is None
    assert variance([1.0, 3.0]) == 2.0


def test_a_95_percent_interval_misses_in_5_percent_of_samples():
    random = np.random.default_rng(20260101)
    samples = random.lognormal(0.0, 0.03, size=(2000, 5)).tolist()
    missed = sum(not estimate.low <= 1.0 <= estimate.high for estimate in map(geometric_interval, samples))
    assert missed / 2000 == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / 2000))
