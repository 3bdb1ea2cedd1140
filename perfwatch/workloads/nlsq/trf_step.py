"""Trust-region steps of a least-squares fit, one after the other, until nothing is left to gain.

A step solves ``min |J s + r|`` within a radius: by the singular values of ``J``, and by
Newton's iteration for the damping at which the step is as long as the radius allows. It is
taken if it lowers the cost; the radius follows how well the cost was predicted. Sources:
J. J. More, in Numerical Analysis, Lecture Notes in Mathematics 630 (1978) 105, for the damping;
M. A. Branch, T. F. Coleman and Y. Li, SIAM J. Sci. Comput. 21 (1999) 1, for the radius.

The steps stand here once, in plain operators, and do not know whose arrays they work on:
NumPy's (``plain``, here), or JAX's (``trf_step_jax``). This module must not measure itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq.convergence import FitNotConverged
from perfwatch.workloads.nlsq.datasets import draw_dataset
from perfwatch.workloads.nlsq.models import exponential, exponential_jacobian
from perfwatch.workloads.nlsq.table_one import TRF_STEP
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

FAMILY = "exponential"
#: Where the steps begin, as shares of the truth: far enough that the radius matters.
FAR_START = np.array([0.3, 4.0, 3.0])
FIRST_RADIUS = 0.3
STEPS_LIMIT = 60
#: The fit has converged when a step is predicted to lower the cost by less than this share of it.
COST_TOLERANCE = 1e-9

# How the damping is found.
DAMPINGS_COUNT = 10
RADIUS_SHARE = 0.01
LEAST_DAMPING_SHARE = 1e-3
# How the radius follows: shrink below a quarter of what was predicted, grow above three quarters.
POOR_RATIO, GOOD_RATIO = 0.25, 0.75
SHRINKING, GROWING = 0.25, 2.0
#: A step this near to the radius was held back by it.
BOUND_SHARE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInputs:
    """Readings ``y`` at ``x``, of shape ``(points,)``, where the steps begin, and how many there may be."""

    x: FloatArray
    y: FloatArray
    start: FloatArray
    steps_limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutputs:
    """Where the steps ended: parameters, half the sum of squares, and how many steps were tried."""

    parameters: FloatArray
    cost: float
    steps_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a step is made of, by one array library or another.

    ``evaluate`` takes the parameters and returns residuals, Jacobian, cost and gradient,
    ``decompose`` takes Jacobian and residuals and returns the singular values, the right
    singular vectors and the residuals by left ones, ``predict`` takes Jacobian, gradient and
    step and returns by how much the cost falls, and ``cost_at`` the cost of parameters.
    """

    evaluate: Callable[[Any], tuple[Any, Any, Any, Any]]
    decompose: Callable[[Any, Any], tuple[Any, Any, Any]]
    predict: Callable[[Any, Any, Any], Any]
    cost_at: Callable[[Any], Any]


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> StepInputs:
    """Draw a decay and a poor guess of it; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    return draw_steps(extents_of(TRF_STEP, size)["points"], seed)


def draw_steps(points_count: int, seed: int) -> StepInputs:
    """Draw readings of a decay at so many points, and a poor guess of it."""
    drawn = draw_dataset(Draw(seed), FAMILY, points_count)
    return StepInputs(x=drawn.x, y=drawn.y, start=FAR_START * drawn.truth, steps_limit=STEPS_LIMIT)


def plain(asked: StepInputs) -> StepOutputs:
    """Take the steps with NumPy alone."""
    return walk(asked, numpy_parts(asked), lambda value: value)


def walk(asked: StepInputs, parts: Parts, handed: Callable[[Any], Any]) -> StepOutputs:
    """Take steps until the fit has converged.

    ``handed`` is called at the six places where an array goes from the library that
    computes to the control of the loop. Raises ``FitNotConverged``.
    """
    parameters, radius = asked.start, FIRST_RADIUS
    residuals, jacobian, cost, gradient = parts.evaluate(parameters)
    cost, gradient = handed(cost), handed(gradient)
    factors = _decomposed(parts, jacobian, residuals, handed)
    for steps_count in range(1, asked.steps_limit + 1):
        step = damped_step(factors, radius)
        predicted = handed(parts.predict(jacobian, gradient, step))
        trial_cost = handed(parts.cost_at(parameters + step))
        small = predicted <= COST_TOLERANCE * cost
        gained = cost - trial_cost
        radius = next_radius(radius, length(step), gained / predicted)
        if gained > 0:
            parameters = parameters + step
            residuals, jacobian, cost, gradient = parts.evaluate(parameters)
            gradient = handed(gradient)
            cost = trial_cost
            factors = _decomposed(parts, jacobian, residuals, handed)
        if small:
            return StepOutputs(parameters=np.asarray(parameters), cost=float(cost), steps_count=steps_count)
    raise not_converged(asked, float(cost))


def _decomposed(
    parts: Parts, jacobian: Any, residuals: Any, handed: Callable[[Any], Any]
) -> tuple[Any, Any, Any]:
    values, vectors, projected = parts.decompose(jacobian, residuals)
    return handed(values), handed(vectors), handed(projected)


def damped_step(factors: tuple[Any, Any, Any], radius: Any) -> Any:
    """Return the step of shape ``(parameters,)`` that lowers the linearised cost most within the radius."""
    values, vectors, projected = factors
    whole = -vectors @ (projected / values)
    if length(whole) <= radius:
        return whole
    scaled = values * projected
    low, high = 0.0, length(scaled) / radius
    damping = LEAST_DAMPING_SHARE * high
    for _ in range(DAMPINGS_COUNT):
        damped = values * values + damping
        reached = length(scaled / damped)
        over = reached - radius
        slope = -(scaled * scaled / damped**3).sum() / reached
        if abs(over) < RADIUS_SHARE * radius:
            break
        if over < 0:
            high = damping
        low = max(low, damping - over / slope)
        damping = damping - reached / radius * over / slope
        if not low < damping < high:
            damping = max(LEAST_DAMPING_SHARE * high, (low * high) ** 0.5)
    step = -vectors @ (scaled / (values * values + damping))
    return step * (radius / length(step))


def next_radius(radius: Any, step_length: Any, ratio: Any) -> Any:
    """Return the radius after a step whose gain was ``ratio`` of what had been predicted."""
    if ratio < POOR_RATIO:
        return SHRINKING * step_length
    if ratio > GOOD_RATIO and step_length > BOUND_SHARE * radius:
        return GROWING * radius
    return radius


def length(vector: Any) -> Any:
    """Return the Euclidean length of a vector."""
    return (vector @ vector) ** 0.5


def not_converged(asked: StepInputs, cost: float) -> FitNotConverged:
    """Return the error for steps that came to no end."""
    return FitNotConverged(FAMILY, len(asked.x), cost, spent=f"{asked.steps_limit} steps")


def numpy_parts(asked: StepInputs) -> Parts:
    """Return the parts of a step as NumPy computes them."""

    def evaluate(parameters: Any) -> tuple[Any, Any, Any, Any]:
        residuals = exponential(asked.x, parameters) - asked.y
        jacobian = exponential_jacobian(asked.x, parameters)
        return residuals, jacobian, 0.5 * residuals @ residuals, residuals @ jacobian

    def decompose(jacobian: Any, residuals: Any) -> tuple[Any, Any, Any]:
        left, values, right = np.linalg.svd(jacobian, full_matrices=False)
        return values, right.T, residuals @ left

    def predict(jacobian: Any, gradient: Any, step: Any) -> Any:
        moved = jacobian @ step
        return -(0.5 * moved @ moved + gradient @ step)

    def cost_at(parameters: Any) -> Any:
        residuals = exponential(asked.x, parameters) - asked.y
        return 0.5 * residuals @ residuals

    return Parts(evaluate=evaluate, decompose=decompose, predict=predict, cost_at=cost_at)
