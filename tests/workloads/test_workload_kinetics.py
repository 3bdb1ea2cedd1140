"""Growth rates: the physics of the map, and what rounded keys do to it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import difference, inputs_of, outputs_of, why_not_same

from perfwatch.workloads.digital_twin import kinetics
from perfwatch.workloads.digital_twin.table_one import KINETICS

phase_names = st.sampled_from(list(kinetics.PHASE_CONSTANTS))
celsius = st.floats(20.0, 250.0)


@settings(max_examples=40, deadline=None)
@given(
    temperatures=st.lists(celsius, max_size=4),
    sizes=st.lists(st.floats(1.0, 100.0), max_size=4),
    supersaturations=st.lists(st.floats(0.0, 50.0), max_size=4),
)
def test_all_working_forms_give_the_same_rates(temperatures, sizes, supersaturations):
    axes = kinetics.RateInputs(
        celsius=np.array(temperatures), size_nm=np.array(sizes), supersaturation=np.array(supersaturations)
    )
    base = kinetics.reference(axes)
    assert base.shape == (3, len(temperatures), len(sizes), len(supersaturations))
    for variant in (kinetics.lru, kinetics.vectorised):
        found = difference(KINETICS, base, variant(axes))
        assert found.equal, found.reason


def with_radius_for_diameter(axes):
    """A candidate that takes the diameter for the radius: plausible, quick and wrong."""
    return kinetics.vectorised(dataclasses.replace(axes, size_nm=2 * axes.size_nm))


def test_a_diameter_taken_for_a_radius_is_a_different_answer():
    assert "elements differ" in why_not_same(KINETICS, [with_radius_for_diameter(inputs_of(KINETICS)[0])])


def test_a_zero_of_the_celsius_scale_off_by_little_is_a_different_answer():
    axes = inputs_of(KINETICS)[0]
    shifted = dataclasses.replace(axes, celsius=axes.celsius - 0.15)
    assert why_not_same(KINETICS, [kinetics.vectorised(shifted)])


def test_rounded_keys_change_rates_by_more_than_a_tenth():
    exact, rounded = outputs_of(KINETICS, "reference")[0], outputs_of(KINETICS, "seed-cache")[0]
    growing = exact > 0
    errors = np.abs(rounded[growing] / exact[growing] - 1)
    assert errors.max() > 0.1
    assert (errors > 1e-12).mean() > 0.1


def test_with_rounded_keys_the_first_to_ask_decides_for_all_that_follow():
    axes = inputs_of(KINETICS)[0]
    backwards = dataclasses.replace(axes, celsius=axes.celsius[::-1].copy())
    there, back = kinetics.seed_cache(axes), kinetics.seed_cache(backwards)[:, ::-1]
    assert not np.array_equal(there, back)
    assert np.array_equal(kinetics.lru(axes), kinetics.lru(backwards)[:, ::-1])


def test_the_document_s_cache_lets_nothing_go():
    model = kinetics.RoundingModel()
    for step in range(5_000):
        model.growth_rate("CsPbBr3", 3.0, 150.0 + step, 8.0)
    assert len(model.temperatures) == len(model.surface_factors) == 5_000


@given(phase_names, celsius, st.floats(2.0, 50.0))
def test_a_crystal_in_balance_does_not_grow(phase, temperature, size_nm):
    constants = kinetics.PHASE_CONSTANTS[phase]
    kelvin = temperature + kinetics.ZERO_CELSIUS
    exponent = (
        2 * constants.surface_j_per_m2 * constants.volume_m3 / (size_nm / 2 * 1e-9)
        / (kinetics.BOLTZMANN_CONSTANT * kelvin)
    )  # fmt: skip
    balanced = math.exp(exponent)
    assert kinetics.growth_rate(phase, balanced * 0.999, temperature, size_nm) == 0
    assert kinetics.growth_rate(phase, balanced * 1.001, temperature, size_nm) > 0


@pytest.mark.parametrize("phase", list(kinetics.PHASE_CONSTANTS))
def test_heat_size_and_supersaturation_each_speed_growth_up(phase):
    rate = kinetics.growth_rate(phase, 8.0, 150.0, 10.0)
    assert 0.01 < rate < 1_000
    assert kinetics.growth_rate(phase, 8.0, 170.0, 10.0) > rate
    assert kinetics.growth_rate(phase, 8.0, 150.0, 15.0) > rate
    assert kinetics.growth_rate(phase, 9.0, 150.0, 10.0) > rate


def test_a_large_crystal_grows_by_arrhenius_and_supersaturation_alone():
    constants = kinetics.PHASE_CONSTANTS["CsPbBr3"]
    cold, hot = (kinetics.growth_rate("CsPbBr3", 3.0, at, 1e9) for at in (120.0, 180.0))
    inverse = 1 / (120.0 + 273.15) - 1 / (180.0 + 273.15)
    barrier = math.log(hot / cold) * kinetics.GAS_CONSTANT / inverse
    assert barrier == pytest.approx(constants.barrier_j_per_mol, rel=1e-6)


def test_readings_lie_around_the_set_points_and_never_twice_at_one_place():
    axes = inputs_of(KINETICS)[0]
    nearest = np.abs(axes.celsius[:, np.newaxis] - kinetics.SET_POINTS_CELSIUS).min(axis=1)
    assert nearest.max() <= kinetics.READING_ERROR_CELSIUS
    assert len(np.unique(axes.celsius)) == len(axes.celsius)
    assert len({f"{each:.1f}" for each in axes.celsius.tolist()}) < len(axes.celsius)
