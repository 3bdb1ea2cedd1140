"""The steps of ``trf_step`` by JAX: with conversions, without them, and fused into one compiled loop.

``reference`` and ``no_conversions`` are the same loop in Python around compiled parts. They
differ in one thing: whether what the parts answer is made a NumPy array at six places. The
fused forms are one compiled function, in which the loop's control is compiled, too.
This module must not measure itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from perfwatch.workloads.nlsq import trf_step
from perfwatch.workloads.nlsq.models import exponential, exponential_jacobian
from perfwatch.workloads.nlsq.precision import double_precision
from perfwatch.workloads.nlsq.trf_step import Parts, StepInputs, StepOutputs


def reference(asked: StepInputs) -> StepOutputs:
    """Take the steps by compiled parts, whose answers are converted to NumPy at six places."""
    with double_precision():
        return trf_step.walk(asked, compiled_parts(asked), np.asarray)


def no_conversions(asked: StepInputs) -> StepOutputs:
    """Take the steps by compiled parts, and leave their answers on the device."""
    with double_precision():
        return trf_step.walk(asked, compiled_parts(asked), lambda value: value)


def scan(asked: StepInputs) -> StepOutputs:
    """Take the steps in one compiled ``lax.scan``; after the last one it goes on and does nothing."""
    with double_precision():
        return _answer(asked, _scanned(asked.x, asked.y, asked.start, steps_limit=asked.steps_limit))


def while_loop(asked: StepInputs) -> StepOutputs:
    """Take the steps in one compiled ``lax.while_loop``, which ends with the last one."""
    with double_precision():
        return _answer(asked, _looped(asked.x, asked.y, asked.start, asked.steps_limit))


def compiled_parts(asked: StepInputs) -> Parts:
    """Return the parts of a step as JAX compiles them; the data are put on the device once."""
    x, y = jnp.asarray(asked.x), jnp.asarray(asked.y)
    return Parts(
        evaluate=lambda parameters: _evaluated(x, y, parameters),
        decompose=_decomposed,
        predict=_predicted,
        cost_at=lambda parameters: _cost(x, y, parameters),
    )


# The parts


@jax.jit
def _evaluated(x: Any, y: Any, parameters: Any) -> tuple[Any, Any, Any, Any]:
    residuals = exponential(x, parameters, jnp) - y
    jacobian = exponential_jacobian(x, parameters, jnp)
    return residuals, jacobian, 0.5 * residuals @ residuals, residuals @ jacobian


@jax.jit
def _decomposed(jacobian: Any, residuals: Any) -> tuple[Any, Any, Any]:
    left, values, right = jnp.linalg.svd(jacobian, full_matrices=False)
    return values, right.T, residuals @ left


@jax.jit
def _predicted(jacobian: Any, gradient: Any, step: Any) -> Any:
    moved = jacobian @ step
    return -(0.5 * moved @ moved + gradient @ step)


@jax.jit
def _cost(x: Any, y: Any, parameters: Any) -> Any:
    residuals = exponential(x, parameters, jnp) - y
    return 0.5 * residuals @ residuals


# The fused loop


class _State(NamedTuple):
    """Where the loop stands: what ``trf_step.walk`` keeps in its variables."""

    parameters: Any
    radius: Any
    jacobian: Any
    gradient: Any
    cost: Any
    factors: tuple[Any, Any, Any]
    steps_count: Any
    converged: Any


@jax.jit
def _looped(x: Any, y: Any, start: Any, steps_limit: Any) -> _State:
    def goes_on(state: _State) -> Any:
        return ~state.converged & (state.steps_count < steps_limit)

    return lax.while_loop(goes_on, lambda state: _stepped(x, y, state), _begun(x, y, start))


def _scan_of(x: Any, y: Any, start: Any, *, steps_limit: int) -> _State:
    def once(state: _State, _: None) -> tuple[_State, None]:
        # A branch that is not taken is not computed: what is left of a step is its bookkeeping.
        return lax.cond(state.converged, lambda same: same, lambda old: _stepped(x, y, old), state), None

    return lax.scan(once, _begun(x, y, start), length=steps_limit)[0]


_scanned = jax.jit(_scan_of, static_argnames="steps_limit")


def _begun(x: Any, y: Any, start: Any) -> _State:
    residuals, jacobian, cost, gradient = _evaluated(x, y, start)
    return _State(
        parameters=start,
        radius=jnp.asarray(trf_step.FIRST_RADIUS),
        jacobian=jacobian,
        gradient=gradient,
        cost=cost,
        factors=_decomposed(jacobian, residuals),
        steps_count=jnp.asarray(0),
        converged=jnp.asarray(False),  # noqa: FBT003 - a value, not an option
    )


def _stepped(x: Any, y: Any, state: _State) -> _State:
    """Return the state after one step that was tried: a turn of the loop in ``trf_step.walk``."""
    step = _damped(state.factors, state.radius)
    predicted = _predicted(state.jacobian, state.gradient, step)
    trial = state.parameters + step
    trial_cost = _cost(x, y, trial)
    small = predicted <= trf_step.COST_TOLERANCE * state.cost
    gained = state.cost - trial_cost
    moved: _State = lax.cond(
        gained > 0,
        lambda: _begun(x, y, trial)._replace(cost=trial_cost),
        lambda: state,
    )
    return moved._replace(
        radius=_followed(state.radius, trf_step.length(step), gained / predicted),
        steps_count=state.steps_count + 1,
        converged=small,
    )


def _followed(radius: Any, step_length: Any, ratio: Any) -> Any:
    held_back = (ratio > trf_step.GOOD_RATIO) & (step_length > trf_step.BOUND_SHARE * radius)
    grown = jnp.where(held_back, trf_step.GROWING * radius, radius)
    return jnp.where(ratio < trf_step.POOR_RATIO, trf_step.SHRINKING * step_length, grown)


def _damped(factors: tuple[Any, Any, Any], radius: Any) -> Any:
    values, vectors, projected = factors
    whole = -vectors @ (projected / values)
    return lax.cond(trf_step.length(whole) <= radius, lambda: whole, lambda: _held_back(factors, radius))


def _held_back(factors: tuple[Any, Any, Any], radius: Any) -> Any:
    """Return the step that is as long as the radius; the loop is that of ``trf_step.damped_step``."""
    values, vectors, projected = factors
    scaled = values * projected
    highest = trf_step.length(scaled) / radius

    def over_at(damping: Any) -> tuple[Any, Any, Any]:
        damped = values * values + damping
        reached = trf_step.length(scaled / damped)
        return reached, reached - radius, -(scaled * scaled / damped**3).sum() / reached

    def goes_on(search: tuple[Any, Any, Any, Any]) -> Any:
        count, _, _, damping = search
        return (count < trf_step.DAMPINGS_COUNT) & (
            jnp.abs(over_at(damping)[1]) >= trf_step.RADIUS_SHARE * radius
        )

    def narrowed(search: tuple[Any, Any, Any, Any]) -> tuple[Any, Any, Any, Any]:
        count, low, high, damping = search
        reached, over, slope = over_at(damping)
        high = jnp.where(over < 0, damping, high)
        low = jnp.maximum(low, damping - over / slope)
        damping = damping - reached / radius * over / slope
        middle = jnp.maximum(trf_step.LEAST_DAMPING_SHARE * high, jnp.sqrt(low * high))
        return count + 1, low, high, jnp.where((low < damping) & (damping < high), damping, middle)

    first = (0, jnp.asarray(0.0), highest, trf_step.LEAST_DAMPING_SHARE * highest)
    damping = lax.while_loop(goes_on, narrowed, first)[3]
    step = -vectors @ (scaled / (values * values + damping))
    return step * (radius / trf_step.length(step))


def _answer(asked: StepInputs, found: _State) -> StepOutputs:
    """Return what a fused loop found; raises ``FitNotConverged`` where it ran out of steps."""
    if not found.converged:
        raise trf_step.not_converged(asked, float(found.cost))
    return StepOutputs(
        parameters=np.asarray(found.parameters), cost=float(found.cost), steps_count=int(found.steps_count)
    )
