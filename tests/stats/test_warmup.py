"""Warm-up is found where there is one, and hardly ever where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.warmup import warmup_length

pytestmark = pytest.mark.smoke

SERIES = 1000
lengths = pytest.mark.parametrize("length", [4, 5, 8, 20, 50])


def noisy(random, length, noise=0.01, leading=()):
    series = random.lognormal(0.0, noise, length)
    series[: len(leading)] *= leading
    return series.tolist()


@pytest.mark.parametrize("series", [[], [5.0], [9.0, 1.0], [9.0, 1.0, 1.0], [3.0] * 50])
def test_short_series_and_constants_have_no_warmup(series):
    assert warmup_length(series) == 0


@pytest.mark.parametrize("leading", [1, 2, 3])
def test_exact_levels_are_split_exactly(leading):
    assert warmup_length([10.0] * leading + [1.0] * 7) == leading
    assert warmup_length([1.0] * leading + [10.0] * 7) == leading


@pytest.mark.parametrize("noise", [0.01, 0.05])
@pytest.mark.parametrize(("leading", "length"), [(1, 5), (1, 8), (2, 8), (3, 8), (3, 20), (3, 50)])
def test_compiled_calls_lose_exactly_their_compilation(leading, length, noise):
    random = np.random.default_rng(leading * length)
    found = [warmup_length(noisy(random, length, noise, [10.0] * leading)) for _ in range(200)]
    assert np.mean(np.array(found) == leading) >= 0.97
    assert min(found) >= leading


def test_a_slow_decay_goes_in_steps():
    random = np.random.default_rng(5)
    decay = 1 + 9 * np.exp(-np.arange(15) / 2)  # below 1% after 14 samples
    found = [warmup_length(noisy(random, 50, 0.01, decay)) for _ in range(200)]
    assert min(found) >= 8
    assert max(found) <= 25
    assert 10 <= np.median(found) <= 14


def test_samples_that_grow_slower_count_too():
    random = np.random.default_rng(6)
    found = [warmup_length(noisy(random, 20, 0.01, [0.8, 0.8])) for _ in range(200)]
    assert np.mean(np.array(found) == 2) >= 0.97


@lengths
@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_flat_series_keep_their_samples(length, noise):
    random = np.random.default_rng(length)
    wrong = sum(warmup_length(noisy(random, length, noise)) > 0 for _ in range(SERIES))
    assert wrong / SERIES <= 0.02


@lengths
def test_bursts_cost_few_samples(length):
    random = np.random.default_rng(100 + length)
    found = []
    for _ in range(SERIES):
        bursts = np.where(random.uniform(size=length) < 0.02, 2.0, 1.0)
        found.append(warmup_length(noisy(random, length, 0.01, bursts)))
    # A burst in the very first sample, one series in fifty, cannot be told from warm-up.
    assert np.mean(np.array(found) > 0) <= 0.05
    assert np.mean(found) / length <= 0.015


def test_a_burst_in_the_middle_is_no_warmup():
    assert warmup_length([1.0, 1.01, 1.0, 0.99, 3.0, 3.0, 3.0, 1.0, 1.01, 0.99, 1.0, 1.01, 1.0, 1.0]) == 0


def test_a_clock_that_did_not_tick_shows_no_warmup():
    assert warmup_length([10.0, 0.0, 1.0, 1.0, 1.0, 1.0]) == 0


def test_a_change_below_one_percent_is_not_worth_a_sample():
    assert warmup_length([1.005, 1.005, 1.0, 1.0, 1.0, 1.0]) == 0


@given(st.lists(st.floats(min_value=1e-300, max_value=1e300), max_size=40))
def test_at_most_half_is_lost_whatever_comes(series):
    assert 0 <= warmup_length(series) <= len(series) // 2


def test_the_unit_does_not_matter():
    random = np.random.default_rng(8)
    for _ in range(200):
        series = noisy(random, 12, 0.02, [1.1, 1.05])
        assert warmup_length([1e6 * sample for sample in series]) == warmup_length(series)
