"""The dataset: rows that are the recipes and the end of their syntheses, and the rule for frames."""

from __future__ import annotations

import numpy as np
import pytest
from stages import inputs_of, outputs_of, why_not_same

from perfwatch.workloads.digital_twin import dataset, physics
from perfwatch.workloads.digital_twin.table_one import DATASET


@pytest.fixture
def frame():
    return outputs_of(DATASET, "preallocated")[0].copy()


def test_a_row_is_the_recipe_and_the_state_after_the_last_step(frame):
    recipes = inputs_of(DATASET)[0]
    whole = physics.vectorised(recipes)
    assert list(frame["sample"]) == list(range(300))
    assert np.array_equal(frame["set_kelvin"], recipes.set_kelvin)
    assert np.allclose(frame["emission_nm"], whole.emission_nm[:, -1], rtol=1e-12)
    strong = whole.radius_nm[:, -1] < physics.STRONG_LIMIT_NM
    assert list(frame["confinement"]) == ["strong" if one else "weak" for one in strong]
    assert 0 < strong.sum() < 300


@pytest.mark.parametrize("samples_count", [1, 127, 128, 129])
def test_batches_neither_lose_nor_repeat_a_sample(samples_count):
    recipes = physics.draw_recipes(samples_count, 100, 0)
    frames = [make(recipes) for make in (dataset.reference, dataset.batched, dataset.preallocated)]
    assert all(list(frame["sample"]) == list(range(samples_count)) for frame in frames)


@pytest.mark.parametrize("size", list(DATASET.sizes))
def test_the_steps_are_short_enough_for_every_synthesis_to_stay_within_its_precursor(size):
    # The longest syntheses in the fewest steps of any size: longer ones would overshoot, and then diverge.
    recipes = physics.draw_recipes(20_000, DATASET.sizes[size].extents["steps"], 1)
    outputs = physics.vectorised(recipes)
    assert (outputs.conversion > 0).all()
    assert (outputs.conversion < 1).all()


def test_changing_the_frame_leaves_the_recipes_alone():
    recipes = physics.draw_recipes(3, 100, 0)
    frame = dataset.preallocated(recipes)
    before = recipes.set_kelvin.copy()
    frame.loc[:, "set_kelvin"] = 0.0
    assert np.array_equal(recipes.set_kelvin, before)


def test_a_state_one_step_too_early_is_a_different_answer(frame):
    early = physics.vectorised(inputs_of(DATASET)[0]).radius_nm[:, -2]
    reason = why_not_same(DATASET, [frame.assign(radius_nm=early)])
    assert "radius_nm" in reason
    assert "of 300 elements differ" in reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.to_numpy(), "ndarray, not a DataFrame"),
        (lambda frame: frame[frame.columns[::-1]], "columns: "),
        (lambda frame: frame.drop(columns="gap_ev"), "columns: "),
        (lambda frame: frame.iloc[::-1], "in another order"),
        (lambda frame: frame.iloc[:-1], "index of 300 against 299"),
        (lambda frame: frame.astype({"gap_ev": np.float32}), "gap_ev: float64 against float32"),
        (lambda frame: frame.astype({"sample": np.int32}), "sample: int64 against int32"),
        (lambda frame: frame.assign(confinement="weak"), "confinement: "),
        (lambda frame: frame.assign(gap_ev=frame["gap_ev"] * (1 + 1e-11)), "gap_ev: "),
        (lambda frame: frame.assign(gap_ev=np.nan), "gap_ev: 300 of 300"),
    ],
)
def test_a_frame_that_is_not_the_same_is_told_by_what_is_not(frame, change, said):
    assert said in why_not_same(DATASET, [change(frame)])


def test_rounding_is_no_other_answer(frame):
    assert why_not_same(DATASET, [frame.assign(gap_ev=frame["gap_ev"] * (1 + 1e-15))]) == ""
