"""Predictions of a surrogate in several sessions, in which many designs are asked for again.

A session needs the surrogate of the same data, and asks it for one design after the other, as
an optimiser does. What can be saved is another fit in each session, the cost of
predicting singly, and predictions that were made before. Caches on disk lie in a folder that
is made for the call and is gone after it; caches in memory belong to one session.
This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.seeding import checked_seed, extents_of, generator
from perfwatch.workloads.surrogate import process, reactor
from perfwatch.workloads.surrogate.caches import Favourites, Latest
from perfwatch.workloads.surrogate.disk_cache import SurrogateCache, content_key, seed_key
from perfwatch.workloads.surrogate.sampling import designs_of
from perfwatch.workloads.surrogate.table_one import PREDICT

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from perfwatch.workloads.surrogate.caches import Cache
    from perfwatch.workloads.surrogate.disk_cache import Key

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

#: Steps of the black box where it only gives data.
STEPS_COUNT = 60
BATCH_DESIGNS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictInputs:
    """Data, and what is asked of their surrogate.

    ``designs`` has shape ``(n, dimensions)`` and ``values`` ``(n,)``; ``places`` has shape
    ``(places, dimensions)``, and ``visits`` of shape ``(sessions, requests)`` names one of them
    for each request. A cache in memory may keep ``kept_count`` predictions. The surrogate takes
    one of ``lengths``.
    """

    designs: FloatArray
    values: FloatArray
    places: FloatArray
    visits: IntArray
    kept_count: int
    lengths: tuple[float, ...] = process.LENGTHS


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> PredictInputs:
    """Draw data and requests for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(PREDICT, size)
    drawn = generator(checked_seed(seed))
    designs = designs_of(extents["points"], extents["dimensions"], seed)
    return PredictInputs(
        designs=designs,
        values=reactor.shortfalls(designs, STEPS_COUNT),
        places=drawn.random((extents["places"], extents["dimensions"])),
        visits=popular(drawn.random((extents["sessions"], extents["requests"])), extents["places"]),
        kept_count=extents["kept"],
    )


def popular(chances: FloatArray, places_count: int) -> IntArray:
    """Return a place for each chance between 0 and 1: few of them often, many of them seldom."""
    return np.minimum(places_count * chances**3, places_count - 1).astype(np.int64)


def reference(asked: PredictInputs) -> FloatArray:
    """Fit in each session, and predict one design at a time."""
    return _sessions(asked, _fitted, _singly)


def batch(asked: PredictInputs) -> FloatArray:
    """Fit in each session, and predict 64 designs at a time: bounded memory, however many are asked for."""
    return _sessions(asked, _fitted, _in_batches)


def vectorised(asked: PredictInputs) -> FloatArray:
    """Fit once, and predict all designs of all sessions at once."""
    surrogate = _fitted(asked)
    flat = surrogate.predict(asked.places[asked.visits.ravel()])
    return flat.reshape(asked.visits.shape)


def lru_cache(asked: PredictInputs) -> FloatArray:
    """Keep the latest predictions of a session."""
    return _sessions(
        asked, _fitted, lambda surrogate, wanted: _kept(surrogate, wanted, Latest(asked.kept_count))
    )


def smart_cache(asked: PredictInputs) -> FloatArray:
    """Keep the predictions of a session that are asked for most often."""
    return _sessions(
        asked, _fitted, lambda surrogate, wanted: _kept(surrogate, wanted, Favourites(asked.kept_count))
    )


def disk_cache(asked: PredictInputs) -> FloatArray:
    """Keep the surrogate on disk under a digest of its data: later sessions, of any process, load it."""
    return _from_disk(asked, content_key)


def seed_disk_cache(asked: PredictInputs) -> FloatArray:
    """Keep the surrogate on disk under Python's ``hash`` of its data: sessions of this process alone load it."""
    return _from_disk(asked, seed_key)


def _from_disk(asked: PredictInputs, key: Key) -> FloatArray:
    with TemporaryDirectory(prefix="surrogates-") as folder:
        # A new cache for each session: in memory it keeps nothing.
        return _sessions(asked, lambda data: _obtained(data, SurrogateCache(folder, key)), _singly)


def _sessions(
    asked: PredictInputs,
    surrogate_of: Callable[[PredictInputs], process.Process],
    predicted: Callable[[process.Process, FloatArray], FloatArray],
) -> FloatArray:
    found = np.empty(asked.visits.shape)
    for session, visits in enumerate(asked.visits):
        found[session] = predicted(surrogate_of(asked), asked.places[visits])
    return found


def _fitted(asked: PredictInputs) -> process.Process:
    return process.fit(asked.designs, asked.values, asked.lengths)


def _obtained(asked: PredictInputs, cache: SurrogateCache) -> process.Process:
    settings = f"lengths={asked.lengths} noise={process.NOISE}"
    return cache.obtain(asked.designs, asked.values, settings, lambda: _fitted(asked))


def _singly(surrogate: process.Process, wanted: FloatArray) -> FloatArray:
    return np.array([surrogate.predict(design[np.newaxis])[0] for design in wanted])


def _in_batches(surrogate: process.Process, wanted: FloatArray) -> FloatArray:
    parts = [
        surrogate.predict(wanted[begin : begin + BATCH_DESIGNS])
        for begin in range(0, len(wanted), BATCH_DESIGNS)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def _kept(surrogate: process.Process, wanted: FloatArray, cache: Cache) -> FloatArray:
    found = np.empty(len(wanted))
    for row, design in enumerate(wanted):
        key = design.tobytes()
        value = cache.get(key)
        if value is None:
            value = float(surrogate.predict(design[np.newaxis])[0])
            cache.put(key, value)
        found[row] = value
    return found
