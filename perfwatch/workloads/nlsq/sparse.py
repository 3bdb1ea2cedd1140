"""A fit of many peaks with every entry of its Jacobian held, and what its sparse forms are compared by.

The model is that of ``peaks``; the steps are those of ``damped``. Derivatives of a peak are all but zero
away from it, so of ten peaks' Jacobian some 5% are worth holding. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.nlsq.damped import Normal, fit
from perfwatch.workloads.nlsq.peaks import Scan, draw_scan, value_and_jacobian
from perfwatch.workloads.nlsq.table_two import SPARSE
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseOutputs:
    """The fitted parameters, and what the Jacobian took.

    Of each parameter's column the rows ``low`` up to ``high`` are held to be worth it (all of them by
    reference) at the fitted parameters; ``found_share`` is the share of sampled entries that counted.
    ``jacobian_bytes`` is what the largest Jacobian took, ``estimated_bytes`` what was foretold of one
    with ``found_share``.
    """

    parameters: FloatArray
    cost: float
    low: IntArray
    high: IntArray
    found_share: float
    jacobian_bytes: int
    estimated_bytes: int


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> Scan:
    """Draw a scan for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(SPARSE, size)
    return draw_scan(extents["points"], extents["peaks"], seed)


def reference(scan: Scan) -> SparseOutputs:
    """Fit with every entry of the Jacobian, zero or not."""
    fitted = fit(lambda parameters: dense_equations(scan, parameters), scan.start)
    held_bytes = 8 * len(scan.x) * len(scan.start)
    return SparseOutputs(
        parameters=fitted.parameters,
        cost=fitted.cost,
        low=np.zeros(len(scan.start), np.int64),
        high=np.full(len(scan.start), len(scan.x), np.int64),
        found_share=1.0,
        jacobian_bytes=held_bytes,
        estimated_bytes=held_bytes,
    )


def dense_equations(scan: Scan, parameters: FloatArray) -> Normal:
    """Add the normal equations up over all points at once."""
    found, jacobian = value_and_jacobian(scan.x, parameters)
    residual = scan.y - found
    return Normal(
        cost=0.5 * float(residual @ residual),
        gradient=jacobian.T @ residual,
        curvature=jacobian.T @ jacobian,
    )
