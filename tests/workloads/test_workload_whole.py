"""The digital twin whole: its bytes, its stages' answers, its spans."""

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
from threadpoolctl import threadpool_info

from perfwatch import monitor
from perfwatch.errors import UsageError
from perfwatch.workloads.digital_twin import DIGITAL_TWIN, handing, history, regions, whole
from perfwatch.workloads.digital_twin.rules_whole import _why_another_answer, same_twin
from perfwatch.workloads.digital_twin.table_whole import SEED_ADVICE, WHOLE

TESTS = Path(__file__).parents[1]
PARTS = {
    "data set": ["parameters", "phases", "physics", "dataset", "parallel"],
    "recipe": ["history", "bayesopt"],
    "sampling": ["regions", "diversity"],
    "spectra": ["kinetics", "growth-ode", "shared-cache", "array-pool"],
}
STAGES = [stage.name for stage in DIGITAL_TWIN.stages]

each_stage = pytest.mark.parametrize("name", STAGES)


def digest(found):
    """Return a digest of what a twin found: every byte of every stage's answer."""
    answers = {name: step.answer for name, step in found.steps.items()}
    return hashlib.sha256(content([found.recipe, found.quality, found.mean_distance, answers])).hexdigest()


@pytest.fixture(scope="module")
def plan():
    return whole.inputs("small", 0)


@pytest.fixture(scope="module")
def by_reference(plan):
    return whole.reference(plan)


@pytest.fixture(scope="module")
def by_optimized(plan):
    return whole.optimized(plan)


# The same bytes


