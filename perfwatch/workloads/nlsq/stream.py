"""The decay of a signal, fitted with all of its data in memory.

The model is ``y = a exp(-b x) + c``; points come in the order in which they were recorded, not in that of
``x``. The streamed forms, which read the same data from an HDF5 file, are in ``stream_hdf5``: this module
imports NumPy alone. It must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.nlsq.damped import Normal, fit
from perfwatch.workloads.nlsq.peaks import bell
from perfwatch.workloads.nlsq.table_two import STREAM
from perfwatch.workloads.seeding import extents_of, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

NAMES = ("amplitude", "rate", "offset")
LOWEST, HIGHEST = (2.0, 0.8, 0.4), (4.0, 1.6, 0.8)
LONGEST = 5.0
NOISE = 0.05
#: By how much of each parameter a start is off, one way or the other.
LEAST_OFF, MOST_OFF = 0.25, 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class DecayInputs:
    """Recorded points ``x`` and ``y`` of shape ``(points,)``, and a start of three parameters."""

    x: FloatArray
    y: FloatArray
    start: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class DecayOutputs:
    """Amplitude, rate and offset; how much was seen; and the last checkpoint before the end.

    ``processed_count`` counts points as often as they were seen, ``epochs_count`` how often all of
    them were (by reference: how often the normal equations were added up). ``checkpoint`` is empty
    where there was none.
    """

    parameters: FloatArray
    epochs_count: int
    processed_count: int
    checkpoint: bytes


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> DecayInputs:
    """Draw a decay for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    return draw_decay(extents_of(STREAM, size)["points"], seed)


def draw_decay(points_count: int, seed: int) -> DecayInputs:
    """Draw a noisy decay, recorded at times in no order, and a start that is off by 25 to 40%."""
    numbers = generator(seed)
    low, high = np.array(LOWEST), np.array(HIGHEST)
    parameters = low + (high - low) * numbers.random(3)
    off = LEAST_OFF + (MOST_OFF - LEAST_OFF) * numbers.random(3)
    start = parameters * (1.0 + np.where(numbers.random(3) < 0.5, -off, off))
    x = LONGEST * numbers.random(points_count)
    found, _ = decay(x, parameters)
    return DecayInputs(x=x, y=found + NOISE * bell(numbers, points_count), start=start)


def decay(x: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the model at ``x``, and its derivatives of shape ``(3, points)``."""
    amplitude, rate, offset = parameters
    derivatives = np.empty((3, len(x)))
    bare = np.exp(-rate * x, out=derivatives[0])
    scaled = amplitude * bare
    np.multiply(scaled, -x, out=derivatives[1])
    derivatives[2] = 1.0
    scaled += offset
    return scaled, derivatives


def reference(recorded: DecayInputs) -> DecayOutputs:
    """Fit with all data in memory: each step adds the normal equations up over every point."""

    def equations(parameters: FloatArray) -> Normal:
        found, derivatives = decay(recorded.x, parameters)
        residual = recorded.y - found
        return Normal(
            cost=0.5 * float(residual @ residual),
            gradient=derivatives @ residual,
            curvature=derivatives @ derivatives.T,
        )

    fitted = fit(equations, recorded.start)
    return DecayOutputs(
        parameters=fitted.parameters,
        epochs_count=fitted.evaluations_count,
        processed_count=fitted.evaluations_count * len(recorded.x),
        checkpoint=b"",
    )
