"""What the document gives figures for, as two forms side by side where no stage is just that.

Arrays are touched as soon as they are taken: the system gives memory away page by page, when it is
first written, so that an allocation that nobody writes to has not been paid for. This module
must not measure itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.workloads.intent.pool import Fresh, Pool

if TYPE_CHECKING:
    from perfwatch.workloads.intent.pool import Arrays

#: How many arrays are taken in one call, one after the other.
TAKEN_COUNT = 50
#: One number in each page of 4 kB.
NUMBERS_PER_PAGE = 512


def side(size: int = 1_000, seed: int = 0) -> int:  # noqa: ARG001 - there is nothing to draw
    """Return how many cells the arrays have along each side."""
    return size


def taken_fresh(cells_count: int) -> float:
    """Take new arrays of zeros one after the other, and write to each."""
    return _written_to(cells_count, Fresh())


def taken_from_pool(cells_count: int) -> float:
    """Take arrays from a pool that empties them, and write to each."""
    return _written_to(cells_count, Pool())


def _written_to(cells_count: int, arrays: Arrays) -> float:
    total = 0.0
    for _ in range(TAKEN_COUNT):
        array = arrays.take((cells_count, cells_count))
        pages = array.reshape(-1)[::NUMBERS_PER_PAGE]
        pages += 1.0
        total += float(pages.sum())
        arrays.give(array)
        del array, pages
    return total
