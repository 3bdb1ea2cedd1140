"""Gaps asked for again and again: caches give every bit of the computed answer."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import variant_function, verdict, working

from perfwatch.workloads.digital_twin import shared_cache
from perfwatch.workloads.digital_twin.table_two import SHARED_CACHE


def requests(pairs, kept_count=4):
    cells, kelvin = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return shared_cache.RequestInputs(cells=cells, kelvin=kelvin, kept_count=kept_count)


@pytest.mark.parametrize("name", working(SHARED_CACHE))
def test_every_variant_gives_the_same_gaps(name):
    assert verdict(SHARED_CACHE, variant_function(SHARED_CACHE, name)) == ""


def rounded_keys(asked):
    """A candidate whose key forgets the last digit of the temperature: many hits, and wrong."""
    kept = {}
    gaps = [
        kept.setdefault((cells, kelvin // 5), shared_cache.gap(cells, kelvin))
        for cells, kelvin in zip(asked.cells.tolist(), asked.kelvin.tolist(), strict=True)
    ]
    return shared_cache.RequestOutputs(gap_ev=np.array(gaps), computed_count=len(kept))


def test_a_key_that_is_rounded_is_a_different_answer():
    assert verdict(SHARED_CACHE, rounded_keys).startswith("gap_ev: ")


def test_single_precision_is_a_different_answer():
    def single(asked):
        outputs = shared_cache.bounded_cache(asked)
        return dataclasses.replace(outputs, gap_ev=outputs.gap_ev.astype(np.float32))

    assert "float64 of shape (15000,) against float32" in verdict(SHARED_CACHE, single)


pairs = st.lists(st.tuples(st.integers(6, 24), st.integers(380, 384)), max_size=60)


@settings(max_examples=40, deadline=None)
@given(pairs=pairs, kept_count=st.integers(1, 8))
def test_caches_answer_any_requests_as_the_computation_does(pairs, kept_count):
    asked = requests(pairs, kept_count)
    expected = shared_cache.reference(asked)
    assert expected.computed_count == len(pairs)
    for form in (shared_cache.bounded_cache, shared_cache.seed_cache):
        outputs = form(asked)
        assert np.array_equal(outputs.gap_ev, expected.gap_ev)
        assert len(set(pairs)) <= outputs.computed_count <= len(pairs)


def test_the_bounded_cache_forgets_the_answer_longest_unused():
    a, b, c = (10, 400), (11, 400), (12, 400)
    # a is used again before c comes, so that b is forgotten.
    assert shared_cache.bounded_cache(requests([a, b, a, c, a], 2)).computed_count == 3
    assert shared_cache.bounded_cache(requests([a, b, a, c, b], 2)).computed_count == 4


def test_the_document_s_cache_forgets_the_older_half_used_or_not():
    a, b, c, d, e = ((cells, 400) for cells in range(10, 15))
    assert shared_cache.seed_cache(requests([a, b, c, d, a, e, c, d], 4)).computed_count == 5
    assert shared_cache.seed_cache(requests([a, b, c, d, a, e, a], 4)).computed_count == 6


def test_requests_of_the_stage_repeat():
    asked = shared_cache.inputs("small", 0)
    distinct = len(set(zip(asked.cells.tolist(), asked.kelvin.tolist(), strict=True)))
    assert asked.kept_count < distinct < 0.1 * len(asked.cells)


def test_a_deep_well_gives_the_particle_in_a_sphere(monkeypatch):
    monkeypatch.setattr(shared_cache, "WALL_EV", 1e7)
    endless = shared_cache.KINETIC_EV_NM2 / 0.15 * (math.pi / 4.0) ** 2
    assert shared_cache.ground_state(4.0, 0.15) == pytest.approx(endless, rel=1e-2)


@given(st.floats(1.5, 8.0), st.sampled_from([shared_cache.ELECTRON_MASS, shared_cache.HOLE_MASS]))
def test_the_ground_state_joins_smoothly_at_the_wall(radius_nm, mass):
    energy = shared_cache.ground_state(radius_nm, mass)
    assert (
        0
        < energy
        < min(shared_cache.WALL_EV, shared_cache.KINETIC_EV_NM2 / mass * (math.pi / radius_nm) ** 2)
    )
    assert abs(shared_cache._mismatch(energy, radius_nm, mass)) < 1e-6


def test_a_larger_crystal_has_a_smaller_gap_and_a_warmer_one_a_larger():
    gaps = [shared_cache.gap(cells, 400) for cells in range(6, 25)]
    assert gaps == sorted(gaps, reverse=True)
    assert shared_cache.gap(14, 450) > shared_cache.gap(14, 400)
    assert 2.2 < gaps[-1] < gaps[0] < 3.5
