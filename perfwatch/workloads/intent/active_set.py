"""Quadratic programs with a bound on each variable, by the primal active-set method.

The method holds some variables at their bounds (the working set), goes to the minimum over
the free ones as far as no bound is in the way, and lets one variable go where its multiplier
has the wrong sign: J. Nocedal and S. J. Wright, Numerical Optimization (2006), algorithm
16.3. It ends at the exact minimum, up to rounding, wherever it started; a start near the
minimum saves iterations.

How the minimum over the free variables is found is the program's own business. This
module must not know what the variables mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Sides = NDArray[np.int8]

#: More iterations than this, for each variable, and the method is going in circles.
ITERATIONS_PER_VARIABLE = 20
#: A multiplier of the wrong sign counts from here on, relative to the greatest gradient.
MULTIPLIER_TOLERANCE = 1e-11


class Program(Protocol):
    """A strictly convex quadratic program whose variables may go from ``-limit`` to ``limit``."""

    limit: float

    def minimum(self, point: FloatArray, held: Sides) -> FloatArray:
        """Return the minimum over the variables that are not held, the others being as in ``point``."""

    def gradient(self, point: FloatArray) -> FloatArray:
        """Return the gradient at a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The minimum, and the sides (-1, 0 or 1) at which variables are held there."""

    point: FloatArray
    held: Sides
    iterations_count: int


def solved(program: Program, point: FloatArray, held: Sides) -> Solution:
    """Return the minimum, begun at a point within the bounds whose held variables lie on them.

    Raises ``ArithmeticError`` where the method does not come to an end: the program is not convex.
    """
    point, held = point.copy(), held.copy()
    for iteration in range(1, ITERATIONS_PER_VARIABLE * len(point) + 1):
        target = program.minimum(point, held)
        share, blocking = _first_bound(point, target, held, program.limit)
        if blocking is None:
            point = target
            released = _wrongly_held(program.gradient(point), held)
            if released is None:
                return Solution(point=point, held=held, iterations_count=iteration)
            held[released] = 0
        else:
            point += share * (target - point)
            held[blocking] = 1 if target[blocking] > 0 else -1
            point[blocking] = held[blocking] * program.limit
    raise ArithmeticError(
        f"the active-set method did not end after {ITERATIONS_PER_VARIABLE * len(point)} iterations: "
        "the program is not strictly convex"
    )


def _first_bound(
    point: FloatArray, target: FloatArray, held: Sides, limit: float
) -> tuple[float, int | None]:
    """Return how much of the way to the target lies within the bounds, and which variable ends it."""
    beyond = np.flatnonzero((np.abs(target) > limit) & (held == 0))
    if not len(beyond):
        return 1.0, None
    way = target[beyond] - point[beyond]
    shares = (np.copysign(limit, way) - point[beyond]) / way
    first = int(np.argmin(shares))
    return float(max(0.0, shares[first])), int(beyond[first])


def _wrongly_held(gradient: FloatArray, held: Sides) -> int | None:
    """Return the variable that most wants to leave its bound, if any."""
    # At an upper bound the gradient must not be positive, at a lower one not negative.
    pull = gradient * held
    worst = int(np.argmax(pull))
    least = MULTIPLIER_TOLERANCE * max(1.0, float(np.abs(gradient).max()))
    return worst if pull[worst] > least else None


class Dense:
    """A program given by its Hessian and its gradient at zero."""

    def __init__(self, hessian: FloatArray, slope: FloatArray, limit: float) -> None:
        self.limit = limit
        self._hessian = hessian
        self._slope = slope

    def minimum(self, point: FloatArray, held: Sides) -> FloatArray:
        """Solve for the free variables."""
        free = held == 0
        target = point.copy()
        if free.any():
            known = self._slope[free] + self._hessian[np.ix_(free, ~free)] @ point[~free]
            target[free] = np.linalg.solve(self._hessian[np.ix_(free, free)], -known)
        return target

    def gradient(self, point: FloatArray) -> FloatArray:
        """Return the gradient at a point."""
        return np.asarray(self._hessian @ point + self._slope)
