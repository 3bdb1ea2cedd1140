"""Student's distribution against scipy's."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perfwatch.stats.student import cdf, quantile, tail

pytestmark = pytest.mark.smoke

scipy_stats = pytest.importorskip("scipy.stats")

dofs = st.floats(min_value=-1, max_value=6).map(lambda exponent: 10**exponent)
magnitudes = st.floats(min_value=-6, max_value=3).map(lambda exponent: 10**exponent)


@given(magnitudes, dofs)
@example(2.0, 1.0)
@example(1.7320508, 3.0)
def test_the_lower_tail_agrees_with_scipy(t, dof):
    expected = scipy_stats.t.cdf(-t, dof)
    if expected > 1e-290:
        assert cdf(-t, dof) == pytest.approx(expected, rel=1e-9)
        assert tail(t, dof) == cdf(-t, dof)


@given(magnitudes, dofs)
def test_the_two_halves_add_up(t, dof):
    assert cdf(t, dof) + cdf(-t, dof) == pytest.approx(1.0, rel=1e-14)


@given(
    st.floats(min_value=-12, max_value=math.log10(0.4999)).map(lambda exponent: 10**exponent),
    st.floats(min_value=-0.5, max_value=6).map(lambda exponent: 10**exponent),
)
@example(0.025, 4.0)
@example(0.3, 1.0)
def test_quantiles_agree_with_scipy(p, dof):
    assert quantile(p, dof) == pytest.approx(scipy_stats.t.ppf(p, dof), rel=1e-9)


@given(st.floats(min_value=1e-6, max_value=1 - 1e-6), dofs)
def test_the_quantile_undoes_the_distribution(p, dof):
    t = quantile(p, dof)
    if math.isfinite(t):
        assert cdf(t, dof) == pytest.approx(p, rel=1e-9)


def test_known_values():
    assert quantile(0.975, 4) == pytest.approx(2.7764451051977987, rel=1e-12)
    assert quantile(0.75, 1) == pytest.approx(1.0, rel=1e-14)  # the Cauchy distribution's quartile
    assert cdf(-1e200, 1) == pytest.approx(1e-200 / math.pi, rel=1e-9)


def test_the_ends_and_the_middle():
    assert cdf(0.0, 3.5) == 0.5
    assert quantile(0.5, 3.5) == 0.0
    assert cdf(math.inf, 3.5) == 1.0
    assert cdf(-math.inf, 3.5) == 0.0
    assert quantile(1e-9, 0.001) == -math.inf


def test_endless_degrees_of_freedom_are_the_normal_distribution():
    assert cdf(-1.9599639845400545, math.inf) == pytest.approx(0.025, rel=1e-12)
    assert quantile(0.975, math.inf) == pytest.approx(1.9599639845400545, rel=1e-12)


@pytest.mark.parametrize("dof", [0.0, -1.0, math.nan])
def test_no_degrees_of_freedom_are_refused(dof):
    with pytest.raises(ValueError, match="degrees of freedom"):
        cdf(1.0, dof)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, math.nan])
def test_certainty_has_no_quantile(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile(p, 3.0)


def test_t_must_be_a_number():
    with pytest.raises(ValueError, match="not a number"):
        cdf(math.nan, 3.0)
