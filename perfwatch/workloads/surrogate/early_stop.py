"""One long descent, and when it may end.

The reference asks for a new optimiser at each step, as a program does that wants to look at every
step of an optimiser which only knows whole runs; what the one before had learned of the rate is
lost, and the new one evaluates again where the old one stood. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.seeding import checked_seed, extents_of, generator
from perfwatch.workloads.surrogate import process
from perfwatch.workloads.surrogate.descent import Optimiser
from perfwatch.workloads.surrogate.gradient import drawn_surrogate
from perfwatch.workloads.surrogate.table_two import EARLY_STOP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: How many steps may pass without an improvement of so much: the document's own example.
PATIENCE_STEPS = 20
LEAST_IMPROVEMENT = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStopInputs:
    """A surrogate, a start of shape ``(dimensions,)``, and the most steps from there."""

    surrogate: process.Process
    start: FloatArray
    steps_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStopOutputs:
    """The best design seen, of shape ``(dimensions,)``, the surrogate's value there, and the steps taken."""

    design: FloatArray
    value: float
    steps_count: int


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> EarlyStopInputs:
    """Draw a surrogate and a start for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(EARLY_STOP, size)
    surrogate = drawn_surrogate(extents["points"], extents["dimensions"], checked_seed(seed))
    return EarlyStopInputs(
        surrogate=surrogate,
        start=generator(seed).random(extents["dimensions"]),
        steps_count=extents["steps"],
    )


def reference(asked: EarlyStopInputs) -> EarlyStopOutputs:
    """Take all the steps, with a new optimiser for each."""
    place, value = asked.start, np.inf
    for _ in range(asked.steps_count):
        place, value = _one_step(asked.surrogate, place)
    return EarlyStopOutputs(design=place, value=value, steps_count=asked.steps_count)


def seed_patience(asked: EarlyStopInputs) -> EarlyStopOutputs:
    """Stop when the document's patience is at an end, still with a new optimiser for each step."""
    place, best_place, best, waited, taken = asked.start, asked.start, np.inf, 0, 0
    while taken < asked.steps_count and waited < PATIENCE_STEPS:
        place, value = _one_step(asked.surrogate, place)
        taken, waited = taken + 1, waited + 1
        if best - value > LEAST_IMPROVEMENT:
            best, best_place, waited = value, place, 0
    return EarlyStopOutputs(design=best_place, value=best, steps_count=taken)


def patience(asked: EarlyStopInputs) -> EarlyStopOutputs:
    """Keep one optimiser, with what it has learned, and stop when patience is at an end."""
    optimiser = Optimiser(asked.surrogate, asked.start)
    best, waited, taken = optimiser.value, 0, 0
    while taken < asked.steps_count and waited < PATIENCE_STEPS:
        optimiser.step()
        taken, waited = taken + 1, waited + 1
        if best - optimiser.value > LEAST_IMPROVEMENT:
            best, waited = optimiser.value, 0
    return EarlyStopOutputs(design=optimiser.place, value=optimiser.value, steps_count=taken)


def _one_step(surrogate: process.Process, place: FloatArray) -> tuple[FloatArray, float]:
    """Make an optimiser, let it take a step, and ask the surrogate what came of it."""
    optimiser = Optimiser(surrogate, place)
    optimiser.step()
    return optimiser.place, float(surrogate.predict(optimiser.place[np.newaxis])[0])
