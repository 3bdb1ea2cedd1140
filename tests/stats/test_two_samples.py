"""Kolmogorov and Smirnov's test of two samples."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.two_samples import kolmogorov_smirnov

values = st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1, max_size=50)


@given(values)
def test_a_sample_is_as_itself(sample):
    assert kolmogorov_smirnov(sample, sample) == (0.0, 1.0)


@given(values, values)
def test_distance_and_probability_are_bounded_and_symmetric(first, second):
    distance, p_value = kolmogorov_smirnov(first, second)
    assert 0 <= distance <= 1
    assert 0 <= p_value <= 1
    assert kolmogorov_smirnov(second, first) == (distance, p_value)


@given(values, values)
def test_the_distance_is_the_greatest_of_the_two_distribution_functions(first, second):
    distance, _ = kolmogorov_smirnov(first, second)
    shares = [
        [sum(value <= place for value in sample) / len(sample) for place in (*first, *second)]
        for sample in (first, second)
    ]
    assert distance == pytest.approx(max(abs(a - b) for a, b in zip(*shares, strict=True)), abs=1e-12)


def test_the_probability_is_near_the_exact_one():
    scipy_stats = pytest.importorskip("scipy.stats", reason="pip install scipy")
    random = Random(5)
    first, second = [random.random() for _ in range(60)], [random.random() + 0.2 for _ in range(80)]
    exact = scipy_stats.ks_2samp(first, second, method="exact").pvalue
    assert kolmogorov_smirnov(first, second)[1] == pytest.approx(exact, rel=0.3)


def test_equal_distributions_are_told_apart_no_more_often_than_promised():
    random = Random(7)
    wrong = sum(
        kolmogorov_smirnov([random.gauss(0, 1) for _ in range(40)], [random.gauss(0, 1) for _ in range(25)])[
            1
        ]
        < 0.05
        for _ in range(1_000)
    )
    assert wrong <= 50 + 3 * (1_000 * 0.05 * 0.95) ** 0.5


def test_an_empty_sample_is_refused():
    with pytest.raises(ValueError, match="need values"):
        kolmogorov_smirnov([], [1.0])
