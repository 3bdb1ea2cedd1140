"""The least value of a surrogate, looked for from many starts.

Every form takes the same steps from the same starts; they differ in who takes them. Workers
have ended when a call returns. This module must not measure itself.
"""

from __future__ import annotations

from concurrent.futures import as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.seeding import checked_seed, extents_of
from perfwatch.workloads.surrogate import process
from perfwatch.workloads.surrogate.descent import descend_all, descend_one
from perfwatch.workloads.surrogate.gradient import drawn_surrogate
from perfwatch.workloads.surrogate.sampling import SobolPoints, drawn_shift
from perfwatch.workloads.surrogate.table_two import MULTISTART
from perfwatch.workloads.surrogate.workers import processes as lent_processes

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Ended = tuple["FloatArray", float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MultistartInputs:
    """A surrogate, starts of shape ``(starts, dimensions)``, and how far to go from each.

    ``start_method`` is ``fork``, ``forkserver`` or ``spawn``; empty means Python's own
    choice for the platform.
    """

    surrogate: process.Process
    starts: FloatArray
    iterations_count: int
    workers_count: int
    start_method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultistartOutputs:
    """The best design found, of shape ``(dimensions,)``, and the surrogate's value there."""

    design: FloatArray
    value: float


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> MultistartInputs:
    """Draw a surrogate and starts for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(MULTISTART, size)
    surrogate = drawn_surrogate(extents["points"], extents["dimensions"], checked_seed(seed))
    # Another sequence than the data's: a start at an observed design would know too much.
    starts = SobolPoints(drawn_shift(extents["dimensions"], seed + 1)).draw(extents["starts"])
    return MultistartInputs(
        surrogate=surrogate,
        starts=starts,
        iterations_count=extents["iterations"],
        workers_count=extents["workers"],
    )


def reference(asked: MultistartInputs) -> MultistartOutputs:
    """Descend from one start after the other."""
    return best_of(descend_one(asked.surrogate, start, asked.iterations_count) for start in asked.starts)


def batched(asked: MultistartInputs) -> MultistartOutputs:
    """Descend from all starts at once, as rows of one array."""
    places, values = descend_all(asked.surrogate, asked.starts, asked.iterations_count)
    return best_of(zip(places, values.tolist(), strict=True))


def processes(asked: MultistartInputs) -> MultistartOutputs:
    """Let processes descend from a share of the starts each; each is sent the surrogate once."""
    with lent_processes(
        asked.workers_count,
        asked.start_method,
        initializer=_receive,
        initargs=(asked.surrogate, asked.iterations_count),
    ) as pool:
        share = -(-len(asked.starts) // asked.workers_count)
        return best_of(list(pool.map(_descend, asked.starts, chunksize=max(1, share))))


def seed_processes(asked: MultistartInputs) -> MultistartOutputs:
    """Hand a local function to a pool of processes, as the document advises: it cannot be pickled."""

    def optimise_from(start: FloatArray) -> Ended:
        return descend_one(asked.surrogate, start, asked.iterations_count)

    with lent_processes(asked.workers_count, asked.start_method) as pool:
        tasks = [pool.submit(optimise_from, start) for start in asked.starts]
        done = list(as_completed(tasks))
    return best_of([task.result() for task in done])


def best_of(ended: Iterable[Ended]) -> MultistartOutputs:
    """Return the least of the values found."""
    design, value = min(ended, key=lambda each: each[1])
    return MultistartOutputs(design=design, value=value)


#: What a worker was sent: the surrogate, and how far to go.
_received: list[tuple[process.Process, int]] = []


def _receive(surrogate: process.Process, iterations_count: int) -> None:
    _received[:] = [(surrogate, iterations_count)]


def _descend(start: FloatArray) -> Ended:
    ((surrogate, iterations_count),) = _received
    return descend_one(surrogate, start, iterations_count)