def test_fresh_processes_find_the_same_bytes_however_many_threads_they_have(by_reference, by_optimized):
    code = """
import sys
sys.path[:0] = ["workloads"]
from test_workload_whole import digest, whole
if __name__ == "__main__":
    plan = whole.inputs("small", 0)
    print(digest(whole.reference(plan)), digest(whole.optimized(plan)))
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
            check=True,
        )
        assert done.stdout.strip() == expected


def test_a_second_call_finds_the_same_bytes_and_leaves_the_plan_as_it_was(plan, by_optimized):
    before = content(plan)
    assert digest(whole.optimized(plan)) == digest(by_optimized)
    assert content(plan) == before


def test_another_seed_finds_other_bytes_at_every_stage(by_optimized):
    other = whole.optimized(whole.inputs("small", 1))
    assert digest(other) != digest(by_optimized)
    for name in STAGES:
        assert content(other.steps[name].answer) != content(by_optimized.steps[name].answer), name


def test_equal_seeds_plan_equal_campaigns_and_others_plan_others():
    assert content(whole.inputs()) == content(whole.inputs("small", 0))
    assert content(whole.inputs("small", 0)) != content(whole.inputs("small", 1))


def test_stages_that_draw_begin_with_seeds_of_their_own(plan):
    assert len({*plan.seeds.values(), 0}) == len(plan.seeds) + 1


@pytest.mark.parametrize("size", ["", "large", "Small", 3])
def test_an_unknown_size_is_refused_with_the_known_ones(size):
    with pytest.raises(UsageError) as caught:
        whole.inputs(size, 0)
    assert "small, medium" in caught.value.do


@pytest.mark.parametrize("seed", [-1, 1.0, "0", None, True])
def test_a_seed_must_be_a_whole_number(seed):
    with pytest.raises(UsageError) as caught:
        whole.inputs("small", seed)
    assert repr(seed) in caught.value.happened


@pytest.mark.parametrize("size", WHOLE.sizes)
def test_there_is_enough_of_what_later_stages_take_a_part_of(size):
    extents = WHOLE.sizes[size].extents
    assert extents["pilots"] <= extents["recipes"]
    assert extents["temperatures"] <= extents["recipes"]
    assert extents["recipes"] >= handing.PERFORMED_ROWS
    assert extents["samples"] <= extents["pool"]


# The same answer


def test_the_optimized_twin_gives_the_reference_s_answers(plan, by_reference, by_optimized):
    assert same_twin([plan], [by_reference], [by_optimized]) == ""


def test_the_document_s_advice_taken_at_every_stage_comes_out_as_a_different_answer(plan, by_reference):
    assert "growth-ode: edge_nm" in same_twin([plan], [by_reference], [whole.seed_advice(plan)])


def test_every_stage_is_handed_something_and_runs_in_the_form_that_is_asked_for(by_reference, by_optimized):
    assert sorted(by_reference.steps) == sorted(by_optimized.steps) == sorted(STAGES)
    # What tells the forms apart from outside: a list of dicts, or columns; gaps computed, or kept.
    assert isinstance(by_reference.steps["history"].answer, list)
    assert isinstance(by_optimized.steps["history"].answer, history.HistoryColumns)
    requests = by_reference.steps["shared-cache"].inputs
    assert by_reference.steps["shared-cache"].answer.computed_count == len(requests.cells)
    assert by_optimized.steps["shared-cache"].answer.computed_count < len(requests.cells) / 10


def test_forms_of_the_advice_exist_and_are_the_document_s():
    for stage in DIGITAL_TWIN.stages:
        form = SEED_ADVICE.get(stage.name, stage.reference)
        assert form in [variant.name for variant in stage.variants]
        advised = {variant.name for variant in stage.variants if variant.name.startswith("seed-")}
        assert form in advised or not advised - {"seed-out"}
    assert set(SEED_ADVICE) <= set(STAGES)


def spoiled(answer):
    """Return the answer with its first array of numbers changed a little where it is not zero."""
    if isinstance(answer, np.ndarray):
        return answer * np.asarray(1.001, answer.dtype) if answer.dtype.kind == "f" else answer * 0
    if isinstance(answer, list):
        return [*answer[:-1], {**answer[-1], "objective_nm": answer[-1]["objective_nm"] + 1e-9}]
    if hasattr(answer, "to_numpy"):
        return answer.assign(radius_nm=answer["radius_nm"] * (1 + 1e-9))
    names = [field.name for field in dataclasses.fields(answer)]
    first = names[1] if names[0] == "labels" else names[0]
    changed = getattr(answer, first)
    return dataclasses.replace(
        answer, **{first: changed * 1.02 if changed.dtype.kind == "f" else changed + 1}
    )


@each_stage
def test_a_stage_that_answers_otherwise_is_found_and_named(name, by_reference):
    (stage,) = [each for each in DIGITAL_TWIN.stages if each.name == name]
    step = by_reference.steps[name]
    assert _why_another_answer(stage, step) == ""
    assert _why_another_answer(stage, dataclasses.replace(step, answer=spoiled(step.answer)))


def test_what_is_no_twin_is_a_different_answer(plan, by_reference):
    assert "gives back dict" in same_twin([plan], [by_reference], [{}])
    fewer = dataclasses.replace(by_reference, steps={"physics": by_reference.steps["physics"]})
    assert "against physics" in same_twin([plan], [by_reference], [fewer])


# From stage to stage


def test_the_table_holds_the_syntheses_that_ended_in_the_perovskite(plan, by_reference):
    labels = by_reference.steps["phases"].answer
    table = by_reference.steps["dataset"].answer
    chosen = np.flatnonzero(labels == 0)[: len(table)]
    assert len(table) == plan.extents["recipes"]
    assert np.array_equal(table["set_kelvin"], plan.celsius[chosen] + 273.15)


def test_pilots_are_the_table_s_first_recipes_in_finer_steps(by_reference):
    pilots, recipes = by_reference.steps["physics"].inputs, by_reference.steps["dataset"].inputs
    assert pilots.steps_count > recipes.steps_count
    assert np.array_equal(pilots.set_kelvin, recipes.set_kelvin[: len(pilots.set_kelvin)])


def test_the_recipe_found_is_the_best_that_was_performed(by_reference):
    campaign = by_reference.steps["bayesopt"]
    assert by_reference.quality == pytest.approx(campaign.answer.best_quality[-1], rel=1e-12)
    assert np.all(by_reference.recipe >= handing.bayesopt.LOWEST)
    assert np.all(by_reference.recipe <= handing.bayesopt.HIGHEST)


def test_a_history_leads_to_the_same_recipe_in_whichever_form_it_was_kept(by_reference):
    search = by_reference.steps["history"].inputs
    kept = [form(search) for form in (history.reference, history.ring, history.columns)]
    recipes = [handing.annealed_recipe(each, search.kept_count) for each in kept]
    assert np.array_equal(recipes[0], recipes[1])
    assert np.array_equal(recipes[0], recipes[2])


def test_new_samples_lie_in_the_last_level_s_regions(plan, by_reference):
    found = by_reference.steps["regions"].answer
    columns = by_reference.steps["diversity"].inputs.columns
    new = np.column_stack(list(columns.values()))[plan.extents["samples"] :, :-1]
    inside = (found.lowest[-1] <= new[:, np.newaxis]) & (new[:, np.newaxis] <= found.highest[-1])
    assert inside.all(axis=2).any(axis=1).all()


def test_a_region_without_samples_is_given_none(plan, by_reference):
    found = by_reference.steps["regions"].answer
    samples = by_reference.steps["regions"].inputs.samples
    lowest, highest = found.lowest.copy(), found.highest.copy()
    lowest[-1, 0] = highest[-1, 0] = np.nan
    empty = regions.RegionOutputs(labels=found.labels, lowest=lowest, highest=highest)
    question = handing.diversity_question(plan, samples, empty)
    assert all(np.isfinite(column).all() for column in question.columns.values())


def test_a_spectrum_is_asked_for_at_each_time_around_the_gaps_of_that_time(plan, by_reference):
    gaps = by_reference.steps["shared-cache"].answer.gap_ev.reshape(plan.extents["times"], -1)
    lines = by_reference.steps["array-pool"].inputs.line_ev.reshape(*gaps.shape, plan.extents["copies"])
    assert (
        np.abs(lines.mean(axis=2) - gaps).max() < 5 * handing.LINE_SPREAD_EV / plan.extents["copies"] ** 0.5
    )


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


def test_the_libraries_threads_are_as_before_when_it_is_over(plan, by_reference):
    before = threadpool_info()
    whole.optimized(plan)
    assert threadpool_info() == before
