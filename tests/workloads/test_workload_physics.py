"""The growth of nanocrystals: both forms agree, and the physics is that of the sources."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest
from answering import differing
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from stages import difference
from tools import need_module

from perfwatch.errors import UsageError
from perfwatch.records.proof import AnswerRule
from perfwatch.workloads.digital_twin import PHYSICS, physics

seeds = st.integers(min_value=0, max_value=2**63)


def digest(record):
    arrays = [getattr(record, field.name) for field in dataclasses.fields(record)]
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


def one_recipe(steps_count=2_000, **changes):
    recipe = {
        "set_kelvin": 420.0,
        "drop_kelvin": 15.0,
        "recovery_s": 5.0,
        "duration_s": 30.0,
        "precursor_mol_per_m3": 10.0,
        "ligand_mol_per_m3": 50.0,
        "nuclei_per_nm3": 2e-6,
    } | changes
    arrays = {name: np.array([value]) for name, value in recipe.items()}
    return physics.GrowthInputs(**arrays, steps_count=steps_count)


def final_radius(**changes):
    return float(physics.vectorised(one_recipe(**changes)).radius_nm[0, -1])


@settings(max_examples=30, deadline=None)
@given(seed=seeds, samples=st.integers(0, 6), steps=st.integers(100, 140))
def test_both_forms_give_the_same_answer_whatever_the_seed(seed, samples, steps):
    recipes = physics.draw_recipes(samples, steps, seed)
    found = difference(PHYSICS, physics.reference(recipes), physics.vectorised(recipes))
    assert found.equal, found.reason
    assert found.elements_count == 5 * samples * steps


@pytest.mark.parametrize("seed", range(5))
def test_the_compiled_form_gives_the_same_answer_and_leaves_a_wide_margin(seed):
    need_module("numba", "numba")
    from perfwatch.workloads.digital_twin import physics_compiled

    for samples in (0, 1, 40):
        recipes = physics.draw_recipes(samples, 120, seed)
        base, head = physics.reference(recipes), physics_compiled.compiled(recipes)
        found = differing(base, head, AnswerRule(rtol=1e-13))
        assert found.equal, found.reason


@pytest.mark.parametrize("seed", [0, 1])
def test_both_forms_give_the_same_answer_at_the_small_size(seed):
    recipes = physics.inputs("small", seed)
    found = difference(PHYSICS, physics.reference(recipes), physics.vectorised(recipes))
    assert found.equal, found.reason


def without_capillarity(recipes):
    """A candidate that forgets Gibbs-Thomson: plausible, quick and wrong."""
    radius = np.full(len(recipes.set_kelvin), physics.NUCLEUS_RADIUS_NM)
    radii = []
    for j in range(recipes.steps_count):
        time_s = j * recipes.duration_s / recipes.steps_count
        kelvin = recipes.set_kelvin - recipes.drop_kelvin * np.exp(-time_s / recipes.recovery_s)
        thermal = physics.GAS_CONSTANT * kelvin
        diffusion = physics.DIFFUSION_PREFACTOR * np.exp(-physics.DIFFUSION_BARRIER / thermal)
        reaction = physics.REACTION_PREFACTOR * np.exp(-physics.REACTION_BARRIER / thermal)
        monomer = recipes.precursor_mol_per_m3 - physics.consumed_precursor(radius, recipes.nuclei_per_nm3)
        rate = diffusion * physics.MOLAR_VOLUME * (monomer - physics.SOLUBILITY)
        radius = radius + recipes.duration_s / recipes.steps_count * rate / (radius + diffusion / reaction)
        radii.append(radius)
    return dataclasses.replace(physics.vectorised(recipes), radius_nm=np.array(radii).T)


def test_a_candidate_without_capillarity_is_a_different_answer():
    recipes = physics.inputs("small", 0)
    found = difference(PHYSICS, physics.vectorised(recipes), without_capillarity(recipes))
    assert not found.equal
    assert found.where == ".radius_nm"
    assert found.differing_count > found.elements_count / 10


def test_single_precision_is_a_different_answer():
    recipes = physics.draw_recipes(5, 20, 0)
    outputs = physics.vectorised(recipes)
    rounded = dataclasses.replace(outputs, gap_ev=outputs.gap_ev.astype(np.float32).astype(np.float64))
    found = difference(PHYSICS, outputs, rounded)
    assert not found.equal
    assert found.where == ".gap_ev"


def test_two_fresh_processes_make_the_same_bytes():
    code = (
        "import dataclasses, hashlib, numpy as np; from perfwatch.workloads.digital_twin import physics;"
        "made = physics.inputs('small', 3); out = physics.vectorised(made);"
        "arrays = [getattr(r, f.name) for r in (made, out) for f in dataclasses.fields(r)];"
        "print(hashlib.sha256(b''.join(np.asarray(a).tobytes() for a in arrays)).hexdigest())"
    )
    digests = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert digests[0] == digests[1]
    assert len(digests[0].strip()) == 64


def test_another_seed_makes_other_recipes():
    assert digest(physics.inputs("small", 0)) == digest(physics.inputs("small", 0))
    assert digest(physics.inputs("small", 0)) != digest(physics.inputs("small", 1))


def test_a_computation_leaves_its_inputs_as_they_were():
    recipes = physics.draw_recipes(3, 10, 0)
    before = digest(recipes)
    physics.reference(recipes)
    physics.vectorised(recipes)
    assert digest(recipes) == before


@pytest.mark.parametrize("size", list(PHYSICS.sizes))
def test_the_inputs_are_as_large_as_the_table_says(size):
    recipes = physics.inputs(size, 0)
    assert len(recipes.set_kelvin) == PHYSICS.sizes[size].extents["samples"]
    assert len(recipes.set_kelvin) == PHYSICS.sizes[size].items_count
    assert recipes.steps_count == PHYSICS.sizes[size].extents["steps"]


@pytest.mark.parametrize("size", ["", "huge", "Small", 3])
def test_an_unknown_size_is_refused_with_the_known_ones(size):
    with pytest.raises(UsageError) as caught:
        physics.inputs(size, 0)
    assert "small, medium, large" in caught.value.do


@pytest.mark.parametrize("seed", [-1, 1.0, "0", None, True])
def test_a_seed_must_be_a_whole_number(seed):
    with pytest.raises(UsageError) as caught:
        physics.inputs("small", seed)
    assert repr(seed) in caught.value.happened


def test_a_hotter_flask_gives_larger_crystals():
    radii = [final_radius(set_kelvin=kelvin) for kelvin in (375.0, 400.0, 425.0, 450.0)]
    assert radii == sorted(radii)
    assert radii[-1] > 1.3 * radii[0]


def test_more_precursor_gives_larger_crystals_and_more_nuclei_smaller_ones():
    assert final_radius(precursor_mol_per_m3=15.0) > final_radius() > final_radius(nuclei_per_nm3=4e-6)


def test_crystals_stop_growing_when_solution_and_surface_are_in_balance():
    outputs = physics.vectorised(one_recipe(set_kelvin=470.0, duration_s=3_000.0, steps_count=20_000))
    radius, conversion = outputs.radius_nm[0, -1], outputs.conversion[0, -1]
    balanced = physics.SOLUBILITY * math.exp(physics.CAPILLARY_NM_K / (radius * 470.0))
    assert 10.0 * (1 - conversion) == pytest.approx(balanced, rel=1e-6)


def test_without_supersaturation_crystals_dissolve():
    assert physics.growth_rate(1.5, 0.0, 420.0) < 0 < physics.growth_rate(1.5, 10.0, 420.0)


def test_small_steps_converge_to_an_independent_solution():
    recipes = one_recipe(steps_count=20_000)

    def rate(time_s, radius):
        kelvin = 420.0 - 15.0 * math.exp(-time_s / 5.0)
        volume_m3 = 4 / 3 * math.pi * (radius[0] ** 3 - 1.5**3) * 1e-27
        left = 10.0 - volume_m3 * 2e-6 * 1e27 / physics.MOLAR_VOLUME
        return [physics.growth_rate(radius[0], left, kelvin)]

    solution = solve_ivp(rate, (0.0, 30.0), [1.5], rtol=1e-9, atol=1e-12)
    assert physics.vectorised(recipes).radius_nm[0, -1] == pytest.approx(solution.y[0, -1], rel=1e-4)


def test_no_crystal_takes_more_than_the_solution_held():
    outputs = physics.vectorised(physics.inputs("small", 0))
    assert np.all(outputs.conversion > 0)
    assert np.all(outputs.conversion < 1)
    assert np.all((outputs.quantum_yield > 0) & (outputs.quantum_yield < 1))


@given(st.floats(1.0, 50.0), st.floats(1.01, 2.0))
def test_a_larger_crystal_has_a_smaller_gap(radius, factor):
    assert physics.confinement_gap(radius * factor) < physics.confinement_gap(radius)


def test_both_regimes_of_confinement_meet():
    limit = physics.STRONG_LIMIT_NM
    below, above = physics.confinement_gap(limit * (1 - 1e-12)), physics.confinement_gap(limit)
    assert below == pytest.approx(above, rel=1e-9)


def test_a_very_large_crystal_emits_from_the_free_exciton():
    expected = physics.BULK_GAP_EV - physics.EXCITON_RYDBERG_EV
    assert physics.confinement_gap(1e6) == pytest.approx(expected, rel=1e-9)


def test_the_exciton_is_that_of_the_published_material():
    diameter_nm, binding_ev = 2 * physics.EXCITON_RADIUS_NM, physics.EXCITON_RYDBERG_EV
    assert diameter_nm == pytest.approx(7.0, rel=0.05)
    assert binding_ev == pytest.approx(0.040, rel=0.05)


def test_crystals_of_ten_nanometres_emit_green():
    assert 505 < physics.PLANCK_LIGHT_EV_NM / physics.confinement_gap(5.0) < 525


def test_the_boltzmann_factor_of_a_barrier_of_one_thermal_energy_is_one_over_e():
    assert physics.boltzmann(physics.GAS_CONSTANT * 400.0, 400.0) == pytest.approx(1 / math.e)


def test_the_flask_recovers_from_the_injection():
    assert physics.flask_temperature(420.0, 15.0, 5.0, 0.0) == 405.0
    assert physics.flask_temperature(420.0, 15.0, 5.0, 500.0) == pytest.approx(420.0)


def test_ligands_raise_the_yield_and_heat_lowers_it():
    few, many = physics.bare_surface(10.0), physics.bare_surface(100.0)
    hot = physics.boltzmann(physics.QUENCHING_BARRIER, 470.0)
    mild = physics.boltzmann(physics.QUENCHING_BARRIER, 380.0)
    assert physics.emission_share(4.0, many, mild) > physics.emission_share(4.0, few, mild)
    assert physics.emission_share(4.0, many, mild) > physics.emission_share(4.0, many, hot)


def test_rounding_leaves_a_wide_margin_below_the_tolerance():
    recipes = physics.draw_recipes(10, 400, 5)
    found = differing(physics.reference(recipes), physics.vectorised(recipes), AnswerRule(rtol=1e-12))
    assert found.greatest_ratio < 1e-13
