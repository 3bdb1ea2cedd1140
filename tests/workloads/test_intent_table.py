"""What holds for each stage of the intent workload: its row, its forms, its inputs, its answers."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from stages import digest, drawn, judged, one_thread, resolve, variant_function

from perfwatch.errors import UsageError
from perfwatch.workloads.catalogue import find_workload, missing_packages
from perfwatch.workloads.definition import Expectation
from perfwatch.workloads.intent import INTENT

TESTS = Path(__file__).parents[1]
LIBRARIES = ("numpy", "scipy", "sklearn", "numba", "jax", "multiprocessing.pool", "concurrent.futures")
PARTS = ["fixed-kernel", "cholesky-cache", "numba", "gpu"]
CONTROLS, BELIEFS = ["warm-start", "condensed", "riccati"], ["recursive", "log-space", "cached"]
ROWS = {
    "gp-inference": ["reference", "seed-fixed-kernel", *PARTS],
    "mpc": ["reference", *CONTROLS],
    "belief": ["reference", *BELIEFS],
    "pipeline": ["reference", *PARTS, *CONTROLS, *BELIEFS, "all-parts", "seed-fixed-kernel"],
    "files": ["reference", "memmap", "ring-buffer", "chunks"],
    "cache": ["reference", "memory", "disk", "two-level"],
    "pool": ["reference", "pool", "temporary-array"],
    "load": ["reference", "threads", "processes"],
}
#: What differs from one call to the next: the times in a table.
TIMES = {"calls_per_s": 0, "mean_ms": 0, "median_ms": 0, "slow_ms": 0}

__all__ = ["one_thread"]  # a fixture that holds for the whole module

each_stage = pytest.mark.parametrize("stage", INTENT.stages, ids=lambda stage: stage.name)


def forms(expected):
    return [
        pytest.param(stage, variant, id=f"{stage.name}@{variant.name}")
        for stage in INTENT.stages
        for variant in stage.variants
        if variant.expected is expected and variant.name not in {stage.reference, "gpu"}
    ]


def without_times(answer):
    return dataclasses.replace(answer, **TIMES) if hasattr(answer, "slow_ms") else answer


def test_every_row_of_the_table_is_there_with_every_variant():
    assert {stage.name: [variant.name for variant in stage.variants] for stage in INTENT.stages} == ROWS


def test_listing_the_catalogue_imports_none_of_the_libraries():
    code = (
        "import sys; from perfwatch.workloads.catalogue import find_workload; find_workload('intent/*');"
        f"print([name for name in {LIBRARIES!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@each_stage
def test_a_row_says_what_each_form_does(stage):
    assert stage.title
    assert stage.source
    assert stage.equality.note
    assert all(variant.note for variant in stage.variants)


@pytest.mark.parametrize(("stage", "variant"), forms(Expectation.WORKS))
def test_a_working_form_gives_the_reference_s_answer(stage, variant):
    for package in variant.requires:
        pytest.importorskip(package)
    for inputs in drawn(stage, seeds_count=2):
        base = variant_function(stage, stage.reference)(inputs)
        assert judged(stage, [inputs], [base], [resolve(variant.function)(inputs)]) == ""


@pytest.mark.parametrize(("stage", "variant"), forms(Expectation.DIFFERS))
def test_a_form_that_is_said_to_differ_is_refused(stage, variant):
    for inputs in drawn(stage, seeds_count=2):
        base = variant_function(stage, stage.reference)(inputs)
        assert "elements differ" in judged(stage, [inputs], [base], [resolve(variant.function)(inputs)])


def test_the_kernel_that_nobody_searched_for_is_all_that_differs():
    differing = [f"{stage.name}@{variant.name}" for stage, variant in
                 (one.values for one in forms(Expectation.DIFFERS))]  # fmt: skip
    assert differing == ["gp-inference@seed-fixed-kernel", "pipeline@seed-fixed-kernel"]
    assert not forms(Expectation.FAILS)


@each_stage
def test_an_unknown_size_is_refused_with_the_known_ones(stage):
    with pytest.raises(UsageError) as caught:
        resolve(stage.inputs)("huge", 0)
    assert ", ".join(stage.sizes) in caught.value.do


@each_stage
@pytest.mark.parametrize("seed", [-1, 1.0, "0", None, True])
def test_a_seed_must_be_a_whole_number(stage, seed):
    with pytest.raises(UsageError) as caught:
        resolve(stage.inputs)("small", seed)
    assert repr(seed) in caught.value.happened


@each_stage
def test_another_seed_makes_other_inputs(stage):
    make = resolve(stage.inputs)
    assert digest(make("small", 0)) == digest(make("small", 0)) != digest(make("small", 1))


@each_stage
def test_a_computation_leaves_its_inputs_as_they_were(stage):
    (inputs,) = drawn(stage, seeds_count=1)
    before = digest(inputs)
    for variant in stage.variants:
        if not missing_packages(variant) and variant.name != "riccati":  # it differs in the program alone
            resolve(variant.function)(inputs)
    assert digest(inputs) == before


@each_stage
def test_the_extents_of_the_sizes_grow(stage):
    small, medium = stage.sizes["small"].extents, stage.sizes["medium"].extents
    assert small.keys() == medium.keys()
    assert all(small[name] <= medium[name] for name in small)
    assert small != medium


def test_two_fresh_processes_make_the_same_bytes():
    code = (
        "import sys; sys.path[:0] = ['workloads']\n"
        "from stages import digest, resolve, variant_function\n"
        "from test_intent_table import INTENT, without_times\n"
        "from threadpoolctl import threadpool_limits\n"
        "if __name__ == '__main__':\n"
        "    with threadpool_limits(1):\n"
        "        for stage in INTENT.stages:\n"
        "            made = resolve(stage.inputs)('small', 3)\n"
        "            answer = variant_function(stage, stage.optimized)(made)\n"
        "            print(digest(made), digest(without_times(answer)))\n"
    )
    command = [sys.executable, "-c", code]
    runs = [
        subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(set(runs[0].split())) == 2 * len(INTENT.stages)


# Packages that are absent

ABSENT = """
import sys
sys.modules.update(dict.fromkeys(("numba", "jax"), None))
from stages import resolve
from perfwatch.workloads.catalogue import find_workload
from perfwatch.workloads.intent import INTENT
for name in ("numba", "gpu"):
    (case,) = find_workload(f"workload:intent/gp-inference@{name}")
    try:
        resolve(case.function)
    except ImportError as error:
        print(name, error.name)
for stage in INTENT.stages:
    for variant in stage.variants:
        if variant.name in {stage.reference, stage.optimized}:
            resolve(variant.function)(resolve(stage.inputs)("small", 0))
            print(stage.name, variant.name)
"""


def test_without_numba_and_jax_all_that_needs_neither_runs_and_the_rest_names_what_is_missing():
    threads = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", ABSENT], cwd=TESTS, env=threads, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[:2] == ["numba numba", "gpu jax"]
    ran = {line.split()[0] for line in lines[2:]}
    assert ran == set(ROWS)
    assert "pipeline all-parts" in lines


def test_a_form_on_a_gpu_is_left_out_where_jax_can_have_none():
    measured = [case.variant for case in find_workload("workload:intent/gp-inference")]
    assert ("gpu" in measured) == (importlib.util.find_spec("jax_plugins") is not None)
    (gpu,) = [variant for variant in INTENT.stages[0].variants if variant.name == "gpu"]
    if importlib.util.find_spec("jax_plugins") is None:
        assert "jax_plugins" in missing_packages(gpu)
