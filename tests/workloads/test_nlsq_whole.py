"""Least squares whole: its bytes, its stages' answers, its spans, and what it does not import."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from stages import content
from tools import need_module

from perfwatch import monitor
from perfwatch.errors import UsageError
from perfwatch.workloads.nlsq import NLSQ, handing, peaks, whole
from perfwatch.workloads.nlsq.rules_whole import _why_another_answer, same_campaign
from perfwatch.workloads.nlsq.table_whole import SEED_ADVICE, WHOLE, WITHOUT_COMPILER

TESTS = Path(__file__).parents[1]
PARTS = {
    "requests": ["validate", "quadratics"],
    "fits": ["fit", "trf-step", "scaling"],
    "at scale": ["pool", "sparse", "stream", "combined"],
    "decision": ["decide"],
}
STAGES = [stage.name for stage in NLSQ.stages]
#: Fields of answers that hold what was measured: another run measures other figures.
FIGURES = ("_ns", "_bytes", "_exponent", "fastest", "smallest")

each_stage = pytest.mark.parametrize("name", STAGES)


def computed(answer):
    """Return an answer without its figures."""
    if not dataclasses.is_dataclass(answer):
        return answer
    names = [field.name for field in dataclasses.fields(answer)]
    return {name: getattr(answer, name) for name in names if not name.endswith(FIGURES)}


def digest(found):
    """Return a digest of what a campaign found: every byte of every stage's answer, but for figures."""
    answers = {name: computed(step.answer) for name, step in found.steps.items()}
    return hashlib.sha256(content([found.decay, found.peaks, answers])).hexdigest()


@pytest.fixture(scope="module")
def plan():
    return whole.inputs("small", 0)


@pytest.fixture(scope="module")
def by_reference(plan):
    return whole.reference(plan)


@pytest.fixture(scope="module")
def by_optimized(plan):
    need_module("h5py", "h5py")
    return whole.optimized(plan)


# The same bytes


def test_fresh_processes_find_the_same_bytes_however_many_threads_they_have(by_reference, by_optimized):
    code = """
import sys
sys.path[:0] = ["workloads"]
from test_nlsq_whole import digest, whole
plan = whole.inputs("small", 0)
found = digest(whole.reference(plan))
assert not {"jax", "numba", "h5py"} & set(sys.modules)
print(found, digest(whole.optimized(plan)))
"""
    expected = f"{digest(by_reference)} {digest(by_optimized)}"
    for threads in ("1", "2"):
        threaded = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=TESTS,
            env=os.environ | threaded,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == expected, done.stderr


def test_a_second_call_finds_the_same_bytes_and_leaves_the_plan_as_it_was(plan, by_reference):
    before = content(plan)
    assert digest(whole.reference(plan)) == digest(by_reference)
    assert content(plan) == before


def test_another_seed_finds_other_bytes_at_every_stage(by_reference):
    other = whole.reference(whole.inputs("small", 1))
    for name in STAGES:
        if name != "validate":  # what is wrong with a request does not hang on its numbers
            assert content(computed(other.steps[name].answer)) != content(
                computed(by_reference.steps[name].answer)
            ), name


def test_what_is_drawn_on_the_way_begins_with_seeds_of_its_own(plan):
    assert len({*plan.seeds.values(), 0}) == len(plan.seeds) + 1


@pytest.mark.parametrize("size", ["", "large", "Small", 3])
def test_an_unknown_size_is_refused_with_the_known_ones(size):
    with pytest.raises(UsageError) as caught:
        whole.inputs(size, 0)
    assert ", ".join(WHOLE.sizes) in caught.value.do


@pytest.mark.parametrize("seed", [-1, 1.0, "0", None, True])
def test_a_seed_must_be_a_whole_number(seed):
    with pytest.raises(UsageError) as caught:
        whole.inputs("small", seed)
    assert repr(seed) in caught.value.happened


# The same answer


def test_the_optimized_campaign_gives_the_reference_s_answers(plan, by_reference, by_optimized):
    assert same_campaign([plan], [by_reference], [by_optimized]) == ""


def test_the_documents_advice_taken_at_every_stage_comes_out_as_a_different_answer(plan, by_reference):
    need_module("h5py", "h5py")
    need_module("jax", "jax")
    advised = whole.seed_advice(plan)
    assert "sparse: parameters" in same_campaign([plan], [by_reference], [advised])
    differing = [stage.name for stage in NLSQ.stages if _why_another_answer(stage, advised.steps[stage.name])]
    assert differing == ["sparse", "stream"]


