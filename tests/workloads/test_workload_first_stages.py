"""What every stage from the data to the rates promises, whatever it computes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from stages import arrays, content, inputs_of, outputs_of, resolve, why_not_same
from tools import need_module

from perfwatch.errors import UsageError
from perfwatch.workloads.definition import Expectation
from perfwatch.workloads.digital_twin import PHYSICS
from perfwatch.workloads.digital_twin.table_one import DATASET, HISTORY, KINETICS, PARAMETERS, PHASES

ROOT = Path(__file__).parents[2]
STAGES = (PHYSICS, DATASET, HISTORY, PHASES, PARAMETERS, KINETICS)
EXPECTED_VARIANTS = {
    "physics": ["reference", "vectorised", "numba"],
    "dataset": ["reference", "batched", "preallocated"],
    "history": ["reference", "ring", "columns"],
    "phases": ["reference", "seed-choice", "searchsorted", "gumbel"],
    "parameters": ["reference", "seed-out", "in-place"],
    "kinetics": ["reference", "seed-cache", "lru", "vectorised"],
}

each_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)


def variants(*expected):
    return pytest.mark.parametrize(
        ("stage", "variant"),
        [
            pytest.param(stage, variant, id=f"{stage.name}@{variant.name}")
            for stage in STAGES
            for variant in stage.variants
            if variant.expected in expected
        ],
    )


def ready(variant):
    for package in variant.requires:
        need_module(package, package)


def test_the_stages_have_the_variants_of_the_catalogue():
    assert {stage.name: [variant.name for variant in stage.variants] for stage in STAGES} == EXPECTED_VARIANTS


@variants(Expectation.WORKS)
def test_a_working_variant_gives_the_reference_s_answer(stage, variant):
    ready(variant)
    assert why_not_same(stage, outputs_of(stage, variant.name)) == ""


@variants(Expectation.DIFFERS)
def test_a_variant_that_differs_comes_out_as_a_different_answer(stage, variant):
    ready(variant)
    assert why_not_same(stage, outputs_of(stage, variant.name))


@variants(Expectation.FAILS)
def test_a_variant_that_fails_fails_at_once(stage, variant):
    ready(variant)
    with pytest.raises(TypeError):
        resolve(variant.function)(inputs_of(stage)[0])


@variants(Expectation.WORKS, Expectation.DIFFERS)
def test_a_second_call_gives_the_same_bytes_and_leaves_the_inputs_alone(stage, variant):
    ready(variant)
    inputs, first = inputs_of(stage)[0], outputs_of(stage, variant.name)[0]
    before = content(inputs)
    again = resolve(variant.function)(inputs)
    assert content(again) == content(first)
    assert content(inputs) == before
    assert again is not first


@variants(Expectation.WORKS, Expectation.DIFFERS)
def test_an_output_has_memory_of_its_own(stage, variant):
    ready(variant)
    given, made = arrays(inputs_of(stage)[0]), arrays(outputs_of(stage, variant.name)[0])
    again = arrays(resolve(variant.function)(inputs_of(stage)[0]))
    assert not any(np.may_share_memory(one, other) for one in made for other in (*given, *again))


@variants(Expectation.WORKS, Expectation.DIFFERS)
def test_a_variant_leaves_numpy_s_global_generator_alone(stage, variant):
    ready(variant)
    before = np.random.get_state(legacy=False)["state"]  # noqa: NPY002 - the very thing asked about
    resolve(variant.function)(inputs_of(stage)[0])
    after = np.random.get_state(legacy=False)["state"]  # noqa: NPY002
    assert after["pos"] == before["pos"]
    assert np.array_equal(after["key"], before["key"])


def digests(stages):
    """Return a line for each stage's inputs and for each variant's outputs."""
    lines = []
    for stage in stages:
        lines.append(f"{stage.name} {hashlib.sha256(content(inputs_of(stage))).hexdigest()}")
        for variant in stage.variants:
            if variant.expected != Expectation.FAILS:
                made = hashlib.sha256(content(outputs_of(stage, variant.name))).hexdigest()
                lines.append(f"{variant.name} {made}")
    return lines


def test_a_fresh_process_makes_the_same_bytes():
    code = """
import sys
sys.path[:0] = ["tests", "tests/workloads"]
from test_workload_first_stages import STAGES, digests
print("\\n".join(digests(STAGES[1:])))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == digests(STAGES[1:])
    assert len(done.stdout.splitlines()) == 21


@each_stage
def test_equal_seeds_give_equal_bytes_and_others_give_others(stage):
    made = resolve(stage.inputs)
    assert content(made("small", 0)) == content(made("small", 0))
    assert content(made("small", 0)) != content(made("small", 1))
    assert content(made()) == content(made("small", 0))


@each_stage
@pytest.mark.parametrize("size", ["", "huge", "Small", 3])
def test_an_unknown_size_is_refused_with_the_known_ones(stage, size):
    with pytest.raises(UsageError) as caught:
        resolve(stage.inputs)(size, 0)
    assert ", ".join(stage.sizes) in caught.value.do


@each_stage
@pytest.mark.parametrize("seed", [-1, 1.0, "0", None, True])
def test_a_seed_must_be_a_whole_number(stage, seed):
    with pytest.raises(UsageError) as caught:
        resolve(stage.inputs)("small", seed)
    assert repr(seed) in caught.value.happened


@each_stage
def test_a_rule_can_be_found_and_says_in_words_what_counts_as_equal(stage):
    if stage.equality.rule:
        assert callable(resolve(stage.equality.rule))
        assert stage.equality.note
