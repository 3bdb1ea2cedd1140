"""Data for a surrogate: the black box evaluated at Sobol points, by one worker or by several.

Evaluations do not depend on each other, and each is the same scalar mathematics whoever
performs it: all forms give the same bits. What tells them apart is who evaluates, and what is
held in memory meanwhile. Workers have ended when a call returns. This module must not
measure itself.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.seeding import checked_seed, extents_of
from perfwatch.workloads.surrogate import reactor
from perfwatch.workloads.surrogate.sampling import SobolPoints, drawn_shift
from perfwatch.workloads.surrogate.table_one import COLLECT
from perfwatch.workloads.surrogate.workers import processes as lent_processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: The document's chunk.
CHUNK_POINTS = 100
#: So many batches for each worker: few enough to cost little, enough to even out who waits.
BATCHES_PER_WORKER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectInputs:
    """How many points to evaluate, in which sequence, in how many steps each, by how many workers.

    ``shift`` of shape ``(dimensions,)`` is the sequence's. ``start_method`` is ``fork``,
    ``forkserver`` or ``spawn``; empty means Python's own choice for the platform.
    """

    points_count: int
    steps_count: int
    shift: FloatArray
    workers_count: int
    start_method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOutputs:
    """The data: designs of shape ``(points, dimensions)``, and the shortfall of each."""

    designs: FloatArray
    shortfall: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> CollectInputs:
    """Say what to collect for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(COLLECT, size)
    return CollectInputs(
        points_count=extents["points"],
        steps_count=extents["steps"],
        shift=drawn_shift(extents["dimensions"], checked_seed(seed)),
        workers_count=extents["workers"],
    )


def reference(wanted: CollectInputs) -> CollectOutputs:
    """Evaluate one point after the other."""
    designs = SobolPoints(wanted.shift).draw(wanted.points_count)
    found = []
    for design in designs:
        found.append(reactor.shortfall(design, wanted.steps_count))  # noqa: PERF401 - the form in question
    return CollectOutputs(designs=designs, shortfall=np.array(found))


def threads(wanted: CollectInputs) -> CollectOutputs:
    """Let threads of this process evaluate the points."""
    designs = SobolPoints(wanted.shift).draw(wanted.points_count)
    with ThreadPoolExecutor(wanted.workers_count) as pool:
        found = list(pool.map(_evaluation(wanted), designs))
    return CollectOutputs(designs=designs, shortfall=np.array(found))


def processes(wanted: CollectInputs) -> CollectOutputs:
    """Let processes evaluate the points, a batch at a time."""
    designs = SobolPoints(wanted.shift).draw(wanted.points_count)
    with lent_processes(wanted.workers_count, wanted.start_method) as pool:
        found = list(pool.map(_evaluation(wanted), designs, chunksize=batch_size(wanted)))
    return CollectOutputs(designs=designs, shortfall=np.array(found))


def streaming(wanted: CollectInputs) -> CollectOutputs:
    """Draw and evaluate chunk by chunk, into arrays that were made once: beside them there is one chunk."""
    points = SobolPoints(wanted.shift)
    designs = np.empty((wanted.points_count, len(wanted.shift)))
    found = np.empty(wanted.points_count)
    evaluate = _evaluation(wanted)
    for begin in range(0, wanted.points_count, CHUNK_POINTS):
        chunk = designs[begin : begin + CHUNK_POINTS]
        chunk[:] = points.draw(len(chunk))
        for row, design in enumerate(chunk):
            found[begin + row] = evaluate(design)
    return CollectOutputs(designs=designs, shortfall=found)


def seed_streaming(wanted: CollectInputs) -> CollectOutputs:
    """Collect chunk by chunk as the document advises: each chunk is kept in a list, and all are stacked."""
    points = SobolPoints(wanted.shift)
    evaluate = _evaluation(wanted)
    kept_designs, kept_found = [], []
    for begin in range(0, wanted.points_count, CHUNK_POINTS):
        chunk = points.draw(min(CHUNK_POINTS, wanted.points_count - begin))
        values = np.array([evaluate(design) for design in chunk])
        kept_designs.append(chunk)
        kept_found.append(values)
        del chunk, values  # the lists hold both: nothing is given back
    return CollectOutputs(designs=np.vstack(kept_designs), shortfall=np.concatenate(kept_found))


def batch_size(wanted: CollectInputs) -> int:
    """Return how many points a worker is sent at once."""
    return max(1, -(-wanted.points_count // (wanted.workers_count * BATCHES_PER_WORKER)))


def _evaluation(wanted: CollectInputs) -> Callable[[FloatArray], float]:
    return partial(reactor.shortfall, steps_count=wanted.steps_count)
