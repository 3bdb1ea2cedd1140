"""Fits of four model families by the trust-region-reflective method of SciPy.

Least squares without bounds: ``curve_fit`` with ``method="trf"``, which follows M. A. Branch,
T. F. Coleman and Y. Li, SIAM J. Sci. Comput. 21 (1999) 1. Without a Jacobian it takes
differences, one more evaluation of the model for each parameter.

Tolerances are near the precision of double numbers: all forms end in the same minimum, not
merely near it. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import curve_fit, least_squares

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq.convergence import FitNotConverged
from perfwatch.workloads.nlsq.datasets import Dataset, draw_dataset
from perfwatch.workloads.nlsq.models import FAMILIES
from perfwatch.workloads.nlsq.table_one import FIT
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    #: The Jacobian of a family: from places and parameters to an array of ``(points, parameters)``.
    Jacobian = Callable[[FloatArray, FloatArray], FloatArray]

TOLERANCE = 1e-13
EVALUATIONS_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FitInputs:
    """The data of each family by its name, and how often a fit may evaluate its model."""

    datasets: dict[str, Dataset]
    evaluations_limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOutputs:
    """The parameters of each family's fit; ``cost`` is half the sum of squares, family by family."""

    exponential: FloatArray
    gaussian: FloatArray
    peaks: FloatArray
    polynomial: FloatArray
    cost: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> FitInputs:
    """Draw the data of every family for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    draw, points_count = Draw(seed), extents_of(FIT, size)["points"]
    return FitInputs(
        datasets={name: draw_dataset(draw, name, points_count) for name in FAMILIES},
        evaluations_limit=EVALUATIONS_LIMIT,
    )


def reference(asked: FitInputs) -> FitOutputs:
    """Fit every family; the Jacobian is taken by differences."""
    return fit_each(asked, lambda _name: None)


def analytic_jacobian(asked: FitInputs) -> FitOutputs:
    """Fit every family with the derivative that its formula has."""
    return fit_each(asked, lambda name: FAMILIES[name].jacobian)


def fit_each(asked: FitInputs, jacobian_of: Callable[[str], Jacobian | None]) -> FitOutputs:
    """Fit every family with the Jacobian that belongs to its name, by differences where it has none."""
    found = {
        name: fit_one(dataset, jacobian_of(name), asked.evaluations_limit)
        for name, dataset in asked.datasets.items()
    }
    cost = [cost_of(dataset, found[name]) for name, dataset in asked.datasets.items()]
    return FitOutputs(**found, cost=np.array(cost))


def fit_one(
    dataset: Dataset, jacobian: Jacobian | None = None, evaluations_limit: int = EVALUATIONS_LIMIT
) -> FloatArray:
    """Return the parameters of one fit, of shape ``(parameters,)``.

    Raises ``FitNotConverged`` where the evaluations did not suffice.
    """
    value = FAMILIES[dataset.family].value
    settings: dict[str, Any] = dict.fromkeys(("ftol", "xtol", "gtol"), TOLERANCE)
    settings["max_nfev"] = evaluations_limit
    try:
        parameters, _ = curve_fit(
            lambda x, *parameters: value(x, np.array(parameters)),
            dataset.x,
            dataset.y,
            p0=dataset.start,
            method="trf",
            jac=None if jacobian is None else lambda x, *parameters: jacobian(x, np.array(parameters)),
            **settings,
        )
    except RuntimeError as error:
        # curve_fit keeps to itself how far it came; the same steps once more tell.
        reached = least_squares(
            lambda parameters: value(dataset.x, parameters) - dataset.y,
            dataset.start,
            jac="2-point" if jacobian is None else lambda parameters: jacobian(dataset.x, parameters),
            **settings,
        )
        raise FitNotConverged(
            dataset.family, len(dataset.x), reached.cost, spent=f"{evaluations_limit} evaluations"
        ) from error
    return np.asarray(parameters)


def cost_of(dataset: Dataset, parameters: FloatArray) -> float:
    """Return half the sum of squares that parameters leave of a data set."""
    residual = FAMILIES[dataset.family].value(dataset.x, parameters) - dataset.y
    return float(0.5 * residual @ residual)
