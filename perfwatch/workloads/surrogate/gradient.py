"""The gradient of a surrogate at many designs: what the optimisation goes by.

Central differences cost two predictions for each dimension; the mean of a Gaussian process has
its derivative in closed form. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.seeding import checked_seed, extents_of, generator
from perfwatch.workloads.surrogate import process, reactor
from perfwatch.workloads.surrogate.predict import STEPS_COUNT
from perfwatch.workloads.surrogate.sampling import designs_of
from perfwatch.workloads.surrogate.table_one import GRADIENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Half the distance of a difference: its error of order h^2 is as small here as that of rounding.
HALF_STEP = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientInputs:
    """A fitted surrogate, and the places of shape ``(m, dimensions)`` where its gradient is wanted."""

    surrogate: process.Process
    places: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> GradientInputs:
    """Draw a surrogate and places for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(GRADIENT, size)
    surrogate = drawn_surrogate(extents["points"], extents["dimensions"], checked_seed(seed))
    places = generator(seed).random((extents["places"], extents["dimensions"]))
    return GradientInputs(surrogate=surrogate, places=places)


def drawn_surrogate(points_count: int, dimensions: int, seed: int) -> process.Process:
    """Return a process that was fitted to the black box at the points of a seed."""
    designs = designs_of(points_count, dimensions, seed)
    return process.fit(designs, reactor.shortfalls(designs, STEPS_COUNT))


def reference(asked: GradientInputs) -> FloatArray:
    """Take central differences, one prediction after the other."""
    found = np.empty_like(asked.places)
    for row, place in enumerate(asked.places):
        for column in range(len(place)):
            step = np.zeros((1, len(place)))
            step[0, column] = HALF_STEP
            above = asked.surrogate.predict(place + step)[0]
            below = asked.surrogate.predict(place - step)[0]
            found[row, column] = (above - below) / (2 * HALF_STEP)
    return found


def analytic(asked: GradientInputs) -> FloatArray:
    """Take the derivative of the mean in closed form, at all places at once."""
    return asked.surrogate.gradient(asked.places)
