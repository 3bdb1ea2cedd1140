"""The active-set method and the control built on it: minima, bounds, starts."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import drawn, one_thread, verdict

from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import mpc
from perfwatch.workloads.intent.active_set import Dense, solved
from perfwatch.workloads.intent.table_one import MPC

__all__ = ["one_thread"]  # a fixture that holds for the whole module

seeds = st.integers(min_value=0, max_value=2**40)


def drawn_program(seed, size, limit):
    draw = Draw(seed)
    half = draw.between(-1.0, 1.0, size, size)
    return half @ half.T + 0.1 * np.eye(size), draw.between(-3.0, 3.0, size), limit


def from_cold(program, size):
    return solved(program, np.zeros(size), np.zeros(size, np.int8))


@settings(max_examples=60, deadline=None)
@given(seed=seeds, size=st.integers(1, 9), limit=st.floats(0.05, 4.0))
def test_a_solution_meets_the_conditions_of_a_minimum(seed, size, limit):
    hessian, slope, limit = drawn_program(seed, size, limit)
    point = from_cold(Dense(hessian, slope, limit), size).point
    gradient = hessian @ point + slope
    assert np.abs(point).max() <= limit
    inside = np.abs(point) < limit
    tolerance = 1e-9 * max(1.0, np.abs(gradient).max())
    assert np.abs(gradient[inside]).max(initial=0.0) < tolerance
    assert (gradient[~inside] * np.sign(point[~inside])).max(initial=0.0) < tolerance


@settings(max_examples=40, deadline=None)
@given(seed=seeds, size=st.integers(1, 8))
def test_the_minimum_does_not_depend_on_the_start(seed, size):
    hessian, slope, limit = drawn_program(seed, size, 0.5)
    sides = Draw(seed + 1).below(3, size).astype(np.int8) - np.int8(1)
    cold = from_cold(Dense(hessian, slope, limit), size)
    other = solved(Dense(hessian, slope, limit), limit * sides.astype(float), sides)
    assert np.allclose(cold.point, other.point, atol=1e-9)
    again = solved(Dense(hessian, slope, limit), cold.point, cold.held)
    assert again.iterations_count == 1


def test_a_program_that_has_no_single_minimum_is_refused():
    with pytest.raises(ArithmeticError, match="not strictly convex"):
        solved(_Turning(), np.zeros(2), np.zeros(2, np.int8))


class _Turning:
    """A program whose gradient pushes to wherever it is not."""

    limit = 1.0

    def minimum(self, point, held):
        return np.where(held == 0, -2.0 * np.sign(point - 0.5), point)

    def gradient(self, point):
        return 5.0 * np.sign(point)


@settings(max_examples=8, deadline=None)
@given(seed=seeds, steps=st.integers(1, 4), horizon=st.integers(1, 9))
def test_every_form_applies_the_same_controls_whatever_the_seed(seed, steps, horizon):
    way = mpc.draw_way(steps, horizon, seed)
    expected = mpc.reference(way).controls
    for form in (mpc.warm_start, mpc.condensed, mpc.riccati):
        assert np.allclose(form(way).controls, expected, rtol=0, atol=1e-9)


def test_bounds_are_met_and_kept():
    (way,) = drawn(MPC, seeds_count=1)
    controls = np.abs(mpc.reference(way).controls)
    assert controls.max() == way.plant.limit
    assert 0.02 < np.mean(controls == way.plant.limit) < 0.6


def test_without_bounds_in_the_way_the_first_control_is_the_feedback_of_the_riccati_equation():
    plant = mpc.Plant(horizon=120, limit=1e6)
    motion, weights = mpc.Motion.of(plant), np.diag(mpc.STATE_WEIGHTS)
    square = weights
    for _ in range(2_000):
        inner = mpc.CONTROL_WEIGHT * np.eye(2) + motion.pushed.T @ square @ motion.pushed
        gain = np.linalg.solve(inner, motion.pushed.T @ square @ motion.free)
        square = weights + motion.free.T @ square @ (motion.free - motion.pushed @ gain)
    state = np.array([0.3, -0.2, 0.1, 0.4])
    found = mpc.Cold(plant).control(state, np.zeros((120, 4)))
    assert np.allclose(found, -gain @ state, rtol=1e-9)


def test_stage_by_stage_or_at_once_the_program_has_one_gradient():
    plant = mpc.Plant(horizon=6)
    state, wanted = np.array([0.3, -0.2, 0.1, 0.4]), Draw(1).between(-0.5, 0.5, 6, 4)
    point = Draw(2).between(-1.0, 1.0, 12)
    programs = [each(plant)._program(state, wanted) for each in (mpc.Cold, mpc.Recursive)]
    at_once, stagewise = (program.gradient(point) for program in programs)
    assert np.allclose(at_once, stagewise, rtol=1e-12, atol=1e-12)


def test_a_warm_start_takes_fewer_iterations():
    (way,) = drawn(MPC, seeds_count=1)
    cold, warm = mpc.Cold(way.plant), mpc.Warm(way.plant)
    for controller in (cold, warm):
        mpc._driven(way, controller)
    assert warm.iterations_count < cold.iterations_count / 2


def test_clipping_what_is_best_without_bounds_is_a_different_answer():
    def clipped(way):
        free = dataclasses.replace(way, plant=dataclasses.replace(way.plant, limit=1e9))
        controls = np.clip(mpc.condensed(free).controls, -way.plant.limit, way.plant.limit)
        return mpc.MpcOutputs(controls=controls)

    assert verdict(MPC, clipped)
