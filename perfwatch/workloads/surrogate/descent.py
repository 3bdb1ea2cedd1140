"""Descent along the gradient of a surrogate, within the bounds of a design.

Projected gradient descent with a rate that grows after a step which makes the value smaller,
and shrinks after one that does not and is taken back: the document's adaptive rate.
Designs lie between 0 and 1 in each dimension. This module must not choose where to begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfwatch.workloads.surrogate.process import Process

    FloatArray = NDArray[np.float64]

FIRST_RATE = 1.0
GROWTH, SHRINKAGE = 1.5, 0.5
#: A step gives up when its rate was halved so often: to a millionth.
SHRINKS_COUNT = 20


def descend_one(surrogate: Process, start: FloatArray, iterations_count: int) -> tuple[FloatArray, float]:
    """Descend from one start of shape ``(dimensions,)``; return where that ends, and the value there."""
    place, rate = start[np.newaxis], FIRST_RATE
    value, slope = surrogate.value_and_gradient(place)
    for _ in range(iterations_count):
        trial = np.clip(place - rate * slope, 0.0, 1.0)
        trial_value, trial_slope = surrogate.value_and_gradient(trial)
        if trial_value[0] < value[0]:
            place, value, slope = trial, trial_value, trial_slope
            rate *= GROWTH
        else:
            rate *= SHRINKAGE
    return place[0], float(value[0])


def descend_all(
    surrogate: Process, starts: FloatArray, iterations_count: int
) -> tuple[FloatArray, FloatArray]:
    """Descend from all starts of shape ``(starts, dimensions)`` together, each at its own rate."""
    places, rates = starts.copy(), np.full((len(starts), 1), FIRST_RATE)
    values, slopes = surrogate.value_and_gradient(places)
    for _ in range(iterations_count):
        trials = np.clip(places - rates * slopes, 0.0, 1.0)
        trial_values, trial_slopes = surrogate.value_and_gradient(trials)
        better = trial_values < values
        places[better], slopes[better] = trials[better], trial_slopes[better]
        values[better] = trial_values[better]
        rates = np.where(better[:, np.newaxis], GROWTH, SHRINKAGE) * rates
    return places, values


class Optimiser:
    """One descent, step by step: it knows where it is, and which rate did well last."""

    def __init__(self, surrogate: Process, start: FloatArray) -> None:
        self._surrogate = surrogate
        self._place = start[np.newaxis]
        self._value, self._slope = surrogate.value_and_gradient(self._place)
        self._rate = FIRST_RATE

    @property
    def place(self) -> FloatArray:
        """The design reached, of shape ``(dimensions,)``."""
        return np.asarray(self._place[0])

    @property
    def value(self) -> float:
        """The surrogate's value there."""
        return float(self._value[0])

    def step(self) -> None:
        """Go down with the greatest rate tried that helps; stay where none does."""
        for _ in range(SHRINKS_COUNT):
            trial = np.clip(self._place - self._rate * self._slope, 0.0, 1.0)
            value, slope = self._surrogate.value_and_gradient(trial)
            if value[0] < self._value[0]:
                self._place, self._value, self._slope = trial, value, slope
                self._rate *= GROWTH
                return
            self._rate *= SHRINKAGE
