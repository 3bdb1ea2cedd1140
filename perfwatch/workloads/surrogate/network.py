"""A small neural network as a surrogate: layers of hyperbolic tangents, and one number at the end.

Trained on batches of 32 by the mean squared error and Adam (D. P. Kingma and J. Ba,
arXiv:1412.6980) with the paper's own constants. First weights are uniform with the variance of X. Glorot
and Y. Bengio, AISTATS 2010. Weights and the order of the data come from a seed, so that every form
of the training sees the same batches. This module must not know what the surrogate is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.workloads.seeding import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
    # Weights and biases of each layer, one after the other.
    Weights = list[Array]
    Gradient = Callable[[Weights, Array, Array], Weights]

HIDDEN = (64, 32)
BATCH_DESIGNS = 32
LEARNING_RATE = 1e-2
#: Of the gradient's first and second moment, and what keeps the step finite.
DECAY_1, DECAY_2, EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A trained network, and the level and spread that the values had."""

    weights: tuple[Array, ...]
    level: float
    spread: float

    def predict(self, designs: Array) -> NDArray[np.float64]:
        """Return the network's answer at designs of shape ``(m, dimensions)``, in double precision."""
        answer = answers(list(self.weights), designs.astype(self.weights[0].dtype))
        return np.asarray(self.level + self.spread * answer.astype(np.float64))


def first_weights(dimensions: int, hidden: Sequence[int], seed: int) -> Weights:
    """Return the weights that a training begins with."""
    drawn = generator(seed)
    widths = (dimensions, *hidden, 1)
    weights: Weights = []
    for before, after in pairwise(widths):
        bound = np.sqrt(6.0 / (before + after))
        weights += [bound * (2.0 * drawn.random((before, after)) - 1.0), np.zeros(after)]
    return weights


def orders(designs_count: int, epochs_count: int, seed: int) -> NDArray[np.int64]:
    """Return the order of the data in each epoch, of shape ``(epochs, designs)``."""
    # Sorted chances, not a shuffle: NumPy promises to keep the raw doubles alone.
    chances = generator(seed).random((epochs_count, designs_count))
    return np.argsort(chances, axis=1, kind="stable")


def answers(weights: Weights, designs: Array) -> Array:
    """Return the network's answer at each design, of shape ``(m,)``."""
    active = designs
    for layer in range(0, len(weights) - 2, 2):
        active = np.tanh(active @ weights[layer] + weights[layer + 1])
    return np.asarray((active @ weights[-2] + weights[-1])[:, 0])


def gradient_together(weights: Weights, designs: Array, values: Array) -> Weights:
    """Return the gradient of half the mean squared error, by matrices of the whole batch."""
    active = [designs]
    for layer in range(0, len(weights) - 2, 2):
        active.append(np.tanh(active[-1] @ weights[layer] + weights[layer + 1]))
    answer = active[-1] @ weights[-2] + weights[-1]
    back = (answer - values[:, np.newaxis]) / np.asarray(len(values), answer.dtype)
    found: Weights = []
    for layer in range(len(weights) - 2, -1, -2):
        found = [active[layer // 2].T @ back, back.sum(axis=0), *found]
        if layer:
            back = (back @ weights[layer].T) * (1 - active[layer // 2] ** 2)
    return found


def gradient_singly(weights: Weights, designs: Array, values: Array) -> Weights:
    """Return the same gradient, design after design."""
    found = [np.zeros_like(part) for part in weights]
    for design, value in zip(designs, values, strict=True):
        one = gradient_together(weights, design[np.newaxis], value[np.newaxis])
        for total, part in zip(found, one, strict=True):
            np.add(total, part, out=total)
    return [total / np.asarray(len(values), total.dtype) for total in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a network is trained: its layers, how often it sees the data, from which seed, in which precision."""

    epochs_count: int
    seed: int
    hidden: tuple[int, ...] = HIDDEN
    single: bool = False


def train(designs: Array, values: Array, plan: Plan, gradient: Gradient = gradient_together) -> Network:
    """Train a network on designs of shape ``(n, dimensions)`` and values of shape ``(n,)``."""
    level, spread = float(values.mean()), float(values.std()) or 1.0
    kind = np.float32 if plan.single else np.float64
    scaled_designs, scaled = designs.astype(kind), ((values - level) / spread).astype(kind)
    first = first_weights(designs.shape[1], plan.hidden, plan.seed)
    weights: Weights = [np.asarray(part, kind) for part in first]
    moments_1 = [np.zeros_like(part) for part in weights]
    moments_2 = [np.zeros_like(part) for part in weights]
    step = 0
    for order in orders(len(designs), plan.epochs_count, plan.seed):
        for begin in range(0, len(order), BATCH_DESIGNS):
            chosen = order[begin : begin + BATCH_DESIGNS]
            step += 1
            slopes = gradient(weights, scaled_designs[chosen], scaled[chosen])
            _descend(weights, slopes, (moments_1, moments_2), step)
    return Network(weights=tuple(weights), level=level, spread=spread)


def _descend(weights: Weights, slopes: Weights, moments: tuple[Weights, Weights], step: int) -> None:
    """Take one step of Adam in place."""
    rate = LEARNING_RATE * (1 - DECAY_2**step) ** 0.5 / (1 - DECAY_1**step)
    for part, slope, first, second in zip(weights, slopes, *moments, strict=True):
        np.add(first, (1 - DECAY_1) * (slope - first), out=first)
        np.add(second, (1 - DECAY_2) * (slope * slope - second), out=second)
        np.subtract(part, rate * first / (np.sqrt(second) + EPSILON), out=part)
