"""The covariance of the Gaussian process in machine code, compiled by its first call.

This module must not use fast mathematics, which may change the order of operations. The
compiled code is kept for the life of the process; nothing is written to disk.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from perfwatch.workloads.intent.gp_inference import Fixed, GpInputs, GpOutputs, answered_by

if TYPE_CHECKING:
    from perfwatch.workloads.intent.gp_inference import FloatArray, Kernel


def compiled(asked: GpInputs) -> GpOutputs:
    """Factorise for each query, the covariance evaluated point by point in machine code."""
    return answered_by(asked, Fixed(asked.experience, asked.kernel, covariance=covariance_by_loops))


def covariance_by_loops(first: FloatArray, second: FloatArray, kernel: Kernel) -> FloatArray:
    """Return the covariance of two sets of points without noise."""
    found = np.empty((len(first), len(second)))
    _fill(first, second, (kernel.variance, -0.5 / kernel.length**2), found)
    return found


def fill(first: FloatArray, second: FloatArray, scales: tuple[float, float], found: FloatArray) -> None:
    """Fill ``found`` point by point: the loops as they stand, which Python can run as well."""
    variance, per_square = scales
    for i in range(first.shape[0]):
        for j in range(second.shape[0]):
            square = 0.0
            for k in range(first.shape[1]):
                apart = first[i, k] - second[j, k]
                square += apart * apart
            found[i, j] = variance * math.exp(per_square * square)


in_machine_code: Any = numba.njit(error_model="numpy")
_fill = in_machine_code(fill)
