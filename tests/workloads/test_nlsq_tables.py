"""Requests, quadratic models, and the tables that a stage measures itself: scaling and the decision matrix."""

from __future__ import annotations

import ast
import dataclasses
import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import digest, inputs_of, judged, one_thread, outputs_of, verdict
from tools import need_module

from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq import quadratics, validating, validators
from perfwatch.workloads.nlsq.datasets import draw_dataset
from perfwatch.workloads.nlsq.table_one import DECIDE, QUADRATICS, SCALING, VALIDATE

__all__ = ["one_thread"]  # a fixture that holds for the whole module

# Validation

BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.Assert)


def complexities(module):
    """McCabe's number of each function: 1, and 1 for each way to branch, conditions joined by and/or included."""
    found = {}
    for function in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(function, ast.FunctionDef):
            nodes = list(ast.walk(function))
            joined = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
            tries = sum(bool(node.orelse) for node in nodes if isinstance(node, ast.Try))
            found[function.name] = 1 + joined + tries + sum(isinstance(node, BRANCHES) for node in nodes)
    return found


def test_the_one_function_is_as_complex_as_its_source_says_and_the_divided_ones_are_not():
    assert complexities(validating)["validate"] == 62
    assert max(complexities(validators).values()) <= 10


def test_every_error_and_every_warning_is_given_by_some_request():
    verdicts = outputs_of(VALIDATE, "reference")[0].verdicts
    said = {text for verdict in verdicts for text in (*verdict.errors, *verdict.warnings)}
    literals = set()
    for call in ast.walk(ast.parse(inspect.getsource(validating.validate))):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "append":
            (text,) = call.args
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            literals.add(max((part.value for part in parts if isinstance(part, ast.Constant)), key=len))
    unsaid = {literal for literal in literals if not any(literal in text for text in said)}
    # No model of the families gives another shape than its points: the question is there for others.
    assert unsaid == {"the model gives the shape "}


def test_a_sound_request_has_nothing_against_it():
    for name in ("exponential", "gaussian", "peaks", "polynomial"):
        sound = validating.spoiled(draw_dataset(Draw(1), name, 300))[0]
        assert validating.validate(sound) == validating.Verdict(errors=(), warnings=())


anything = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.floats(),
    st.lists(st.floats(), max_size=12),
    st.lists(st.lists(st.floats(), max_size=3), max_size=3),
    st.tuples(st.lists(st.floats(), max_size=4), st.lists(st.floats(), max_size=4)),
)
few = st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    family=st.sampled_from(["exponential", "polynomial", "none such"]),
    x=st.one_of(anything, few),
    y=st.one_of(anything, few),
    others=st.fixed_dictionaries({"start": anything, "bounds": anything, "sigma": anything}),
)
def test_both_validators_say_the_same_of_whatever_is_asked(family, x, y, others):
    request = validating.Request(family=family, x=x, y=y, **others)
    try:
        expected = validating.validate(request)
    except Exception as error:  # noqa: BLE001 - whatever the one raises, the other raises
        with pytest.raises(type(error)):
            validators.validate(request)
    else:
        assert validators.validate(request) == expected


def forgetful(asked):
    """A candidate that does not look at sigma: faster, and right for most requests."""
    unweighted = tuple(dataclasses.replace(request, sigma=None) for request in asked.requests)
    return validators.split(validating.ValidationInputs(requests=unweighted))


def test_a_validator_that_forgets_a_question_is_a_different_answer():
    assert verdict(VALIDATE, forgetful)


# Quadratic models


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), fits=st.integers(1, 4), dampings=st.integers(1, 5))
def test_a_damped_step_lowers_its_model_and_less_damping_lowers_it_more(seed, fits, dampings):
    draw = Draw(seed)
    asked = quadratics.damped_steps([draw_dataset(draw, "peaks", 60) for _ in range(fits)], dampings)
    values = quadratics.reference(asked)
    assert values.shape == (fits, dampings)
    assert (values < 0).all()
    assert (np.diff(values, axis=1) > 0).all()
    assert np.allclose(quadratics.vectorised(asked), values, rtol=1e-12, atol=0)


