"""Features of recorded movements that are asked for again and again, with and without caches.

The features of a movement are the low part of its pace's spectrum (a smooth movement has little
above a few hertz: S. Balasubramanian et al., IEEE Trans. Biomed. Eng. 59 (2012) 2126), taken
as the mean over sine tapers (K. S. Riedel and A. Sidorenko, IEEE Trans. Signal Process. 43
(1995) 188), and a few figures of its path. Some movements are asked for far more often than others: as
the inverse of their rank (G. K. Zipf, Human Behavior and the Principle of Least Effort (1949)).

Whether something was computed is told by who computes, not by a cache. A disk cache has a
folder of its own for each call, which is gone afterwards. This module must not measure itself.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import reaching
from perfwatch.workloads.intent.caches import DiskCache, MemoryCache, TwoLevelCache, answered
from perfwatch.workloads.intent.table_two import CACHE
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfwatch.workloads.intent.caches import Cache

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

#: Frequencies of the spectrum that are kept, and figures of the path beside them.
FREQUENCIES_COUNT, FIGURES_COUNT = 24, 4
TAPERS_COUNT = 6
#: As long as the document lets answers live.
TTL_S = 3600.0
#: What a disk cache may take.
DISK_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheInputs:
    """Movements of shape ``(movements, samples, 2)`` in m, and which of them are asked for, one after the other.

    A cache in memory may keep ``kept_count`` answers.
    """

    movements: FloatArray
    requests: IntArray
    kept_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheOutputs:
    """The features of each request, of shape ``(requests, features)``; ``computed_count`` were computed."""

    features: FloatArray
    computed_count: int


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> CacheInputs:
    """Draw movements and requests for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(CACHE, size)
    draw = Draw(seed)
    goals = reaching.draw_goals(draw, 5)
    frame_s = reaching.LONGEST_S / extents["samples"]
    movements = np.array(
        [
            reaching.draw_reach(draw, goals, extents["samples"], frame_s).positions
            for _ in range(extents["movements"])
        ]
    )
    return CacheInputs(
        movements=movements,
        requests=draw_requests(draw, extents["movements"], extents["requests"]),
        kept_count=extents["kept"],
    )


def draw_requests(draw: Draw, movements_count: int, requests_count: int) -> IntArray:
    """Draw requests as often as the inverse of a movement's rank says."""
    likely = np.cumsum(1 / np.arange(1, movements_count + 1))
    chances = draw.between(0.0, float(likely[-1]), requests_count)
    return np.searchsorted(likely, chances, side="right").astype(np.int64)


def reference(asked: CacheInputs) -> CacheOutputs:
    """Compute every answer."""
    found = np.array([features_of(asked.movements[number]) for number in asked.requests])
    return CacheOutputs(
        features=found.reshape(-1, FREQUENCIES_COUNT + FIGURES_COUNT), computed_count=len(found)
    )


def memory(asked: CacheInputs) -> CacheOutputs:
    """Keep the answers asked for last in memory, for an hour at most."""
    return _asked_through(asked, MemoryCache(asked.kept_count, TTL_S))


def disk(asked: CacheInputs) -> CacheOutputs:
    """Keep answers in files."""
    with tempfile.TemporaryDirectory(prefix="perfwatch-intent-") as folder:
        return _asked_through(asked, DiskCache(Path(folder), DISK_BYTES))


def two_level(asked: CacheInputs) -> CacheOutputs:
    """Keep the answers asked for last in memory, and all of them in files."""
    with tempfile.TemporaryDirectory(prefix="perfwatch-intent-") as folder:
        levels = TwoLevelCache(MemoryCache(asked.kept_count, TTL_S), DiskCache(Path(folder), DISK_BYTES))
        return _asked_through(asked, levels)


def _asked_through(asked: CacheInputs, cache: Cache) -> CacheOutputs:
    computed_count = 0

    def compute(movement: FloatArray) -> FloatArray:
        nonlocal computed_count
        computed_count += 1
        return features_of(movement)

    features = np.empty((len(asked.requests), FREQUENCIES_COUNT + FIGURES_COUNT))
    for row, number in zip(features, asked.requests, strict=True):
        row[:] = answered(cache, asked.movements[number], compute)
    return CacheOutputs(features=features, computed_count=computed_count)


def features_of(movement: FloatArray) -> FloatArray:
    """Return the features of one movement, of shape ``(samples, 2)``."""
    steps = np.diff(movement, axis=0)
    pace = np.hypot(steps[:, 0], steps[:, 1])
    orders = np.arange(1, TAPERS_COUNT + 1)[:, np.newaxis]
    tapers = np.sin(np.pi * orders * np.arange(1, len(pace) + 1) / (len(pace) + 1))
    length = max(len(pace), 2 * FREQUENCIES_COUNT)
    spectrum = (np.abs(np.fft.rfft(tapers * (pace - pace.mean()), length)) ** 2).mean(axis=0)
    turning = np.abs(np.diff(np.arctan2(steps[:, 1], steps[:, 0])))
    straight = float(np.hypot(*(movement[-1] - movement[0])))
    figures = [float(pace.sum()), straight, float(pace.max()), float(turning.mean())]
    return np.concatenate([spectrum[1 : FREQUENCIES_COUNT + 1], figures])
