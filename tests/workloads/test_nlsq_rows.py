"""What holds for each row of the table of least squares, and what happens where a package is absent."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stages import digest, drawn, judged, one_thread, outputs_of, resolve, working
from tools import need_module

from perfwatch.errors import UsageError
from perfwatch.workloads.definition import Expectation, install_line
from perfwatch.workloads.nlsq import NLSQ, table_one

ROOT = Path(__file__).parents[2]
ROWS = {
    "validate": ["reference", "split"],
    "quadratics": ["reference", "vectorised"],
    "fit": ["reference", "analytic-jacobian", "jax-jacobian"],
    "trf-step": ["reference", "no-conversions", "scan", "while", "numpy"],
    "scaling": ["reference", "exponent", "jax-exponent"],
    "pool": ["reference", "seed-pool", "memory-pool", "trf-pool"],
    "sparse": ["reference", "seed-sparse", "sparse"],
    "stream": ["reference", "seed-stream", "hdf5-stream"],
    "combined": ["reference", "together"],
    "decide": ["reference", "measured"],
}
#: Those of the first half; the others have files of their own, and so has the answer of ``decide``.
OURS = (*table_one.STAGES_ONE, table_one.DECIDE)
#: What a module may import only where its variants say so.
HEAVY = ("scipy", "jax", "numba", "h5py", "sklearn", "joblib")

__all__ = ["one_thread"]  # a fixture that holds for the whole module


@pytest.fixture(autouse=True)
def libraries():
    for name in ("scipy", "jax", "h5py"):
        need_module(name, name)


each_stage = pytest.mark.parametrize("stage", NLSQ.stages, ids=lambda stage: stage.name)
each_of_ours = pytest.mark.parametrize("stage", OURS, ids=lambda stage: stage.name)


def test_every_row_of_the_table_is_there_with_every_variant():
    found = {stage.name: [variant.name for variant in stage.variants] for stage in NLSQ.stages}
    assert found == ROWS
    assert list(found) == list(ROWS)


def test_listing_the_workload_imports_no_numerical_library():
    code = (
        "import sys; from perfwatch.workloads.catalogue import find_workload; find_workload('nlsq/*');"
        f"print([name for name in {('numpy', *HEAVY)!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@each_stage
def test_a_row_says_what_each_form_does_and_when_answers_are_equal(stage):
    assert stage.title
    assert stage.source
    assert stage.equality.note
    assert all(variant.note for variant in stage.variants)


@each_stage
def test_a_variant_names_the_libraries_that_its_module_imports(stage):
    for variant in stage.variants:
        module = importlib.import_module(variant.function.partition(":")[0])
        pattern = rf"^(?:from|import) ({'|'.join(HEAVY)})\b"
        imported = re.findall(pattern, inspect.getsource(module), re.MULTILINE)
        assert set(imported) <= set(variant.requires)


@pytest.mark.parametrize("stage", table_one.STAGES_ONE, ids=lambda stage: stage.name)
def test_every_working_form_gives_the_reference_s_answer_for_two_seeds(stage):
    inputs = drawn(stage, seeds_count=2)
    reference = [resolve(stage.variants[0].function)(each) for each in inputs]
    for name in working(stage):
        (variant,) = [each for each in stage.variants if each.name == name]
        found = [resolve(variant.function)(each) for each in inputs]
        assert judged(stage, inputs, reference, found) == "", name


def test_no_form_of_these_stages_is_known_to_fail_or_to_differ():
    assert {variant.expected for stage in OURS for variant in stage.variants} == {Expectation.WORKS}


@pytest.mark.parametrize("stage", table_one.STAGES_ONE, ids=lambda stage: stage.name)
def test_a_computation_leaves_its_inputs_as_they_were(stage):
    (inputs,) = drawn(stage, seeds_count=1)
    before = digest(inputs)
    for variant in stage.variants:
        resolve(variant.function)(inputs)
    assert digest(inputs) == before


@each_stage
def test_an_unknown_size_is_refused_with_the_known_ones(stage):
    with pytest.raises(UsageError) as caught:
        resolve(stage.inputs)("huge", 0)
    assert ", ".join(stage.sizes) in caught.value.do


@each_of_ours
@pytest.mark.parametrize("seed", [-1, 1.0, "0", None, True])
def test_a_seed_must_be_a_whole_number(stage, seed):
    with pytest.raises(UsageError) as caught:
        resolve(stage.inputs)("small", seed)
    assert repr(seed) in caught.value.happened


@each_of_ours
def test_another_seed_makes_other_inputs(stage):
    make = resolve(stage.inputs)
    assert digest(make("small", 0)) == digest(make("small", 0)) != digest(make("small", 1))


@pytest.mark.parametrize("stage", [table_one.FIT, table_one.TRF_STEP], ids=lambda stage: stage.name)
def test_sizes_grow(stage):
    make = resolve(stage.inputs)
    assert digest(make("small", 0)) != digest(make("medium", 0))


def test_what_was_computed_is_the_same_in_a_fresh_process():
    code = (
        "from stages import digest, outputs_of\n"
        "from perfwatch.workloads.nlsq import table_one\n"
        "for name in ('VALIDATE', 'QUADRATICS', 'FIT'):\n"
        "    print(digest(outputs_of(getattr(table_one, name), 'reference')))\n"
    )
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "tests",
        env=os.environ | threads,
        capture_output=True,
        text=True,
        check=True,
    )
    here = [
        digest(outputs_of(stage, "reference"))
        for stage in (table_one.VALIDATE, table_one.QUADRATICS, table_one.FIT)
    ]
    assert done.stdout.split() == here


# Packages that are absent


def test_the_command_that_brings_a_package_names_its_extra():
    assert install_line(["jax"]) == "pip install 'perfwatch[jax]'"
    assert install_line(["scipy", "h5py"]) == "pip install 'perfwatch[workloads]'"
    assert install_line(["jax", "scipy"]) == "pip install 'perfwatch[jax,workloads]'"