def without_the_half(asked):
    """A candidate that takes the whole curvature."""
    moved = asked.steps @ asked.jacobian.transpose(0, 2, 1)
    return (moved**2).sum(axis=2) + np.einsum("fdi,fi->fd", asked.steps, asked.gradient)


@pytest.mark.parametrize(
    "candidate", [without_the_half, lambda asked: quadratics.vectorised(asked).astype(np.float32)]
)
def test_another_value_of_the_models_is_a_different_answer(candidate):
    assert verdict(QUADRATICS, candidate)


# Scaling


@pytest.fixture
def scaling():
    need_module("scipy", "scipy")
    from perfwatch.workloads.nlsq import scaling

    return scaling


def test_an_exponent_is_that_of_a_power_and_its_interval_holds_it(scaling):
    points = np.array([100, 1_000, 10_000, 100_000])
    exact = scaling.fitted_exponent(points, np.array([points**0.8]))
    assert exact == pytest.approx([0.8, 0.8, 0.8], abs=1e-6)
    wobbling = np.array([points**0.8 * (1 + 0.1 * sign) for sign in (-1, 1, -1, 1)])
    low, middle, high = scaling.fitted_exponent(points, wobbling)
    assert low < 0.8 < high
    assert low < middle < high
    assert high - low < 0.1


def test_an_interval_of_the_exponent_holds_the_truth_19_times_of_20(scaling):
    draw, points = Draw(11), np.array([100, 400, 1_600, 6_400])
    hits = 0
    for _ in range(400):
        times = points**0.5 * np.exp(0.2 * draw.bell(3, 4))
        low, _, high = scaling.fitted_exponent(points, times)
        hits += low <= 0.5 <= high
    assert 0.92 < hits / 400 < 0.98


def test_every_size_is_a_reading_of_one_decay_and_begins_alike(scaling):
    datasets = inputs_of(SCALING)[0].datasets
    assert [len(each.x) for each in datasets] == [100, 400, 1_600, 6_400]
    assert all(np.array_equal(each.truth, datasets[0].truth) for each in datasets)
    assert all(np.array_equal(each.start, datasets[0].start) for each in datasets)


def spoil(table, **changes):
    return dataclasses.replace(table, **changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"parameters": lambda table: table.parameters * 1.00001}, "parameters"),
        ({"points_count": lambda table: table.points_count * 2}, "points_count"),
        ({"first_ns": lambda table: table.first_ns * 0}, "first_ns"),
        ({"warm_ns": lambda table: table.warm_ns * np.nan}, "warm_ns"),
        ({"warm_ns": lambda table: table.warm_ns[:-1]}, "warm_ns"),
        ({"warm_exponent": lambda table: table.warm_exponent[::-1]}, "warm_exponent"),
        ({"first_exponent": lambda table: table.first_exponent + 1.0}, "where the times give"),
    ],
)
def test_a_table_that_is_not_what_was_measured_is_refused(scaling, changes, reason):
    base, head = outputs_of(SCALING, "reference")[0], outputs_of(SCALING, "exponent")[0]
    changed = spoil(head, **{name: change(head) for name, change in changes.items()})
    assert judged(SCALING, inputs_of(SCALING), [base], [head]) == ""
    assert reason in judged(SCALING, inputs_of(SCALING), [base], [changed])


def test_what_is_no_table_is_a_different_answer(scaling):
    base = outputs_of(SCALING, "reference")
    assert "has no points_count" in judged(SCALING, inputs_of(SCALING), base, [{}])


def test_first_calls_with_a_compiler_take_longer_than_warm_ones(scaling):
    need_module("jax", "jax")
    table = outputs_of(SCALING, "jax-exponent")[0]
    assert judged(SCALING, inputs_of(SCALING), outputs_of(SCALING, "reference"), [table]) == ""
    assert (table.first_ns > 3 * table.warm_ns).all()


