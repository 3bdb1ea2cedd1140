"""A least-squares fit by damped steps on the normal equations, whoever adds them up.

The steps are those of K. Levenberg and D. W. Marquardt; the damping follows H. B. Nielsen (K. Madsen,
H. B. Nielsen, O. Tingleff, Methods for Non-Linear Least Squares Problems, 2nd ed. (2004), section 3.2).
With residuals r, Jacobian J (of the model), A = J^T J and g = J^T r::

    (A + mu D) h = g,   D = diag(A),   parameters + h where the cost falls

This module must not know a model, nor how the sums were formed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.errors import TargetFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: A step that moves no parameter by more than this share of it ends the fit.
TOLERANCE = 1e-9
MOST_EVALUATIONS = 100

_FIRST_DAMPING = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """The normal equations at one point: half the squared residuals, J^T r with r = y - f, and J^T J."""

    cost: float
    gradient: FloatArray
    curvature: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Where a fit ended, what it cost there, and how often the normal equations were added up."""

    parameters: FloatArray
    cost: float
    evaluations_count: int


def fit(
    equations: Callable[[FloatArray], Normal], start: FloatArray, *, tolerance: float = TOLERANCE
) -> Fitted:
    """Follow damped steps from ``start`` until they are shorter than ``tolerance``.

    Raises ``TargetFailed`` where that has not come to pass after ``MOST_EVALUATIONS``.
    """
    parameters, here = start, equations(start)
    damping, growth = _FIRST_DAMPING, 2.0
    for count in range(2, MOST_EVALUATIONS + 1):
        scale = np.where(np.diag(here.curvature) > 0.0, np.diag(here.curvature), 1.0)
        step = np.linalg.solve(here.curvature + damping * np.diag(scale), here.gradient)
        if np.all(np.abs(step) <= tolerance * (np.abs(parameters) + tolerance)):
            return Fitted(parameters=parameters, cost=here.cost, evaluations_count=count - 1)
        there = equations(parameters + step)
        foretold = 0.5 * float(step @ (damping * scale * step + here.gradient))
        gain = (here.cost - there.cost) / foretold
        if gain > 0.0:
            parameters, here = parameters + step, there
            damping, growth = damping * max(1 / 3, 1.0 - (2.0 * gain - 1.0) ** 3), 2.0
        else:
            damping, growth = damping * growth, 2.0 * growth
    raise TargetFailed(
        f"The fit did not converge: {MOST_EVALUATIONS} evaluations brought the cost to {here.cost:.6g}.",
        means="There is no answer, and a time for it would say nothing.",
        do="Start nearer to the solution, or fit fewer parameters.",
    )
