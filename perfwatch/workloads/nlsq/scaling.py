"""How the time of one fit grows with the number of its points.

The answer is the table itself: the parameters found at each size, which must be right, and
the times, which are figures. A *first* call is one before which nothing of its size was
called, a *warm* one every later one. The exponent is the slope of the logarithm of time
over that of points, by least squares, with Student's interval at 95%.

The fits have the derivative of their formula: one size is one call of the same work a point.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from time import perf_counter_ns
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from perfwatch.stats.student import quantile
from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq.datasets import Dataset, draw_dataset, read_dataset
from perfwatch.workloads.nlsq.fit import fit_one
from perfwatch.workloads.nlsq.models import FAMILIES
from perfwatch.workloads.nlsq.table_one import SCALING
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfwatch.workloads.nlsq.fit import Jacobian

    FloatArray = NDArray[np.float64]

FAMILY = "exponential"
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingInputs:
    """One data set for each size, the smallest first, and how often each is fitted after its first call."""

    datasets: tuple[Dataset, ...]
    rounds_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingOutputs:
    """The table, one row a size: ``parameters`` has shape ``(sizes, parameters)``, the others ``(sizes,)``.

    ``first_ns`` is each size's first call, ``warm_ns`` the median of its later ones. Exponents
    hold lower end, estimate and upper end.
    """

    points_count: NDArray[np.int64]
    parameters: FloatArray
    first_ns: NDArray[np.int64]
    warm_ns: FloatArray
    first_exponent: FloatArray
    warm_exponent: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> ScalingInputs:
    """Draw data of the same decay at several sizes; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    draw, extents = Draw(seed), extents_of(SCALING, size)
    points = [extents[name] for name in ("first", "second", "third", "fourth")]
    return ScalingInputs(
        datasets=draw_growing(draw, draw_dataset(draw, FAMILY, points[0]), points),
        rounds_count=extents["rounds"],
    )


def draw_growing(draw: Draw, model: Dataset, points: Sequence[int]) -> tuple[Dataset, ...]:
    """Draw readings of one model at each number of points; every fit begins where the model's does."""
    drawn = (read_dataset(draw, model.family, model.truth, count) for count in points)
    return tuple(dataclasses.replace(each, start=model.start) for each in drawn)


def reference(asked: ScalingInputs) -> ScalingOutputs:
    """Fit each size once, and once more: a table from single calls."""
    return measured(asked, lambda: FAMILIES[FAMILY].jacobian, rounds_count=1)


def exponent(asked: ScalingInputs) -> ScalingOutputs:
    """Fit each size again and again in turn: a table from medians."""
    return measured(asked, lambda: FAMILIES[FAMILY].jacobian, rounds_count=asked.rounds_count)


def measured(
    asked: ScalingInputs, fresh_jacobian: Callable[[], Jacobian], *, rounds_count: int
) -> ScalingOutputs:
    """Return the table of fits with a Jacobian that is made anew for each size.

    In each round every size has its turn, so that a slow spell of the machine meets all of them.
    """
    sizes = [(dataset, fresh_jacobian()) for dataset in asked.datasets]
    first_ns, parameters = zip(*(_timed(*one) for one in sizes), strict=True)
    later_ns = np.array([[_timed(*one)[0] for one in sizes] for _ in range(rounds_count)])
    points_count = np.array([len(dataset.x) for dataset, _ in sizes])
    return ScalingOutputs(
        points_count=points_count,
        parameters=np.array(parameters),
        first_ns=np.array(first_ns),
        warm_ns=np.median(later_ns, axis=0),
        first_exponent=fitted_exponent(points_count, np.array([first_ns])),
        warm_exponent=fitted_exponent(points_count, later_ns),
    )


def _timed(dataset: Dataset, jacobian: Jacobian) -> tuple[int, FloatArray]:
    began = perf_counter_ns()
    parameters = fit_one(dataset, jacobian)
    return perf_counter_ns() - began, parameters


def fitted_exponent(points_count: NDArray[np.int64], times_ns: NDArray[np.int64]) -> FloatArray:
    """Return lower end, estimate and upper end of the exponent; ``times_ns`` has shape ``(rounds, sizes)``.

    Every time counts as a reading of its own. Source of the interval: N. R. Draper and
    H. Smith, Applied Regression Analysis, 3rd ed. (1998), section 1.4.
    """
    across = np.broadcast_to(np.log(points_count), times_ns.shape).ravel()
    up = np.log(times_ns).ravel()
    offset = across - across.mean()
    slope = float(offset @ up / (offset @ offset))
    residuals = up - up.mean() - slope * offset
    dof = len(up) - 2
    error = math.sqrt(float(residuals @ residuals) / dof / float(offset @ offset))
    half = quantile(0.5 + CONFIDENCE / 2, dof) * error
    return np.array([slope - half, slope, slope + half])
