"""The document's combined example: many peaks, 50,000 points, 30 parameters; plain, and with everything together.

``reference`` is the fit of ``sparse`` as it stands: all points in memory, every entry of the Jacobian. The form
with pooled buffers, sparse Jacobians and data streamed from a file is in ``combined_hdf5``: this module
imports NumPy alone. It must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.nlsq.damped import fit
from perfwatch.workloads.nlsq.peaks import Scan, draw_scan
from perfwatch.workloads.nlsq.sparse import dense_equations
from perfwatch.workloads.nlsq.table_two import COMBINED
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedOutputs:
    """The fitted parameters, their cost, and what it took: points seen, and buffers lent, by identity.

    ``held_bytes`` is the most that points, buffers and Jacobian took at once.
    """

    parameters: FloatArray
    cost: float
    processed_count: int
    asked_count: int
    reused_count: int
    held_bytes: int


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> Scan:
    """Draw a scan for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(COMBINED, size)
    return draw_scan(extents["points"], extents["peaks"], seed)


def reference(scan: Scan) -> CombinedOutputs:
    """Fit with all points in memory, and with every entry of the Jacobian."""
    fitted = fit(lambda parameters: dense_equations(scan, parameters), scan.start)
    points_count = len(scan.x)
    return CombinedOutputs(
        parameters=fitted.parameters,
        cost=fitted.cost,
        processed_count=fitted.evaluations_count * points_count,
        asked_count=0,
        reused_count=0,
        held_bytes=8 * points_count * (2 + len(scan.start)),
    )
