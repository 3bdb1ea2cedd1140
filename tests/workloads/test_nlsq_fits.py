"""Fits and their steps: the same minimum by every form, the derivatives, and what is said of a fit without end."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import inputs_of, one_thread, outputs_of, verdict
from tools import need_module

from perfwatch.errors import TargetFailed
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq import trf_step
from perfwatch.workloads.nlsq.convergence import FitNotConverged
from perfwatch.workloads.nlsq.datasets import draw_dataset
from perfwatch.workloads.nlsq.models import FAMILIES
from perfwatch.workloads.nlsq.table_one import FIT, TRF_STEP

__all__ = ["one_thread"]  # a fixture that holds for the whole module

each_family = pytest.mark.parametrize("name", FAMILIES)


@pytest.fixture
def fit():
    need_module("scipy", "scipy")
    from perfwatch.workloads.nlsq import fit

    return fit


@pytest.fixture
def fused():
    need_module("jax", "jax")
    from perfwatch.workloads.nlsq import trf_step_jax

    return trf_step_jax


# Models


@each_family
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_jacobian_is_the_derivative_of_its_model(name, seed):
    family, data = FAMILIES[name], draw_dataset(Draw(seed), name, 40)
    found = family.jacobian(data.x, data.start)
    assert found.shape == (40, len(data.start))
    for index, parameter in enumerate(data.start):
        step = np.zeros_like(data.start)
        step[index] = 1e-6 * max(abs(parameter), 1.0)
        slope = (family.value(data.x, data.start + step) - family.value(data.x, data.start - step)) / (
            2 * step[index]
        )
        assert np.allclose(found[:, index], slope, rtol=1e-5, atol=1e-7)


@each_family
def test_readings_scatter_around_their_model_and_the_guess_is_near_it(name):
    data = draw_dataset(Draw(5), name, 2_000)
    scatter = data.y - FAMILIES[name].value(data.x, data.truth)
    assert abs(scatter.mean()) < 0.01
    assert 0.04 < scatter.std() < 0.06
    assert np.abs(data.start - data.truth).max() < 1.5


# Fits


def test_every_fit_ends_near_what_its_readings_were_made_from(fit):
    asked = fit.inputs("medium", 1)
    found = fit.analytic_jacobian(asked)
    for name, data in asked.datasets.items():
        assert np.allclose(getattr(found, name), data.truth, rtol=0.05, atol=0.02)


def test_the_parameters_of_a_fit_are_its_minimum(fit):
    asked = inputs_of(FIT)[0]
    for name, data in asked.datasets.items():
        found = getattr(outputs_of(FIT, "reference")[0], name)
        gradient = FAMILIES[name].jacobian(data.x, found).T @ (FAMILIES[name].value(data.x, found) - data.y)
        assert np.abs(gradient).max() < 1e-4


def with_a_wrong_derivative(asked):
    """A candidate whose derivative by the width lost a factor: it still moves, and ends elsewhere."""
    from perfwatch.workloads.nlsq import fit

    def jacobian_of(name):
        def jacobian(x, parameters):
            found = FAMILIES[name].jacobian(x, parameters)
            found[:, -1] *= 0.5
            found[:, 0] += 0.1
            return found

        return jacobian

    return fit.fit_each(asked, jacobian_of)


def in_single_precision(asked):
    """A candidate that takes data and start as single precision: as good as the noise, and not the same."""
    from perfwatch.workloads.nlsq import fit

    single = {
        name: dataclasses.replace(data, y=data.y.astype(np.float32).astype(np.float64) * (1 + 1e-5))
        for name, data in asked.datasets.items()
    }
    return fit.analytic_jacobian(dataclasses.replace(asked, datasets=single))


@pytest.mark.parametrize("candidate", [with_a_wrong_derivative, in_single_precision])
def test_another_minimum_is_a_different_answer(fit, candidate):
    assert "differ" in verdict(FIT, candidate)


@pytest.mark.parametrize("form", ["reference", "analytic_jacobian"])
def test_a_fit_that_runs_out_of_evaluations_is_an_error_that_says_what_how_many_and_how_far(fit, form):
    asked = dataclasses.replace(fit.inputs("small", 0), evaluations_limit=3)
    with pytest.raises(FitNotConverged) as caught:
        getattr(fit, form)(asked)
    error = caught.value
    assert isinstance(error, TargetFailed)
    assert (error.model, error.points_count) == ("exponential", 100)
    start = asked.datasets["exponential"]
    assert 0 < error.cost < fit.cost_of(start, start.start)
    assert "exponential model to 100 points did not converge within 3 evaluations" in error.happened
    assert f"{error.cost:.6g}" in error.happened


def test_a_derivative_by_jax_is_that_of_the_formula(fit):
    need_module("jax", "jax")
    from perfwatch.workloads.nlsq.fit_jax import compiled_once

    for name, data in inputs_of(FIT)[0].datasets.items():
        found = compiled_once(name)(data.x, data.start)
        assert found.dtype == np.float64
        assert np.allclose(found, FAMILIES[name].jacobian(data.x, data.start), rtol=1e-12, atol=1e-14)


def test_a_family_is_compiled_once_and_anew_only_where_that_is_asked_for(fit):
    need_module("jax", "jax")
    from jax import monitoring

    from perfwatch.workloads.nlsq import fit_jax

    heard = []
    monitoring.register_event_duration_secs_listener(lambda event, _seconds, **_about: heard.append(event))
    data = draw_dataset(Draw(3), "polynomial", 33)

    def compiled(jacobian):
        heard.clear()
        jacobian(data.x, data.start)
        return sum("backend_compile" in event for event in heard)

    assert compiled(fit_jax.compiled_once("polynomial")) > 0
    assert compiled(fit_jax.compiled_once("polynomial")) == 0
    assert compiled(fit_jax.newly_compiled("polynomial")) > 0


# Steps


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.floats(0.01, 100.0), min_size=3, max_size=3),
    projected=st.lists(st.floats(-10.0, 10.0), min_size=3, max_size=3).filter(any),
    radius=st.floats(0.01, 10.0),
)
def test_a_step_stays_within_its_radius_and_lowers_the_model(values, projected, radius):
    values, projected = np.sort(values)[::-1], np.array(projected)
    step = trf_step.damped_step((values, np.eye(3), projected), radius)
    assert trf_step.length(step) <= radius * (1 + 1e-9)
    # |J s + r|^2 in the basis of singular vectors.
    assert np.sum((values * step + projected) ** 2) <= np.sum(projected**2) * (1 + 1e-12)


def test_a_step_that_the_radius_does_not_hold_back_is_the_whole_one():
    values, projected = np.array([3.0, 2.0]), np.array([1.0, -1.0])
    step = trf_step.damped_step((values, np.eye(2), projected), 10.0)
    assert np.allclose(step, [-1 / 3, 1 / 2])


@pytest.mark.parametrize(
    ("length", "ratio", "expected"), [(1.0, 0.1, 0.25), (0.5, 0.9, 1.0), (1.0, 0.9, 2.0), (1.0, 0.5, 1.0)]
)
def test_the_radius_follows_how_well_the_gain_was_predicted(length, ratio, expected):
    assert trf_step.next_radius(1.0, length, ratio) == expected


def test_steps_end_in_the_minimum_that_scipy_finds(fit):
    asked = trf_step.draw_steps(500, 2)
    data = draw_dataset(Draw(2), trf_step.FAMILY, 500)
    expected = fit.fit_one(data, FAMILIES[trf_step.FAMILY].jacobian)
    found = trf_step.plain(asked)
    assert np.allclose(found.parameters, expected, rtol=1e-4)
    assert found.cost == pytest.approx(fit.cost_of(data, expected), rel=1e-6)
    assert found.steps_count > 5  # far enough away that the radius matters


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_fused_loops_take_the_very_steps_of_the_plain_one(seed):
    need_module("jax", "jax")
    from perfwatch.workloads.nlsq import trf_step_jax

    asked = trf_step.draw_steps(50, seed)
    expected = trf_step.plain(asked)
    for form in (trf_step_jax.scan, trf_step_jax.while_loop):
        found = form(asked)
        assert found.steps_count == expected.steps_count
        assert np.allclose(found.parameters, expected.parameters, rtol=1e-10)


def one_step_less(asked):
    """A candidate that stops a step early: nearly right."""
    taken = trf_step.plain(asked).steps_count
    kept = []
    parts = trf_step.numpy_parts(asked)

    def evaluate(parameters):
        kept.append(parameters)
        return parts.evaluate(parameters)

    done = trf_step.walk(asked, dataclasses.replace(parts, evaluate=evaluate), lambda value: value)
    return dataclasses.replace(done, parameters=kept[-2], steps_count=taken)


def test_a_step_too_few_is_a_different_answer(fused):
    assert "parameters" in verdict(TRF_STEP, one_step_less)


def test_conversions_are_made_at_six_places():
    handed = []
    found = trf_step.walk(
        trf_step.draw_steps(50, 0),
        trf_step.numpy_parts(trf_step.draw_steps(50, 0)),
        lambda value: handed.append(np.shape(value)) or value,
    )
    moved = (len(handed) - 5 - 2 * found.steps_count) / 4
    # Cost, gradient and three factors at first; two scalars a step; gradient and factors a move.
    assert moved == int(moved)
    assert 0 < moved <= found.steps_count


@pytest.mark.parametrize("form", ["reference", "no_conversions", "scan", "while_loop"])
def test_steps_that_come_to_no_end_are_an_error_in_every_form(fused, form):
    asked = dataclasses.replace(trf_step.draw_steps(100, 0), steps_limit=2)
    with pytest.raises(
        FitNotConverged, match="exponential model to 100 points did not converge within 2 steps"
    ):
        getattr(fused, form)(asked)
    with pytest.raises(FitNotConverged):
        trf_step.plain(asked)


def test_what_precision_jax_computes_with_elsewhere_is_left_alone(fused):
    import jax.numpy as jnp

    before = jnp.asarray(np.ones(2)).dtype
    fused.while_loop(trf_step.draw_steps(20, 0))
    assert jnp.asarray(np.ones(2)).dtype == before == np.float32
