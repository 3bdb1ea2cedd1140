"""Pool, sparse Jacobians and streaming together: the plain fit's parameters, in a fraction of its memory."""

from __future__ import annotations

import dataclasses
import tempfile

import numpy as np
import pytest
from stages import one_thread, verdict
from tools import need_module

from perfwatch.workloads.nlsq import combined, peaks
from perfwatch.workloads.nlsq.table_two import COMBINED

__all__ = ["one_thread"]  # a fixture that holds for the whole module

need_module("scipy", "scipy")
need_module("h5py", "h5py")
from perfwatch.workloads.nlsq import combined_hdf5  # noqa: E402 - only where scipy and h5py are


@pytest.fixture(scope="module")
def scans():
    return [peaks.draw_scan(12_000, 10, seed) for seed in range(2)]


@pytest.fixture(scope="module")
def plain(scans):
    return [combined.reference(scan) for scan in scans]


def test_all_three_together_fit_as_the_plain_form(scans, plain):
    assert verdict(COMBINED, combined_hdf5.together, inputs=scans, reference=plain) == ""


def test_the_sums_over_batches_are_those_over_all_points(scans, plain):
    found = combined_hdf5.together(scans[0])
    assert np.allclose(found.parameters, plain[0].parameters, rtol=1e-8)
    assert found.cost == pytest.approx(plain[0].cost, rel=1e-9)
    assert found.processed_count == plain[0].processed_count


def test_a_parameter_that_is_off_by_two_percent_is_a_different_answer(scans, plain):
    def off(scan):
        found = combined_hdf5.together(scan)
        parameters = found.parameters.copy()
        parameters[7] *= 1.02
        return dataclasses.replace(found, parameters=parameters)

    assert verdict(COMBINED, off, inputs=scans, reference=plain).startswith("parameters: 1 of 30 elements")


def test_what_is_held_does_not_grow_with_the_data(scans, plain):
    short = combined_hdf5.together(scans[0])
    long = combined_hdf5.together(peaks.draw_scan(60_000, 10, seed=0))
    assert short.held_bytes < plain[0].held_bytes / 5
    assert long.held_bytes < 1.2 * short.held_bytes


def test_buffers_are_made_for_each_length_of_batch_and_used_again(scans):
    found = combined_hdf5.together(scans[0])  # batches of 5,000, 5,000 and 2,000
    assert found.asked_count - found.reused_count == 4


def test_no_file_stays_behind(scans, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    combined_hdf5.together(scans[0])
    assert list(tmp_path.iterdir()) == []


def test_the_small_size_is_the_example_s_own():
    assert COMBINED.sizes["small"].extents == {"points": 50_000, "peaks": 10}
    assert len(combined.inputs("small", 0).start) == 30
