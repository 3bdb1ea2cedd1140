"""The intent system whole: its bytes, its stages' answers, its spans."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from stages import digest
from test_intent_table import without_times
from threadpoolctl import threadpool_info
from tools import need_module

from perfwatch import monitor
from perfwatch.errors import UsageError
from perfwatch.workloads.intent import INTENT
from perfwatch.workloads.intent.table_whole import SEED_ADVICE, WHOLE

need_module("sklearn", "scikit-learn")
from perfwatch.workloads.intent import handing, whole  # noqa: E402 - they need scikit-learn
from perfwatch.workloads.intent.rules_whole import same_system, why_another_answer  # noqa: E402

TESTS = Path(__file__).parents[1]
PARTS = {
    "recordings": ["files", "pool"],
    "learning": ["belief", "gp-inference", "cache"],
    "control": ["mpc", "pipeline"],
    "service": ["load"],
}
STAGES = [stage.name for stage in INTENT.stages]


def bytes_of(found):
    """A digest of what the system came to: every byte of every stage's answer but the times in ``load``'s."""
    answers = {name: without_times(step.answer) for name, step in found.steps.items()}
    return digest([found.goal, found.left_s, found.control, answers])


@pytest.fixture(scope="module")
def plan():
    return whole.inputs("small", 0)


@pytest.fixture(scope="module")
def by_reference(plan):
    return whole.reference(plan)


@pytest.fixture(scope="module")
def by_optimized(plan):
    return whole.optimized(plan)


def test_fresh_processes_find_the_same_bytes_however_many_threads_they_have(by_reference, by_optimized):
    code = """
import sys
sys.path[:0] = ["workloads"]
from test_intent_whole import bytes_of, whole
if __name__ == "__main__":
    plan = whole.inputs("small", 0)
    print(bytes_of(whole.reference(plan)), bytes_of(whole.optimized(plan)))
    print({"jax", "numba"} & set(sys.modules))
"""
    expected = f"{bytes_of(by_reference)} {bytes_of(by_optimized)}"
    for threads in ("1", "2"):
        threaded = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=TESTS,
            env=os.environ | threaded,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines() == [expected, "set()"]


def test_a_second_call_finds_the_same_bytes_and_leaves_the_plan_as_it_was(plan, by_optimized):
    before = digest(plan)
    assert bytes_of(whole.optimized(plan)) == bytes_of(by_optimized)
    assert digest(plan) == before


def test_another_seed_finds_other_bytes_at_every_stage(by_optimized):
    other = whole.optimized(whole.inputs("small", 1))
    for name in STAGES:
        mine, theirs = (without_times(each.steps[name].answer) for each in (by_optimized, other))
        assert digest(mine) != digest(theirs), name


def test_equal_seeds_plan_equal_days_and_others_plan_others():
    assert digest(whole.inputs()) == digest(whole.inputs("small", 0)) != digest(whole.inputs("small", 1))


@pytest.mark.parametrize(("size", "seed"), [("huge", 0), ("small", -1), ("small", 1.0), ("small", True)])
def test_an_unknown_size_or_seed_is_refused(size, seed):
    with pytest.raises(UsageError) as caught:
        whole.inputs(size, seed)
    assert "small, medium" in caught.value.do or "whole number" in caught.value.do


@pytest.mark.parametrize("size", WHOLE.sizes)
def test_there_is_enough_of_what_later_stages_take_a_part_of(size):
    extents = WHOLE.sizes[size].extents
    assert extents["kept"] % handing.CUTS_COUNT == extents["kept"] % 100 == extents["frames"] % 100 == 0
    assert extents["kept"] <= extents["frames"]
    assert extents["queries"] <= extents["observations"]
    assert extents["points"] <= extents["recordings"] * extents["frames"] / 100


# The same answer


def test_the_optimized_system_gives_the_reference_s_answers(plan, by_reference, by_optimized):
    assert same_system([plan], [by_reference], [by_optimized]) == ""
    assert by_reference.left_s == pytest.approx(by_optimized.left_s, rel=1e-6)
    assert np.allclose(by_reference.control, by_optimized.control, atol=1e-6)


def test_the_document_s_advice_comes_out_as_a_different_answer(plan, by_reference):
    assert "gp-inference: mean_s" in same_system([plan], [by_reference], [whole.seed_advice(plan)])


def test_forms_of_the_advice_exist():
    for stage in INTENT.stages:
        assert SEED_ADVICE[stage.name] in [variant.name for variant in stage.variants]
    assert list(SEED_ADVICE) == [name for names in PARTS.values() for name in names][: len(SEED_ADVICE)] or (
        set(SEED_ADVICE) == set(STAGES)
    )


def spoiled(answer):
    """The answer with its first array of real numbers changed a little."""
    for field in dataclasses.fields(answer):
        value = getattr(answer, field.name)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and field.name != "calls_per_s":
            return dataclasses.replace(answer, **{field.name: value * 1.01 + 1e-3})
    raise AssertionError(answer)


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_that_answers_otherwise_is_found_and_named(name, plan, by_reference):
    (stage,) = [each for each in INTENT.stages if each.name == name]
    step = by_reference.steps[name]
    assert why_another_answer(stage, step) == ""
    assert why_another_answer(stage, dataclasses.replace(step, answer=spoiled(step.answer)))


def test_what_is_no_run_of_the_system_is_a_different_answer(plan, by_reference):
    assert "gives back dict" in same_system([plan], [by_reference], [{}])
    fewer = dataclasses.replace(by_reference, steps={"files": by_reference.steps["files"]})
    assert "against files" in same_system([plan], [by_reference], [fewer])


# From stage to stage


def test_the_model_learns_from_moving_hands_alone(plan, by_reference):
    learnt = by_reference.steps["gp-inference"].inputs.experience
    assert len(learnt.left_s) == plan.extents["points"]
    assert learnt.left_s.min() == 0
    assert learnt.left_s.max() < 2.0


def test_the_robot_shadows_where_hands_are_believed_to_go(plan, by_reference):
    likely = by_reference.steps["belief"].answer.belief
    wanted = by_reference.steps["mpc"].inputs.wanted
    assert np.allclose(wanted[0, :2], likely[0] @ plan.goals)


def test_users_ask_the_server_that_met_the_hand(by_reference):
    assert by_reference.steps["load"].inputs.session is by_reference.steps["pipeline"].inputs


# Spans and threads


def test_every_stage_is_a_span_inside_its_part(plan):
    monitor.clear()
    whole.optimized(plan)
    found = {span.path: span.count for span in monitor.collected()}
    monitor.clear()
    expected = [
        path for part, names in PARTS.items() for path in ((part,), *((part, name) for name in names))
    ]
    assert list(found) == expected
    assert set(found.values()) == {1}


def test_the_libraries_threads_are_as_before_when_it_is_over(plan):
    before = threadpool_info()
    whole.optimized(plan)
    assert threadpool_info() == before
