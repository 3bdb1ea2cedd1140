"""Pooled scratch arrays: the same spectra, and reuse that is told by identity."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from stages import variant_function, verdict, working

from perfwatch.workloads.digital_twin import array_pool
from perfwatch.workloads.digital_twin.table_two import ARRAY_POOL


def ensembles(batches_count=12, **changes):
    extents = {"crystals_count": 30, "energies_count": 40, "seed": 0} | changes
    return array_pool.draw_ensembles(batches_count, **extents)


@pytest.mark.parametrize("name", working(ARRAY_POOL))
def test_every_variant_gives_the_same_spectra(name):
    assert verdict(ARRAY_POOL, variant_function(ARRAY_POOL, name)) == ""


def adding_to_what_is_left(asked):
    """A candidate that keeps one array, and adds to what the batch before left in it."""
    scratch = np.zeros((asked.line_ev.shape[1], len(asked.energy_ev)), np.float32)
    spectrum = np.empty((len(asked.line_ev), len(asked.energy_ev)), np.float32)
    for batch, line_ev in enumerate(asked.line_ev):
        scratch += 1 / (1 + ((asked.energy_ev - line_ev[:, np.newaxis]) / array_pool.HALF_WIDTH_EV) ** 2)
        scratch.mean(axis=0, out=spectrum[batch])
    return array_pool.EnsembleOutputs(
        spectrum=spectrum, reused_count=len(spectrum) - 1, kept_bytes=scratch.nbytes
    )


def test_what_is_left_of_an_earlier_batch_is_a_different_answer():
    assert verdict(ARRAY_POOL, adding_to_what_is_left).startswith("spectrum: ")


def test_double_precision_is_a_different_answer():
    def double(asked):
        outputs = array_pool.pool(asked)
        return dataclasses.replace(outputs, spectrum=outputs.spectrum.astype(np.float64))

    assert "float32 of shape" in verdict(ARRAY_POOL, double)


def test_the_document_s_pool_is_never_hit_and_keeps_every_array():
    asked = ensembles()
    outputs = array_pool.seed_pool(asked)
    assert outputs.reused_count == 0
    assert outputs.kept_bytes == 12 * 30 * 40 * 4


def test_the_claim_s_own_extent_keeps_four_hundred_megabytes():
    size = ARRAY_POOL.sizes["small"].extents
    assert size["batches"] * size["crystals"] * size["energies"] * 4 == 400_000_000


def test_the_pool_keeps_one_array_and_uses_it_each_time():
    outputs = array_pool.pool(ensembles())
    assert outputs.reused_count == 11
    assert outputs.kept_bytes == 30 * 40 * 4


def test_fresh_arrays_are_not_taken_for_reused_ones_though_their_places_are():
    outputs = array_pool.reference(ensembles(200))
    assert outputs.reused_count == 0
    assert outputs.kept_bytes == 0


def test_a_type_and_its_kind_are_equal_but_are_not_the_same_key():
    kind = np.zeros(1, np.float32).dtype
    assert kind == np.float32
    assert {np.float32: 1}.get(kind) is None


def test_a_spectrum_is_the_mean_of_its_crystals_lines():
    asked = ensembles(3)
    lines = (asked.energy_ev.astype(float) - asked.line_ev.astype(float)[..., np.newaxis]) / 0.035
    expected = (1 / (1 + lines**2)).mean(axis=1)
    assert np.allclose(array_pool.reference(asked).spectrum, expected, rtol=1e-4)


def test_a_single_crystal_emits_half_at_its_half_width():
    half = float(array_pool.HALF_WIDTH_EV)
    asked = array_pool.EnsembleInputs(
        line_ev=np.array([[2.4]], np.float32), energy_ev=np.array([2.4 - half, 2.4, 2.4 + half], np.float32)
    )
    assert np.allclose(array_pool.pool(asked).spectrum[0], [0.5, 1.0, 0.5], rtol=1e-4)
