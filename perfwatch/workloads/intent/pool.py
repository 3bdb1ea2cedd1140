"""Maps of where hands have been, with fresh arrays and with pooled ones.

Each batch of places is counted into a grid that begins empty, smoothed, and summed along one
axis. A pool hands out arrays that are as empty as fresh ones: it fills them with zeros.

Whether an array was really used again is told by its identity, not by a pool's own
figures. This module must not measure itself.
"""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import reaching
from perfwatch.workloads.intent.table_two import POOL
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Half the side of the table that is mapped.
REACH_M = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class MapInputs:
    """Places of shape ``(batches, places, 2)`` in m, to be counted into grids of ``cells_count`` by as many."""

    places: FloatArray
    cells_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOutputs:
    """The smoothed counts of each batch along one axis, of shape ``(batches, cells)``.

    ``reused_count`` batches got an array that an earlier one had used, and ``kept_bytes`` of
    arrays were still alive when the last batch was done.
    """

    profile: FloatArray
    reused_count: int
    kept_bytes: int


class Arrays(Protocol):
    """Where empty grids come from, and where they go."""

    def take(self, shape: tuple[int, ...]) -> FloatArray:
        """Return an array of zeros."""

    def give(self, array: FloatArray) -> None:
        """Hand an array back; nobody looks at it after this."""


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> MapInputs:
    """Draw batches of places for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(POOL, size)
    draw = Draw(seed)
    goals = reaching.draw_goals(draw, 5)
    frames_count = extents["places"]
    frame_s = reaching.LONGEST_S / frames_count
    batches = [
        reaching.draw_reach(draw, goals, frames_count, frame_s).positions for _ in range(extents["batches"])
    ]
    return MapInputs(places=np.array(batches), cells_count=extents["cells"])


def reference(asked: MapInputs) -> MapOutputs:
    """Take a fresh array of zeros for each batch."""
    return _mapped(asked, Fresh())


def pool(asked: MapInputs) -> MapOutputs:
    """Take arrays back by their shape, and fill them with zeros before they are used again."""
    return _mapped(asked, Pool())


def temporary_array(asked: MapInputs) -> MapOutputs:
    """Borrow each array from a pool for as long as a block lasts."""
    arrays, seen = Pool(), _Seen()
    profile = np.empty((len(asked.places), asked.cells_count))
    for batch, places in enumerate(asked.places):
        with borrowed(arrays, (asked.cells_count, asked.cells_count)) as grid:
            seen.note(grid)
            _count(places, grid, profile[batch])
        del grid
    return MapOutputs(profile=profile, reused_count=seen.reused_count, kept_bytes=seen.alive_bytes())


class Fresh:
    """No pool: every array is new, and freed when the caller lets go."""

    def take(self, shape: tuple[int, ...]) -> FloatArray:
        """Return a new array of zeros."""
        return np.zeros(shape)

    def give(self, array: FloatArray) -> None:
        """Nothing keeps it."""


class Pool:
    """Keeps arrays that were handed back, by their shape."""

    def __init__(self) -> None:
        self._idle: dict[tuple[int, ...], list[FloatArray]] = {}

    def take(self, shape: tuple[int, ...]) -> FloatArray:
        """Return an array of zeros, one that was used before if there is one."""
        idle = self._idle.get(shape)
        if not idle:
            return np.zeros(shape)
        array = idle.pop()
        array.fill(0.0)
        return array

    def give(self, array: FloatArray) -> None:
        """Keep an array for whoever asks for its shape."""
        self._idle.setdefault(array.shape, []).append(array)


@contextmanager
def borrowed(arrays: Arrays, shape: tuple[int, ...]) -> Iterator[FloatArray]:
    """Lend an array of zeros, and take it back whatever happens."""
    array = arrays.take(shape)
    try:
        yield array
    finally:
        arrays.give(array)


class _Seen:
    """Tells arrays that were used before by their identity."""

    def __init__(self) -> None:
        # A dead reference means that the array is gone, and that its number says nothing.
        self._by_number: dict[int, weakref.ref[FloatArray]] = {}
        self.reused_count = 0

    def note(self, array: FloatArray) -> None:
        """Note that an array is used."""
        earlier = self._by_number.get(id(array))
        self.reused_count += earlier is not None and earlier() is array
        self._by_number[id(array)] = weakref.ref(array)

    def alive_bytes(self) -> int:
        """Return how many bytes of the arrays are still there."""
        alive = (each() for each in self._by_number.values())
        return sum(array.nbytes for array in alive if array is not None)


def _mapped(asked: MapInputs, arrays: Arrays) -> MapOutputs:
    seen = _Seen()
    profile = np.empty((len(asked.places), asked.cells_count))
    for batch, places in enumerate(asked.places):
        grid = arrays.take((asked.cells_count, asked.cells_count))
        seen.note(grid)
        _count(places, grid, profile[batch])
        arrays.give(grid)
        del grid
    return MapOutputs(profile=profile, reused_count=seen.reused_count, kept_bytes=seen.alive_bytes())


def _count(places: FloatArray, grid: FloatArray, profile: FloatArray) -> None:
    """Count places into the grid, and write its sums along the second axis, each cell smoothed by its neighbours."""
    cells = ((places + REACH_M) * (len(grid) / (2 * REACH_M))).astype(np.int64).clip(0, len(grid) - 1)
    np.add.at(grid, (cells[:, 0], cells[:, 1]), 1.0)
    sums = grid.sum(axis=1)
    profile[:] = sums
    profile[1:] += 0.5 * sums[:-1]
    profile[:-1] += 0.5 * sums[1:]
