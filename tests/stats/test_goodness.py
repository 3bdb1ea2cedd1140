"""The tails of chi-square and of the distance between two samples, against scipy's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from perfwatch.stats.goodness import chi_square_tail, kolmogorov_tail


@given(st.floats(0.0, 1_000.0), st.integers(1, 400))
def test_the_chi_square_tail_is_scipy_s(statistic, dof):
    known = stats.chi2.sf(statistic, dof)
    assert chi_square_tail(statistic, dof) == pytest.approx(known, rel=1e-10, abs=1e-250)


def test_the_chi_square_tail_of_two_degrees_is_an_exponential():
    assert chi_square_tail(27.631021115928547, 2) == pytest.approx(1e-6, rel=1e-12)


def test_the_ends_of_the_chi_square_tail_are_exact():
    assert chi_square_tail(0.0, 3) == 1
    assert chi_square_tail(math.inf, 3) == 0


@pytest.mark.parametrize(("statistic", "dof"), [(-1.0, 3), (math.nan, 3), (1.0, 0)])
def test_an_impossible_chi_square_is_refused(statistic, dof):
    with pytest.raises(ValueError, match="degrees of freedom"):
        chi_square_tail(statistic, dof)


@given(st.floats(0.0, 8.0))
def test_of_large_samples_the_tail_is_kolmogorov_s(reach):
    root = math.sqrt(5e11)
    distance = reach / (root + 0.12 + 0.11 / root)
    known = stats.kstwobign.sf(reach)
    assert kolmogorov_tail(distance, 10**12, 10**12) == pytest.approx(known, rel=1e-6, abs=1e-250)


@pytest.mark.parametrize(("count", "most"), [(50, 1.5), (200, 1.1), (1_000, 1.05)])
@pytest.mark.parametrize("wanted", [0.5, 0.05, 1e-3, 1e-6])
def test_of_small_samples_the_tail_is_nearly_the_exact_one(count, most, wanted):
    exact = stats.kstwo(count / 2)  # one sample of the two's effective number
    distance = exact.isf(wanted)
    assert 0.95 * wanted < kolmogorov_tail(distance, count, count) < most * wanted


def test_no_distance_is_no_surprise_and_the_greatest_is_the_rarest():
    assert kolmogorov_tail(0.0, 10, 20) == 1
    assert kolmogorov_tail(1.0, 1_000, 1_000) < 1e-300


@pytest.mark.parametrize(
    ("distance", "counts"), [(1.1, (5, 5)), (-0.1, (5, 5)), (math.nan, (5, 5)), (0.5, (0, 5))]
)
def test_an_impossible_distance_is_refused(distance, counts):
    with pytest.raises(ValueError, match="apart"):
        kolmogorov_tail(distance, *counts)