def test_every_stage_runs_in_the_form_that_is_asked_for(by_reference, by_optimized):
    assert sorted(by_reference.steps) == sorted(by_optimized.steps) == sorted(STAGES)
    assert by_reference.steps["sparse"].answer.found_share == 1.0
    assert by_optimized.steps["sparse"].answer.found_share < 0.2


def test_forms_of_the_advice_and_those_without_a_compiler_exist():
    stages = {stage.name: stage for stage in NLSQ.stages}
    for name, form in (SEED_ADVICE | WITHOUT_COMPILER).items():
        assert form in [variant.name for variant in stages[name].variants]
    for stage in NLSQ.stages:
        advised = {variant.name for variant in stage.variants if variant.name.startswith("seed-")}
        assert not advised or SEED_ADVICE[stage.name] in advised


def spoiled(answer):
    """Return the answer with its first field of numbers changed a little."""
    if isinstance(answer, np.ndarray):
        return answer * 1.001
    changes = {
        "parameters": lambda value: value * 1.02,
        "exponential": lambda value: value * 1.001,
        "verdicts": lambda value: value[::-1],
    }
    name = next(name for name in changes if hasattr(answer, name))
    return dataclasses.replace(answer, **{name: changes[name](getattr(answer, name))})


@each_stage
def test_a_stage_that_answers_otherwise_is_found_and_named(name, by_reference):
    (stage,) = [each for each in NLSQ.stages if each.name == name]
    step = by_reference.steps[name]
    assert _why_another_answer(stage, step) == ""
    assert _why_another_answer(stage, dataclasses.replace(step, answer=spoiled(step.answer)))


def test_what_is_no_campaign_is_a_different_answer(plan, by_reference):
    assert "gives back dict" in same_campaign([plan], [by_reference], [{}])
    fewer = dataclasses.replace(by_reference, steps={"fit": by_reference.steps["fit"]})
    assert "against fit" in same_campaign([plan], [by_reference], [fewer])


# From stage to stage


def test_data_whose_request_is_not_sound_are_not_fitted(plan, by_reference):
    found = by_reference.steps["validate"].answer
    assert list(handing.accepted(plan, found)) == list(plan.datasets)
    per_family = len(found.verdicts) // len(plan.datasets)
    wrong = list(found.verdicts)
    wrong[per_family] = dataclasses.replace(wrong[per_family], errors=("wrong",))
    refused = handing.accepted(plan, dataclasses.replace(found, verdicts=tuple(wrong)))
    assert list(refused) == [name for name in plan.datasets if name != "gaussian"]


def test_the_first_step_that_is_taken_lowers_the_cost_of_the_fit_that_follows(plan, by_reference):
    from perfwatch.workloads.nlsq.fit import cost_of

    before = plan.datasets["peaks"]
    after = by_reference.steps["fit"].inputs.datasets["peaks"]
    assert cost_of(after, after.start) < 0.8 * cost_of(before, before.start)


def test_the_steps_from_far_away_find_what_was_fitted(by_reference):
    fitted = by_reference.steps["fit"].answer.exponential
    assert np.allclose(by_reference.steps["trf-step"].answer.parameters, fitted, rtol=1e-4)


def test_the_streamed_decay_is_the_fitted_one_recorded_again(by_reference):
    assert np.allclose(by_reference.decay, by_reference.steps["fit"].answer.exponential, rtol=0.02)


def test_the_finer_scan_is_of_the_peaks_that_were_found(plan, by_reference):
    coarse = by_reference.steps["sparse"].answer.parameters
    scan = by_reference.steps["combined"].inputs
    assert len(scan.x) == plan.extents["combined"]
    assert (scan.y - peaks.value(scan.x, coarse)).std() == pytest.approx(peaks.NOISE, rel=0.05)
    assert np.allclose(by_reference.peaks, coarse, rtol=0.02)


# Spans


def test_every_stage_is_a_span_inside_its_part(plan):
    monitor.clear()
    whole.reference(plan)
    found = {span.path: span.count for span in monitor.collected()}
    monitor.clear()
    expected = [
        path for part, names in PARTS.items() for path in ((part,), *((part, name) for name in names))
    ]
    assert list(found) == expected
    assert set(found.values()) == {1}
    assert [name for names in PARTS.values() for name in names] == STAGES
