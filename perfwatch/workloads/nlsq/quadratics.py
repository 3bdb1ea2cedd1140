"""How far a quadratic model of the cost falls, for the steps of many fits and many dampings.

At Jacobian ``J`` and gradient ``g`` the model of a least-squares cost is
``m(s) = g s + |J s|^2 / 2``; the steps are those of K. Levenberg, Q. Appl. Math. 2 (1944) 164,
``s = -(J' J + d)^-1 g``, which go from the steepest descent to the whole step as the damping
``d`` falls. Along them ``m`` is below zero, and no figure is the difference of greater ones.
This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq.datasets import Dataset, draw_dataset
from perfwatch.workloads.nlsq.models import FAMILIES
from perfwatch.workloads.nlsq.table_one import QUADRATICS
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

FAMILY = "peaks"
#: Dampings, as shares of the greatest curvature.
LEAST_DAMPING, GREATEST_DAMPING = 1e-6, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraticInputs:
    """Models and the steps at which each is asked for.

    ``jacobian`` has shape ``(fits, points, parameters)``, ``gradient`` ``(fits, parameters)``
    and ``steps`` ``(fits, dampings, parameters)``.
    """

    jacobian: FloatArray
    gradient: FloatArray
    steps: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> QuadraticInputs:
    """Draw fits that begin, and damped steps of each; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    draw, extents = Draw(seed), extents_of(QUADRATICS, size)
    datasets = [draw_dataset(draw, FAMILY, extents["points"]) for _ in range(extents["fits"])]
    return damped_steps(datasets, extents["dampings"])


def damped_steps(datasets: Sequence[Dataset], dampings_count: int) -> QuadraticInputs:
    """Return the quadratic model of each fit's cost where it begins, and steps from there."""
    family = FAMILIES[datasets[0].family]
    jacobian = np.stack([family.jacobian(each.x, each.start) for each in datasets])
    residuals = np.stack([family.value(each.x, each.start) - each.y for each in datasets])
    gradient = np.einsum("fpi,fp->fi", jacobian, residuals)
    curvature = np.einsum("fpi,fpj->fij", jacobian, jacobian)
    greatest = np.trace(curvature, axis1=1, axis2=2)
    shares = np.geomspace(LEAST_DAMPING, GREATEST_DAMPING, dampings_count)
    identity = np.eye(jacobian.shape[2])
    damped = curvature[:, None] + (greatest[:, None] * shares)[..., None, None] * identity
    steps = -np.linalg.solve(damped, gradient[:, None, :, None])[..., 0]
    return QuadraticInputs(jacobian=jacobian, gradient=gradient, steps=steps)


def reference(asked: QuadraticInputs) -> FloatArray:
    """Return each model's value at each of its steps, of shape ``(fits, dampings)``, one by one."""
    fits_count, dampings_count, _ = asked.steps.shape
    values = np.empty((fits_count, dampings_count))
    for fit in range(fits_count):
        for damping in range(dampings_count):
            values[fit, damping] = _value(asked.jacobian[fit], asked.gradient[fit], asked.steps[fit, damping])
    return values


def _value(jacobian: FloatArray, gradient: FloatArray, step: FloatArray) -> float:
    moved = jacobian @ step
    return float(0.5 * moved @ moved + gradient @ step)


def vectorised(asked: QuadraticInputs) -> FloatArray:
    """Return the same, every step of every fit in one product of matrices."""
    moved = asked.steps @ asked.jacobian.transpose(0, 2, 1)
    curved = np.einsum("fdp,fdp->fd", moved, moved)
    return np.asarray(0.5 * curved + np.einsum("fdi,fi->fd", asked.steps, asked.gradient))
