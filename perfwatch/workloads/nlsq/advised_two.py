"""Fits with a pool opened around them, as the document advises; it must not hand the pool to anybody.

The document's fit is not told of the pool, and so is none of these: that is the question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.nlsq import peaks
from perfwatch.workloads.nlsq.buffers import MemoryPool
from perfwatch.workloads.nlsq.damped import fit
from perfwatch.workloads.nlsq.sparse import dense_equations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Some fits in a row, as the document recommends a pool from ten on.
FITS_COUNT, POINTS_COUNT, PEAKS_COUNT = 12, 1_000, 2


def data_sets(size: str, seed: int) -> tuple[peaks.Scan, ...]:  # noqa: ARG001 - there is one size
    """Draw the scans that are fitted one after the other."""
    seeds = np.random.SeedSequence(seed).generate_state(FITS_COUNT).tolist()
    return tuple(peaks.draw_scan(POINTS_COUNT, PEAKS_COUNT, one) for one in seeds)


def fits_alone(*scans: peaks.Scan) -> FloatArray:
    """Fit each scan."""
    return np.stack([_fit(scan) for scan in scans])


def fits_within_a_pool(*scans: peaks.Scan) -> FloatArray:
    """Open a pool, fit each scan, and let the pool go."""
    return fits_asking(*scans)[0]


def fits_asking(*scans: peaks.Scan) -> tuple[FloatArray, int]:
    """Fit each scan while a pool is open; return how often that was asked for a buffer, too."""
    pool = MemoryPool()
    fitted = np.stack([_fit(scan) for scan in scans])
    return fitted, pool.taken_count


def _fit(scan: peaks.Scan) -> FloatArray:
    return fit(lambda parameters: dense_equations(scan, parameters), scan.start).parameters
