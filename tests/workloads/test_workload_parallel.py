"""A data set drawn by workers: the same table, and nobody left behind."""

from __future__ import annotations

import dataclasses
import multiprocessing
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from stages import variant_function, verdict, working

from perfwatch.workloads.digital_twin import parallel
from perfwatch.workloads.digital_twin.table_two import PARALLEL

POOLED = [parallel.reference, parallel.large_batches, parallel.shared_memory]
METHODS = multiprocessing.get_all_start_methods()


def wanted(**changes):
    return parallel.SampleInputs(**{"samples_count": 2_500, "seed": 5, "processes_count": 2} | changes)


def shared_blocks():
    folder = Path("/dev/shm")
    return {path.name for path in folder.glob("psm_*")} if folder.is_dir() else set()


@pytest.mark.parametrize("name", working(PARALLEL))
def test_every_variant_gives_the_same_table(name):
    assert verdict(PARALLEL, variant_function(PARALLEL, name)) == ""


@pytest.mark.parametrize("method", METHODS)
def test_workers_draw_the_same_table_however_they_are_started(method):
    alone = parallel.serial(wanted()).table
    for form in POOLED:
        assert np.array_equal(form(wanted(start_method=method)).table, alone)
        assert multiprocessing.active_children() == []


@pytest.mark.parametrize("samples_count", [0, 1, 999, 1_000, 1_001, 11_000])
@pytest.mark.parametrize("form", POOLED)
def test_any_number_of_samples_can_be_drawn(form, samples_count):
    asked = wanted(samples_count=samples_count, processes_count=3)
    table = form(asked).table
    assert table.shape == (samples_count, len(parallel.COLUMNS))
    assert np.array_equal(table, parallel.serial(asked).table)


def one_stream_per_worker(asked):
    """A candidate that seeds its workers one after the other: plausible, and another data set."""
    half = asked.samples_count // 2
    parts = [
        parallel.serial(dataclasses.replace(asked, samples_count=half, seed=asked.seed + worker)).table
        for worker in range(2)
    ]
    return parallel.SampleOutputs(table=np.concatenate(parts))


def test_a_stream_for_each_worker_is_a_different_answer():
    assert "elements differ" in verdict(PARALLEL, one_stream_per_worker)


@pytest.mark.parametrize("form", POOLED)
def test_a_worker_that_fails_leaves_neither_processes_nor_memory(form):
    before = shared_blocks()
    with pytest.raises(ValueError, match="non-negative"):
        form(wanted(seed=-1))
    assert multiprocessing.active_children() == []
    assert shared_blocks() == before


@pytest.mark.parametrize("method", METHODS)
def test_a_program_that_draws_ends_in_silence(method, tmp_path):
    script = tmp_path / "program.py"
    script.write_text(
        "from perfwatch.workloads.digital_twin import parallel\n"
        "if __name__ == '__main__':\n"
        f"    asked = parallel.SampleInputs(samples_count=2500, seed=0, processes_count=2, start_method={method!r})\n"
        "    for form in (parallel.reference, parallel.large_batches, parallel.shared_memory):\n"
        "        print(form(asked).table.shape)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"(2500, {len(parallel.COLUMNS)})"] * 3


def test_large_batches_are_large_only_below_their_least_size():
    few, many = wanted(samples_count=20_000), wanted(samples_count=6_000)
    assert [count for _, count, _ in parallel._batches(few, 10_000)] == [10_000, 10_000]
    assert [count for _, count, _ in parallel._batches(many, 5_000)] == [5_000, 1_000]
    assert len(parallel._batches(few, parallel.SMALL_BATCH)) == 20


def test_samples_lie_within_their_bounds_and_every_phase_occurs():
    table = dict(zip(parallel.COLUMNS, parallel.serial(wanted(samples_count=20_000)).table.T, strict=True))
    for name, (low, high) in {
        "cesium_mol_per_m3": parallel.CESIUM_BOUNDS,
        "lead_mol_per_m3": parallel.LEAD_BOUNDS,
        "ligand_mol_per_m3": parallel.LIGAND_BOUNDS,
        "quantum_yield": (0.0, 1.0),
    }.items():
        assert low <= table[name].min() < table[name].max() <= high
    assert set(np.unique(table["phase"])) == set(range(len(parallel.PREFERENCE)))


def test_phases_come_as_often_as_their_probabilities_say():
    count = 200_000
    table = np.tile([423.15, 30.0, 20.0, 20.0, 100.0, 0.0, 0.0, 0.0], (count, 1))
    chance = np.random.default_rng(0).random(count)
    counts = np.bincount(parallel._draw_phases(table, chance), minlength=5)
    scores = np.exp(parallel.PREFERENCE - parallel.SHARPNESS * parallel.RATIO_WANTED**2)
    expected = count * scores / scores.sum()
    # Chi-square with 4 degrees of freedom: 33.4 is exceeded by chance once in a million.
    assert ((counts - expected) ** 2 / expected).sum() < 33.4


def test_the_perovskite_emits_by_its_size_and_the_others_by_their_kind():
    table = dict(zip(parallel.COLUMNS, parallel.serial(wanted()).table.T, strict=True))
    perovskite = table["phase"] == parallel.PEROVSKITE
    assert len(np.unique(table["gap_ev"][perovskite])) > 500
    assert table["gap_ev"][perovskite].min() > 2.2
    assert set(table["gap_ev"][~perovskite]) == {3.95, 3.10, 2.60, 0.0}
