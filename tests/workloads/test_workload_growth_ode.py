"""The growth law: solvers and quadrature agree with it, the constant rate does not."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import drawn, variant_function, verdict, working

from perfwatch.workloads.digital_twin import growth_ode, rules_two
from perfwatch.workloads.digital_twin.table_two import GROWTH_ODE


def crystal(**changes):
    fields = {"phase": 0, "kelvin": 430.0, "supersaturation": 3.0, "edge_nm": 5.0} | changes
    arrays = {name: np.array([value]) for name, value in fields.items()}
    return growth_ode.SizeInputs(**arrays, time_s=np.linspace(0.0, 60.0, 20))


def critical_edge(kelvin=430.0, supersaturation=3.0):
    return growth_ode.capillary_nm(growth_ode.PHASES[0], kelvin) / math.log(supersaturation)


@pytest.mark.parametrize("name", working(GROWTH_ODE))
def test_every_variant_follows_the_growth_law(name):
    assert verdict(GROWTH_ODE, variant_function(GROWTH_ODE, name)) == ""


def test_the_constant_rate_is_a_different_answer():
    reason = verdict(GROWTH_ODE, growth_ode.seed_linear)
    assert "are off the growth law" in reason
    assert 20 < int(reason.split()[1]) < 96


def without_capillarity(crystals):
    """A candidate that forgets Gibbs-Thomson: exact, quick and wrong."""
    phases = [growth_ode.PHASES[index] for index in crystals.phase]
    speed = np.array([growth_ode.speed_nm_per_s(*pair) for pair in zip(phases, crystals.kelvin, strict=True)])
    rate = speed * (crystals.supersaturation - 1.0)
    return growth_ode.SizeOutputs(edge_nm=crystals.edge_nm[:, None] + rate[:, None] * crystals.time_s)


def test_growth_without_capillarity_is_a_different_answer():
    assert "off the growth law" in verdict(GROWTH_ODE, without_capillarity)


def test_a_library_s_own_tolerances_are_a_different_answer():
    def loose(crystals):
        return growth_ode._each_case(
            crystals, lambda case: growth_ode.integrate(crystals, case, "RK45", 1e-3)
        )

    assert "off the growth law" in verdict(GROWTH_ODE, loose)


def test_missing_edges_and_other_shapes_are_a_different_answer():
    inputs = drawn(GROWTH_ODE)
    base = growth_ode.quadrature(inputs[0])
    holes = dataclasses.replace(base, edge_nm=np.where(base.edge_nm > 10.0, np.nan, base.edge_nm))
    turned = dataclasses.replace(base, edge_nm=base.edge_nm.T)
    assert "by up to inf" in rules_two.follows_the_growth_law(inputs, [base], [holes])
    assert "of shape" in rules_two.follows_the_growth_law(inputs, [base], [turned])
    assert "has no edge_nm" in rules_two.follows_the_growth_law(inputs, [base], [base.edge_nm])


def test_a_wrong_reference_is_named_as_such():
    inputs = drawn(GROWTH_ODE)
    base, wrong = growth_ode.quadrature(inputs[0]), growth_ode.seed_linear(inputs[0])
    assert "the reference itself" in rules_two.follows_the_growth_law(inputs, [wrong], [base])


@settings(max_examples=40, deadline=None)
@given(
    ahead=st.floats(1e-3, 3.0),
    supersaturation=st.floats(1.1, 8.0),
    kelvin=st.floats(373.0, 473.0),
    phase=st.integers(0, 2),
)
def test_the_quadrature_holds_close_to_the_critical_edge(ahead, supersaturation, kelvin, phase):
    capillary = growth_ode.capillary_nm(growth_ode.PHASES[phase], kelvin)
    edge_nm = capillary / math.log(supersaturation) * (1.0 + ahead)
    crystals = crystal(phase=phase, kelvin=kelvin, supersaturation=supersaturation, edge_nm=edge_nm)
    tight = growth_ode.integrate(crystals, 0, "DOP853", 1e-13)
    assert np.allclose(growth_ode.quadrature(crystals).edge_nm[0], tight, rtol=1e-8)


@pytest.mark.parametrize("form", [growth_ode.reference, growth_ode.quadrature, growth_ode.lsoda])
def test_a_crystal_below_the_critical_edge_stays_as_it_is(form):
    edges = form(crystal(edge_nm=0.9 * critical_edge())).edge_nm
    assert (edges == 0.9 * critical_edge()).all()


def test_the_constant_rate_lets_a_crystal_below_the_critical_edge_grow():
    edges = growth_ode.seed_linear(crystal(edge_nm=0.9 * critical_edge())).edge_nm[0]
    assert edges[-1] > 2 * edges[0]


def test_outside_its_range_the_constant_rate_is_not_used():
    crystals = crystal(supersaturation=5.5)
    assert np.array_equal(growth_ode.seed_linear(crystals).edge_nm, growth_ode.reference(crystals).edge_nm)


def test_a_large_crystal_grows_at_the_rate_without_curvature():
    crystals = crystal(edge_nm=1e5)
    speed = growth_ode.speed_nm_per_s(growth_ode.PHASES[0], 430.0)
    grown = growth_ode.quadrature(crystals).edge_nm[0, -1] - 1e5
    assert grown == pytest.approx(speed * 2.0 * 60.0, rel=1e-4)


def test_crystals_of_the_stage_lie_on_both_sides_of_the_critical_edge():
    edges = growth_ode.quadrature(growth_ode.inputs("small", 0)).edge_nm
    grown = edges[:, -1] > edges[:, 0]
    assert 0.5 < grown.mean() < 1.0
    assert edges.max() < 200.0
