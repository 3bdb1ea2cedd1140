"""What holds for each stage of the second half of the digital twin's table."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stages import digest, drawn, one_thread, resolve, variant_function

from perfwatch.errors import UsageError
from perfwatch.workloads.definition import Expectation
from perfwatch.workloads.digital_twin import DIGITAL_TWIN
from perfwatch.workloads.digital_twin.table_two import STAGES_TWO

LIBRARIES = ("numpy", "scipy", "sklearn", "multiprocessing.pool", "numba")
ROWS = {
    "parallel": ["reference", "large-batches", "shared-memory", "serial"],
    "bayesopt": [
        "reference",
        "batch-acquisition",
        "refit-every-5",
        "cholesky-update",
        "seed-scaler",
        "seed-cache",
    ],
    "growth-ode": ["reference", "seed-linear", "quadrature", "lsoda"],
    "diversity": ["reference", "matrix-normalise", "seed-subsample", "blocked"],
    "regions": ["reference", "seed-cache", "seed-fewer", "minibatch", "warm-start"],
    "shared-cache": ["reference", "bounded-cache", "seed-cache"],
    "array-pool": ["reference", "seed-pool", "pool"],
}

__all__ = ["one_thread"]  # a fixture that holds for the whole module

each_stage = pytest.mark.parametrize("stage", STAGES_TWO, ids=lambda stage: stage.name)


def test_every_row_of_the_table_is_there_with_every_variant():
    assert {stage.name: [variant.name for variant in stage.variants] for stage in STAGES_TWO} == ROWS
    names = [stage.name for stage in DIGITAL_TWIN.stages]
    assert [name for name in names if name in ROWS] == list(ROWS)


def test_listing_the_catalogue_imports_none_of_the_libraries():
    code = (
        "import sys; from perfwatch.workloads.catalogue import find_workload; find_workload('digital-twin/*');"
        f"print([name for name in {LIBRARIES!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@each_stage
def test_a_row_says_what_each_form_does_and_what_it_imports(stage):
    assert stage.title
    assert stage.source
    assert stage.equality.note
    assert all(variant.note for variant in stage.variants)


@each_stage
def test_a_variant_names_the_libraries_that_its_module_imports(stage):
    for variant in stage.variants:
        module = importlib.import_module(variant.function.partition(":")[0])
        imported = re.findall(r"^(?:from|import) (scipy|sklearn)\b", inspect.getsource(module), re.MULTILINE)
        assert set(imported) <= set(variant.requires)
        assert all(importlib.util.find_spec(name) for name in variant.requires)


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
        if (stage.name, variant.name) != (
            "bayesopt",
            "reference",
        ):  # batch-acquisition shares all but the loop
            resolve(variant.function)(inputs)
    assert digest(inputs) == before


def test_two_fresh_processes_make_the_same_bytes():
    code = (
        "from stages import digest, resolve, variant_function\n"
        "from perfwatch.workloads.digital_twin.table_two import STAGES_TWO\n"
        "if __name__ == '__main__':\n"
        "    for stage in STAGES_TWO:\n"
        "        made = resolve(stage.inputs)('small', 3)\n"
        "        print(digest(made), digest(variant_function(stage, stage.optimized)(made)))\n"
    )
    tests = Path(__file__).parent.parent
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tests,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(set(runs[0].stdout.split())) == 2 * len(STAGES_TWO)


def test_what_is_known_to_differ_is_said_in_the_table():
    differing = {
        f"{stage.name}@{variant.name}"
        for stage in STAGES_TWO
        for variant in stage.variants
        if variant.expected is Expectation.DIFFERS
    }
    assert differing == {"growth-ode@seed-linear", "diversity@seed-subsample", "regions@minibatch"}


@each_stage
def test_the_extents_of_the_sizes_grow(stage):
    make = resolve(stage.inputs)
    small, medium = stage.sizes["small"], stage.sizes["medium"]
    assert small.extents.keys() == medium.extents.keys()
    assert small.extents != medium.extents
    assert digest(make("small", 0)) != digest(make("medium", 0))
    assert callable(variant_function(stage, stage.optimized))