# The decision matrix


@pytest.fixture(scope="module")
def decide():
    need_module("scipy", "scipy")
    from perfwatch.workloads.nlsq import decide

    return decide


@pytest.fixture(scope="module")
def jobs(decide):
    small = {"few": 400, "many": 700, "most": 12_000, "repeats": 2, "rounds": 1}
    return decide.draw_jobs(small, 0)


@pytest.fixture(scope="module")
def followed(decide, jobs):
    return decide.reference(jobs)


@pytest.fixture(scope="module")
def table(decide, jobs):
    return decide.measured(jobs)


def test_the_matrix_is_the_document_s(decide):
    assert [cell.recommended for cell in decide.MATRIX] == [
        "plain",
        "pool",
        "plain",
        "pool",
        "sparse",
        "sparse and pool",
        "pool",
        "sparse and pool",
        "streaming",
    ]


def test_cells_are_as_sparse_as_they_say(decide, table):
    for cell, share in zip(decide.MATRIX, table.zeros_share, strict=True):
        assert share > 0.9 if cell.zeros else share < 0.5


def test_a_followed_matrix_measures_the_recommended_forms_alone(decide, followed):
    assert ((followed.time_ns > 0).sum(axis=1) == 1).all()
    assert (followed.fastest == -1).all()
    assert (followed.smallest == -1).all()


def test_a_measured_matrix_is_the_same_answer_and_tells_who_won(decide, jobs, followed, table):
    other = decide.draw_jobs({"few": 200, "many": 200, "most": 400, "repeats": 1, "rounds": 1}, 1)
    before = digest(other)
    inputs, reference = [jobs, other], [followed, decide.reference(other)]
    assert judged(DECIDE, inputs, reference, [table, decide.measured(other)]) == ""
    assert digest(other) == before
    assert (table.time_ns > 0).all()
    assert (table.peak_bytes > 0).all()
    assert set(table.fastest) | set(table.smallest) <= {0, 1}


def test_every_form_finds_the_same_parameters_in_every_cell(decide, jobs):
    for cell in decide.MATRIX:
        with decide._placed(jobs.jobs[cell.name], on_disk=cell.on_disk) as job:
            found = {name: form(job) for name, form in decide.FORMS.items()}
            assert (job.path is not None) == cell.on_disk
        assert job.path is None or not job.path.exists()
        for name, parameters in found.items():
            assert np.allclose(parameters, found["plain"], rtol=1e-6, atol=0), (cell.name, name)


def test_who_won_is_told_by_the_figures(decide):
    figures = np.array([[10.0, 12.0, 0.0], [10.0, 9.5, 20.0], [10.0, 9.0, 20.0], [5.0, 0.0, 0.0]])
    assert decide.winners(figures, np.array([0, 0, 0, 0])).tolist() == [1, 1, 0, -1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"parameters": lambda table: table.parameters * 1.00001}, "parameters"),
        ({"recommended": lambda table: table.recommended * 0}, "recommended"),
        ({"cells": lambda table: table.cells[::-1]}, "not those of the matrix"),
        ({"time_ns": lambda table: table.time_ns * 0}, "time_ns"),
        ({"peak_bytes": lambda table: -table.peak_bytes}, "peak_bytes"),
        ({"fastest": lambda table: 1 - table.fastest}, "fastest"),
        ({"smallest": lambda table: np.full_like(table.smallest, -1)}, "smallest"),
    ],
)
def test_a_matrix_that_is_not_what_was_measured_is_refused(jobs, followed, table, changes, reason):
    changed = spoil(table, **{name: change(table) for name, change in changes.items()})
    assert reason in judged(DECIDE, [jobs], [followed], [changed])


def test_each_cell_is_told_in_a_line(decide, table):
    lines = list(decide.told(table))
    assert len(lines) == len(decide.MATRIX)
    assert lines[-1].startswith("on disk: streaming is recommended and takes ")
