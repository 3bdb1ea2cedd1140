"""Which entries of a Jacobian are worth holding, found on a sample of its rows; it must not fit anything.

An entry counts where its size exceeds ``threshold`` of the largest in its column. What is found is one
stretch of rows for each parameter, because points are in ascending order and a component reaches so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

#: The document's threshold and numbers of samples.
THRESHOLD = 0.01
FIRST_POINTS = 200
SAMPLES_COUNT = 500

#: A column seen in fewer sampled rows may have more to it between them: the sample is made denser.
FEWEST_SEEN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """For each parameter the rows ``low`` up to, not including, ``high`` that its column needs.

    ``share`` is the share of all sampled entries that counted, ``sampled_count`` the number of sampled rows.
    """

    low: IntArray
    high: IntArray
    share: float
    sampled_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEstimate:
    """The bytes of a Jacobian: every entry, and in compressed sparse rows."""

    dense_bytes: int
    sparse_bytes: int


def detect(
    jacobian: Callable[[FloatArray], FloatArray],
    x: FloatArray,
    *,
    threshold: float = THRESHOLD,
    samples_count: int = SAMPLES_COUNT,
) -> Pattern:
    """Sample rows over all points, denser until each column was seen ``FEWEST_SEEN`` times.

    The stretch goes on to the sampled row next to the last that counted, on both sides. So it covers
    every entry that counts as long as a column's stretches have about as many points on either side
    of its centre; where all rows were sampled it does in any case.
    """
    while True:
        rows = np.unique(np.linspace(0, len(x) - 1, min(samples_count, len(x))).astype(np.int64))
        counting = counting_entries(jacobian(x[rows]), threshold)
        if len(rows) == len(x) or counting.sum(axis=0).min() >= FEWEST_SEEN:
            break
        samples_count *= 2
    first, last = _ends(counting)
    low, high = rows[np.maximum(first - 1, 0)], rows[np.minimum(last + 1, len(rows) - 1)] + 1
    none = ~counting.any(axis=0)
    low[none], high[none] = 0, 0
    return Pattern(low=low, high=high, share=float(counting.mean()), sampled_count=len(rows))


def detect_at_first(
    jacobian: Callable[[FloatArray], FloatArray],
    x: FloatArray,
    *,
    threshold: float = THRESHOLD,
    samples_count: int = FIRST_POINTS,
) -> Pattern:
    """Look at the first points alone, as the document does: a parameter is needed everywhere or nowhere.

    The threshold is on the entries themselves, as there.
    """
    counting = np.abs(jacobian(x[:samples_count])) > threshold
    needed = np.asarray(counting.any(axis=0))
    return Pattern(
        low=np.zeros(len(needed), np.int64),
        high=np.where(needed, len(x), 0),
        share=float(counting.mean()),
        sampled_count=len(counting),
    )


def counting_entries(jacobian: FloatArray, threshold: float = THRESHOLD) -> BoolArray:
    """Return which entries exceed ``threshold`` of the largest in their column."""
    sizes = np.abs(jacobian)
    return np.asarray(sizes > threshold * sizes.max(axis=0))


def missed_count(jacobian: FloatArray, low: IntArray, high: IntArray, threshold: float = THRESHOLD) -> int:
    """Return how many entries count and lie outside their parameter's stretch."""
    row = np.arange(len(jacobian))[:, np.newaxis]
    return int((counting_entries(jacobian, threshold) & ~((row >= low) & (row < high))).sum())


def estimate_memory(points_count: int, parameters_count: int, share: float) -> MemoryEstimate:
    """Foretell the bytes of a Jacobian of which ``share`` is held.

    Each held entry has a double and a column number of four bytes, each row (and one more) where it begins.
    """
    entries = points_count * parameters_count
    return MemoryEstimate(
        dense_bytes=8 * entries, sparse_bytes=round(12 * share * entries) + 4 * (points_count + 1)
    )


def _ends(counting: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the first and last sampled row that counts in each column."""
    first = counting.argmax(axis=0)
    last = len(counting) - 1 - counting[::-1].argmax(axis=0)
    return first, last
