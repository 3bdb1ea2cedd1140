"""The fits of ``fit`` with Jacobians that JAX derives from the models, and compiles.

A family is compiled once in a process for each number of points: the first call of a size
is a *cold* one, which also derives and compiles, and every later one is *warm*. This
module must not measure itself.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from perfwatch.workloads.nlsq.fit import FitInputs, FitOutputs, fit_each
from perfwatch.workloads.nlsq.models import FAMILIES
from perfwatch.workloads.nlsq.precision import double_precision

if TYPE_CHECKING:
    from perfwatch.workloads.nlsq.fit import FloatArray, Jacobian


def jax_jacobian(asked: FitInputs) -> FitOutputs:
    """Fit every family; the derivative is JAX's, compiled by the first call."""
    return fit_each(asked, compiled_once)


@cache
def compiled_once(name: str) -> Jacobian:
    """Return the family's Jacobian, the same one for as long as the process lives."""
    return newly_compiled(name)


def newly_compiled(name: str) -> Jacobian:
    """Return the family's Jacobian, of which nothing is compiled yet."""
    value = partial(FAMILIES[name].value, xp=jnp)

    # A function of its own: what was compiled for another one of the same family is not taken again.
    def forward(parameters: Any, x: Any) -> Any:
        return jax.jacfwd(lambda inner: value(x, inner))(parameters)

    compiled = jax.jit(forward)

    def jacobian(x: FloatArray, parameters: FloatArray) -> FloatArray:
        with double_precision():
            return np.asarray(compiled(parameters, x))

    return jacobian
