"""The small network by JAX: one step of the training is a value and its gradient, compiled or not.

The same layers, batches, first weights and optimiser as in ``network``, in single precision, which is
what the library takes by itself. A step is compiled once for each shape; where it is not, each
operation is sent off by itself and the derivative is traced anew in every step. This module
must not know what the surrogate is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from perfwatch.workloads.surrogate.network import (
    BATCH_DESIGNS,
    DECAY_1,
    DECAY_2,
    EPSILON,
    LEARNING_RATE,
    Network,
    Plan,
    first_weights,
    orders,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    State = tuple[list[jax.Array], list[jax.Array], list[jax.Array], int]
    Step = Callable[[State, jax.Array, jax.Array], tuple[State, jax.Array]]


def _loss(weights: list[jax.Array], designs: jax.Array, values: jax.Array) -> jax.Array:
    """Return half the mean squared error."""
    active = designs
    for layer in range(0, len(weights) - 2, 2):
        active = jnp.tanh(active @ weights[layer] + weights[layer + 1])
    answer = (active @ weights[-2] + weights[-1])[:, 0]
    return 0.5 * jnp.mean((answer - values) ** 2)


def plain_step(state: State, designs: jax.Array, values: jax.Array) -> tuple[State, jax.Array]:
    """Take one step of Adam; return the new state and the loss before it."""
    weights, moments_1, moments_2, count = state
    loss, slopes = jax.value_and_grad(_loss)(weights, designs, values)
    count += 1
    rate = LEARNING_RATE * jnp.sqrt(1 - DECAY_2**count) / (1 - DECAY_1**count)
    moments_1 = [old + (1 - DECAY_1) * (new - old) for old, new in zip(moments_1, slopes, strict=True)]
    moments_2 = [old + (1 - DECAY_2) * (new * new - old) for old, new in zip(moments_2, slopes, strict=True)]
    moved = [
        part - rate * first / (jnp.sqrt(second) + EPSILON)
        for part, first, second in zip(weights, moments_1, moments_2, strict=True)
    ]
    return (moved, moments_1, moments_2, count), loss


compiled_step: Step = jax.jit(plain_step)


def train(designs: FloatArray, values: FloatArray, plan: Plan, step: Step = compiled_step) -> Network:
    """Train a network as ``network.train`` does."""
    level, spread = float(values.mean()), float(values.std()) or 1.0
    scaled_designs = designs.astype(np.float32)
    scaled = ((values - level) / spread).astype(np.float32)
    first = first_weights(designs.shape[1], plan.hidden, plan.seed)
    weights = [jnp.asarray(part, jnp.float32) for part in first]
    nothing = [jnp.zeros_like(part) for part in weights]
    state: State = (weights, nothing, list(nothing), 0)
    for order in orders(len(designs), plan.epochs_count, plan.seed):
        for begin in range(0, len(order), BATCH_DESIGNS):
            chosen = order[begin : begin + BATCH_DESIGNS]
            state, _ = step(state, scaled_designs[chosen], scaled[chosen])
    trained: Any = tuple(np.asarray(part) for part in state[0])
    return Network(weights=trained, level=level, spread=spread)
