"""What the document speaks of beside the stages: its pool around fits, and in a loop of operations.

The document's fit is not told of the pool that is opened around it, and so is none of these: that is the
question. In the loop the pool is asked for each buffer, and nothing else takes time. This module must not judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.nlsq import peaks
from perfwatch.workloads.nlsq.buffers import Fresh, Lender, MemoryPool, SeedPool
from perfwatch.workloads.nlsq.damped import fit
from perfwatch.workloads.nlsq.sparse import dense_equations
from perfwatch.workloads.seeding import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Some fits in a row, as the document recommends a pool from ten on.
FITS_COUNT, POINTS_COUNT, PEAKS_COUNT = 12, 1_000, 2
#: As many operations as make a call some milliseconds long.
OPERATIONS_COUNT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Values that are scaled by each of the factors, into a buffer each time."""

    values: FloatArray
    factors: FloatArray


def operations(size: int, seed: int) -> Operations:
    """Draw ``size`` values and the factors of all operations."""
    numbers = generator(seed)
    return Operations(values=numbers.random(size), factors=numbers.random(OPERATIONS_COUNT))


def operations_alone(asked: Operations) -> FloatArray:
    """Scale into fresh zeros each time; return the last value of each."""
    return _scaled(asked, Fresh())


def operations_with_a_pool(asked: Operations) -> FloatArray:
    """Scale into a buffer from the document's pool each time."""
    return _scaled(asked, SeedPool())


def _scaled(asked: Operations, lender: Lender) -> FloatArray:
    last = np.empty_like(asked.factors)
    for index, factor in enumerate(asked.factors):
        buffer = lender.take("scaled", asked.values.shape)
        np.multiply(asked.values, factor, out=buffer)
        last[index] = buffer[-1]
        lender.give("scaled", buffer)
    return last


def fits(size: str, seed: int) -> tuple[peaks.Scan, ...]:  # noqa: ARG001 - there is one size
    """Draw the scans that are fitted one after the other."""
    seeds = np.random.SeedSequence(seed).generate_state(FITS_COUNT).tolist()
    return tuple(peaks.draw_scan(POINTS_COUNT, PEAKS_COUNT, one) for one in seeds)


def fits_alone(*scans: peaks.Scan) -> FloatArray:
    """Fit each scan."""
    return np.stack([_fit(scan) for scan in scans])


def fits_with_a_pool(*scans: peaks.Scan) -> FloatArray:
    """Open a pool, fit each scan, and let the pool go."""
    return fits_asking(*scans)[0]


def fits_asking(*scans: peaks.Scan) -> tuple[FloatArray, int]:
    """Fit each scan while a pool is open; return how often that was asked for a buffer, too."""
    pool = MemoryPool()
    fitted = np.stack([_fit(scan) for scan in scans])
    return fitted, pool.taken_count


def _fit(scan: peaks.Scan) -> FloatArray:
    return fit(lambda parameters: dense_equations(scan, parameters), scan.start).parameters
