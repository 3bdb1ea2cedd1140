"""The second part of the table of least squares, and what its document states about it."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stages import digest, drawn, one_thread, resolve
from tools import need_module

import perfwatch
from perfwatch.errors import UsageError
from perfwatch.records.claim import PROVED_KINDS, ClaimKind
from perfwatch.records.proof import ProofVerdict
from perfwatch.workloads.definition import Expectation
from perfwatch.workloads.nlsq.claims_two import CLAIMS
from perfwatch.workloads.nlsq.table_two import STAGES_TWO
from perfwatch.workloads.seeding import asked

__all__ = ["one_thread"]  # a fixture that holds for the whole module

need_module("scipy", "scipy")
need_module("h5py", "h5py")

ROWS = {
    "pool": ["reference", "seed-pool", "memory-pool", "trf-pool"],
    "sparse": ["reference", "seed-sparse", "sparse"],
    "stream": ["reference", "seed-stream", "hdf5-stream"],
    "combined": ["reference", "together"],
}
IDS = ["C20a", "C20b", "C21", "C22a", "C22b", "C23a", "C23b", "C23c"]
IDS += ["C36a", "C36b", "C36c", "C37a", "C37b", "C37c"]
WITNESSES = "perfwatch.workloads.nlsq.witnesses_two"

each_stage = pytest.mark.parametrize("stage", STAGES_TWO, ids=lambda stage: stage.name)
each_claim = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)


# The table


def test_every_row_of_the_table_is_there_with_every_variant():
    assert {stage.name: [variant.name for variant in stage.variants] for stage in STAGES_TWO} == ROWS


def test_what_is_known_to_differ_is_said_in_the_table():
    differing = {
        f"{stage.name}@{variant.name}"
        for stage in STAGES_TWO
        for variant in stage.variants
        if variant.expected is Expectation.DIFFERS
    }
    assert differing == {"sparse@seed-sparse", "stream@seed-stream"}


def test_table_and_claims_import_no_numerical_library():
    code = (
        "import sys, perfwatch.workloads.nlsq.table_two, perfwatch.workloads.nlsq.claims_two;"
        "print([name for name in ('numpy', 'scipy', 'h5py', 'jax', 'numba') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_references_need_numpy_alone():
    code = (
        "import sys; sys.modules.update(scipy=None, h5py=None)\n"
        "from stages import resolve, variant_function\n"
        "from perfwatch.workloads.nlsq.table_two import STAGES_TWO\n"
        "for stage in STAGES_TWO:\n"
        "    variant_function(stage, 'reference')(resolve(stage.inputs)('small', 0))\n"
        "print('done')\n"
    )
    tests = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=tests, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "done"


@each_stage
def test_a_row_says_what_each_form_does_and_what_it_imports(stage):
    assert stage.title
    assert stage.source
    assert stage.equality.note
    for variant in stage.variants:
        assert variant.note
        module = importlib.import_module(variant.function.partition(":")[0])
        imported = re.findall(r"^(?:from|import) (scipy|h5py)\b", inspect.getsource(module), re.MULTILINE)
        assert set(imported) <= set(variant.requires)


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
        resolve(variant.function)(inputs)
    assert digest(inputs) == before


def test_two_fresh_processes_make_the_same_bytes():
    code = (
        "from stages import digest, resolve\n"
        "from perfwatch.workloads.nlsq.table_two import STAGES_TWO\n"
        "for stage in STAGES_TWO:\n"
        "    made = resolve(stage.inputs)('small', 3)\n"
        "    print(digest(made), *[digest(resolve(one.function)(made)) for one in stage.variants])\n"
    )
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    tests = Path(__file__).parent.parent
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


def test_the_documents_pattern_is_proved_to_be_a_different_answer(tmp_path, monkeypatch):
    if sys.platform == "win32":
        pytest.skip("perfwatch.prove needs named pipes and SIGSTOP, which Windows lacks")
    (tmp_path / "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    proof = perfwatch.prove(
        "perfwatch.workloads.nlsq.sparse:reference",
        "perfwatch.workloads.nlsq.sparse_rows:seed_sparse",
        "perfwatch.workloads.nlsq.sparse:inputs",
        sizes=["small"],
        rule="perfwatch.workloads.nlsq.rules_two:same_sparse_fit",
    )
    assert proof.verdict is ProofVerdict.DIFFERENT_ANSWER
    assert "parameters: 30 of 30 elements differ" in proof.reason


# The claims


def test_every_claim_is_there_once_and_in_order():
    assert [claim.id for claim in CLAIMS] == IDS


def function_of(word):
    """The function that a claim names: ``module:function``, or a variant of one of these stages."""
    if not word.startswith("workload:"):
        return word
    stage_name, _, variant_name = word.removeprefix("workload:nlsq/").partition("@")
    (stage,) = [one for one in STAGES_TWO if one.name == stage_name]
    (variant,) = [one for one in stage.variants if one.name == variant_name]
    return variant.function


@each_claim
def test_a_claim_names_what_it_is_held_against(claim):
    assert claim.text
    assert claim.source
    assert claim.workload == "nlsq"
    assert 0 < claim.stated.low <= claim.stated.high
    assert claim.stated.nothing <= claim.stated.low
    if claim.kind in PROVED_KINDS:
        for word in (claim.experiment.reference, claim.experiment.candidate):
            assert callable(resolve(function_of(word)))
    else:
        assert claim.witness is not None
    if claim.witness is not None:
        assert callable(resolve(claim.witness.function))


@each_claim
def test_a_claim_requires_what_its_forms_import(claim):
    words = [] if claim.experiment is None else [claim.experiment.reference, claim.experiment.candidate]
    functions = {function_of(word) for word in words}
    needed = {
        package
        for stage in STAGES_TWO
        for variant in stage.variants
        if variant.function in functions
        for package in variant.requires
    }
    assert needed <= set(claim.requires)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("buffers_used_again", "small"),
        ("buffers_asked_for", "small"),
        ("sparsity_found", "small"),
        ("memory_of_a_jacobian", 4_000),
        ("sparsity_of_pieces", 8),
        ("sparsity_of_peaks", 10),
        ("overhead_of_a_pool", 100),
        ("throughput", "small"),
        ("error_of_documented_settings", "small"),
        ("footprint", 20_000),
        ("epochs_to_converge", 200_000),
    ],
)
def test_a_witness_gives_finite_figures_and_among_them_the_one_that_is_judged(name, size):
    found = resolve(f"{WITNESSES}:{name}")(**asked(size, 1))
    assert all(0 <= value < 1e15 for value in found.values())
    (judged,) = {
        claim.witness.judged
        for claim in CLAIMS
        if claim.witness is not None and claim.witness.function == f"{WITNESSES}:{name}"
    }
    assert judged in found


def test_the_documents_pool_saves_not_one_allocation():
    found = resolve(f"{WITNESSES}:buffers_used_again")("small", 0)
    assert found["hit_rate"] == 0
    assert found["stated_hit_rate"] > 0.99
    assert found["allocated_bytes"] == found["without_pool_bytes"]


def test_a_pool_around_fits_is_never_asked():
    assert resolve(f"{WITNESSES}:buffers_asked_for")("small", 0) == {"asked_count": 0}


def test_the_first_points_report_an_empty_jacobian_and_a_sample_over_all_the_true_share():
    found = resolve(f"{WITNESSES}:sparsity_found")("small", 0)
    assert found["reported_share"] == 1.0
    assert 0.94 < found["true_share"] < 0.96
    assert found["sampled_share"] == pytest.approx(found["true_share"], abs=1e-3)


@pytest.mark.parametrize("pieces_count", [2, 5, 12])
def test_pieces_are_as_sparse_as_there_are_others(pieces_count):
    found = resolve(f"{WITNESSES}:sparsity_of_pieces")(pieces_count, 3)
    assert found["zero_share"] == pytest.approx(1 - 1 / pieces_count, abs=0.02)


def test_what_streaming_holds_does_not_grow_with_the_data():
    witness = resolve(f"{WITNESSES}:footprint")
    short, long = (witness(size, 0)["peak_bytes"] for size in (50_000, 500_000))
    assert 100_000 < short < 10_000_000
    assert long < 1.1 * short


def test_a_pool_adds_less_to_large_buffers_than_to_small_ones():
    witness = resolve(f"{WITNESSES}:overhead_of_a_pool")
    small, large = (witness(size, 0)["overhead_share"] for size in (10, 100_000))
    assert small > 0.05 > large > 0


def test_kinds_are_those_of_the_question():
    kinds = {claim.id: claim.kind for claim in CLAIMS}
    assert kinds["C20a"] is ClaimKind.HIT_RATE
    assert kinds["C22a"] is kinds["C23b"] is ClaimKind.EQUIVALENCE
    assert kinds["C23a"] is kinds["C37c"] is ClaimKind.AMOUNT
