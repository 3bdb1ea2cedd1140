"""The Gaussian process on a GPU through JAX, in double precision, all queries at once.

Without a GPU that JAX can use it says so, and computes nothing: a processor that stands
in would be measured as if it were one. This module must not change JAX's own settings
for the rest of the process.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import cho_solve, solve_triangular

from perfwatch.errors import TargetError
from perfwatch.workloads.intent.gp_inference import JITTER, GpInputs, GpOutputs

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from perfwatch.workloads.intent.gp_inference import Experience, FloatArray, Kernel


def gpu(asked: GpInputs) -> GpOutputs:
    """Factorise once on the first GPU, under the calibrated kernel, and solve for all queries together.

    Raises ``TargetError`` where JAX finds no GPU.
    """
    return on_device(asked, gpu_at_hand())


def gpu_at_hand() -> Any:
    """Return the first GPU that JAX can use; raises ``TargetError`` where there is none."""
    try:
        return jax.devices("gpu")[0]
    except RuntimeError as error:
        raise TargetError(
            f"JAX finds no GPU here (it has: {', '.join(sorted({each.platform for each in jax.devices()}))}).",
            means="gp-inference@gpu was not run; every other form does without.",
            do="On a machine with an NVIDIA GPU: pip install 'jax[cuda12]'.",
        ) from error


def on_device(asked: GpInputs, device: Any) -> GpOutputs:
    """Answer all queries on one of JAX's devices."""
    kernel = asked.kernel
    with _double_precision():
        handed = [
            jax.device_put(np.asarray(each, np.float64), device)
            for each in (
                asked.experience.features,
                asked.experience.left_s,
                asked.queries,
                [kernel.variance, kernel.length, kernel.noise],
            )
        ]
        mean, variance = _posterior(*handed)
        return GpOutputs(mean_s=np.array(mean), variance_s2=np.array(variance))


def _double_precision() -> AbstractContextManager[Any]:
    """Let JAX compute in double precision for a while, by whichever name its version has."""
    named: Any = jax
    if not hasattr(named, "enable_x64"):
        named = import_module("jax.experimental")
    entered: AbstractContextManager[Any] = named.enable_x64(True)  # noqa: FBT003 - its only argument
    return entered


@jax.jit
def _posterior(features: Any, left_s: Any, queries: Any, kernel: Any) -> Any:
    variance, length, noise = kernel
    offset = left_s.mean()
    matrix = _covariance(features, features, variance, length)
    factor = jnp.linalg.cholesky(matrix + (noise + JITTER) * jnp.eye(len(features)))
    near = _covariance(queries, features, variance, length)
    mean = offset + near @ cho_solve((factor, True), left_s - offset)
    explained = solve_triangular(factor, near.T, lower=True)
    return mean, variance + noise - (explained**2).sum(axis=0)


def _covariance(first: Any, second: Any, variance: Any, length: Any) -> Any:
    apart = first[:, None, :] - second[None, :, :]
    return variance * jnp.exp(-0.5 / length**2 * (apart**2).sum(axis=-1))


class OnDevice:
    """Answers single queries on one of JAX's devices."""

    def __init__(self, experience: Experience, kernel: Kernel, device: Any) -> None:
        self._asked = GpInputs(
            experience=experience, kernel=kernel, queries=np.empty((0, experience.features.shape[1]))
        )
        self._device = device

    def predict(self, query: FloatArray) -> tuple[float, float]:
        """Return mean and variance at one query."""
        found = on_device(replace(self._asked, queries=query[np.newaxis]), self._device)
        return float(found.mean_s[0]), float(found.variance_s2[0])
