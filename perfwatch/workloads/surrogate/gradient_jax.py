"""The stage ``gradient`` by automatic differentiation with JAX, in double precision.

This module must not measure itself.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from perfwatch.workloads.surrogate.gradient import GradientInputs


def _mean(
    place: jax.Array, designs: jax.Array, weights: jax.Array, length: float, spread: float
) -> jax.Array:
    squares = jnp.sum((designs - place) ** 2, axis=1)
    return spread * jnp.dot(jnp.exp(squares * (-0.5 / length**2)), weights)


_gradients = jax.jit(jax.vmap(jax.grad(_mean), in_axes=(0, None, None, None, None)))


def _double_precision() -> AbstractContextManager[Any]:
    if hasattr(jax, "enable_x64"):
        own: Any = jax.enable_x64
        return cast("AbstractContextManager[Any]", own(True))  # noqa: FBT003 - the library takes it so
    # Where earlier releases have it.
    earlier: Any = importlib.import_module("jax.experimental")
    return cast("AbstractContextManager[Any]", earlier.enable_x64())


def autodiff(asked: GradientInputs) -> NDArray[np.float64]:
    """Let the library derive the gradient from the mean, compiled, at all places at once."""
    surrogate = asked.surrogate
    # For this call alone: elsewhere the library keeps its single precision.
    with _double_precision():
        found = _gradients(
            asked.places, surrogate.designs, surrogate.weights, surrogate.length, surrogate.spread
        )
        return np.asarray(found)
