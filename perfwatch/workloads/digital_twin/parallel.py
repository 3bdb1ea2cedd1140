"""A synthetic data set of syntheses, drawn by one process or by several.

A sample is a recipe and what came of it. Concentrations are lognormal within their
bounds; the phase that forms is drawn from probabilities that follow from the recipe by
a softmax over the phases' scores. Where the perovskite forms, its gap and yield come from
the growth that the stage ``physics`` simulates; the other phases have gaps of their own.
The scores are illustrative: shares of phases as a data set for training would have them.

Samples are drawn in blocks, each from a stream of its own (``SeedSequence`` with the
block's number as spawn key), so that the answer does not depend on who draws which
block: it is the same for one process and for many, bit for bit.

Workers are started by the start method that ``SampleInputs`` names, else by Python's
own, and have ended when a call returns. This module must not measure itself.
"""

from __future__ import annotations

import multiprocessing
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin import physics
from perfwatch.workloads.digital_twin.table_two import PARALLEL
from perfwatch.workloads.seeding import checked_seed, extents_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.pool import Pool

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Samples drawn from one stream.
BLOCK_SAMPLES = 1_000

#: A batch of the reference, and the least batch that the document advises.
SMALL_BATCH = 1_000
LARGE_BATCH = 5_000

#: The columns of the data set; the first five are the recipe.
COLUMNS = (
    "kelvin",
    "duration_s",
    "cesium_mol_per_m3",
    "lead_mol_per_m3",
    "ligand_mol_per_m3",
    "phase",
    "gap_ev",
    "quantum_yield",
)
ROW_BYTES = 8 * len(COLUMNS)
CESIUM_BOUNDS, LEAD_BOUNDS, LIGAND_BOUNDS = (2.0, 40.0), (5.0, 80.0), (10.0, 400.0)
SPREAD = 0.5  # of the logarithm of a concentration

# For each phase: Cs4PbBr6 (0D), CsPb2Br5 (2D), CsPbBr3 (3D, the perovskite), a mixture, none.
RATIO_WANTED = np.array([1.2, -1.0, 0.0, 0.3, 0.0])  # logarithm of cesium per lead
SHARPNESS = np.array([2.0, 2.0, 2.5, 0.3, 0.1])
PREFERENCE = np.array([-0.5, -0.8, 1.0, -1.2, -2.0])
PER_KELVIN = np.array([-0.010, -0.005, 0.012, 0.0, -0.004])
MIDDLE_KELVIN = 423.15
PEROVSKITE = 2
GAP_EV = np.array([3.95, 3.10, 0.0, 2.60, 0.0])  # the perovskite's depends on its size
QUANTUM_YIELD = np.array([0.10, 0.05, 0.0, 0.30, 0.0])

INJECTION_DROP_KELVIN, INJECTION_RECOVERY_S = 15.0, 5.0
NUCLEI_PER_NM3 = 2.0e-6
STEPS_COUNT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleInputs:
    """How many samples to draw, from which seed, by how many worker processes.

    ``start_method`` is ``fork``, ``forkserver`` or ``spawn``; empty means Python's own
    choice for the platform.
    """

    samples_count: int
    seed: int
    processes_count: int
    start_method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOutputs:
    """The data set: one row per sample, one column for each of ``COLUMNS``."""

    table: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> SampleInputs:
    """Say what to draw for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(PARALLEL, size)
    return SampleInputs(
        samples_count=extents["samples"], seed=checked_seed(seed), processes_count=extents["processes"]
    )


def serial(wanted: SampleInputs) -> SampleOutputs:
    """Draw all samples in this process."""
    table = np.empty((wanted.samples_count, len(COLUMNS)))
    draw_into(table, 0, wanted.seed)
    return SampleOutputs(table=table)


def reference(wanted: SampleInputs) -> SampleOutputs:
    """Let workers draw batches of 1,000 samples, pickle them, and send them back."""
    return _gathered(wanted, SMALL_BATCH)


def large_batches(wanted: SampleInputs) -> SampleOutputs:
    """Give each worker one batch, of 5,000 samples at least, as the document advises."""
    return _gathered(wanted, max(LARGE_BATCH, -(-wanted.samples_count // wanted.processes_count)))


def shared_memory(wanted: SampleInputs) -> SampleOutputs:
    """Let workers write one batch each into memory that both sides see: only its name is sent."""
    batch_count = max(LARGE_BATCH, -(-wanted.samples_count // wanted.processes_count))
    # A block of no bytes cannot be had.
    memory = SharedMemory(create=True, size=max(1, wanted.samples_count * ROW_BYTES))
    try:
        with _workers(wanted) as pool:
            batches = [(memory.name, batch) for batch in _batches(wanted, batch_count)]
            pool.map(_draw_shared, batches, chunksize=1)
        shape = (wanted.samples_count, len(COLUMNS))
        table = np.ndarray(shape, buffer=memory.buf).copy()
    finally:
        memory.close()
        memory.unlink()
    return SampleOutputs(table=table)


def _gathered(wanted: SampleInputs, batch_count: int) -> SampleOutputs:
    with _workers(wanted) as pool:
        parts = pool.map(_draw_batch, _batches(wanted, batch_count), chunksize=1)
    return SampleOutputs(table=np.concatenate([np.empty((0, len(COLUMNS))), *parts]))


def _batches(wanted: SampleInputs, batch_count: int) -> list[tuple[int, int, int]]:
    """Return first sample, count and seed of each batch; batches begin where blocks do."""
    step = -(-batch_count // BLOCK_SAMPLES) * BLOCK_SAMPLES
    return [
        (first, min(step, wanted.samples_count - first), wanted.seed)
        for first in range(0, wanted.samples_count, step)
    ]


@contextmanager
def _workers(wanted: SampleInputs) -> Iterator[Pool]:
    """Lend a pool of processes; whatever happens, they have ended afterwards."""
    with warnings.catch_warnings():
        # A fork beside other threads warns from Python 3.12 on; the workers use no lock of theirs.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        pool = multiprocessing.get_context(wanted.start_method or None).Pool(wanted.processes_count)
    try:
        yield pool
        pool.close()
    except BaseException:
        pool.terminate()
        raise
    finally:
        pool.join()


def _draw_batch(batch: tuple[int, int, int]) -> FloatArray:
    first, count, seed = batch
    table = np.empty((count, len(COLUMNS)))
    draw_into(table, first, seed)
    return table


def _draw_shared(task: tuple[str, tuple[int, int, int]]) -> None:
    name, (first, count, seed) = task
    memory = SharedMemory(name=name)
    try:
        table = np.ndarray((count, len(COLUMNS)), buffer=memory.buf, offset=first * ROW_BYTES)
        draw_into(table, first, seed)
        del table  # memory that an array still lies in cannot be closed
    finally:
        memory.close()


def draw_into(table: FloatArray, first: int, seed: int) -> None:
    """Draw the samples from number ``first`` on (a block's beginning) into the rows of ``table``."""
    for start in range(0, len(table), BLOCK_SAMPLES):
        block = table[start : start + BLOCK_SAMPLES]
        number = (first + start) // BLOCK_SAMPLES
        sequence = np.random.SeedSequence(seed, spawn_key=(number,))
        _draw_block(block, np.random.Generator(np.random.PCG64(sequence)))


def _draw_block(table: FloatArray, generator: np.random.Generator) -> None:
    count = len(table)
    table[:, 0] = 373.15 + 100.0 * generator.random(count)
    table[:, 1] = 5.0 + 55.0 * generator.random(count)
    for column, (low, high) in enumerate((CESIUM_BOUNDS, LEAD_BOUNDS, LIGAND_BOUNDS), start=2):
        drawn = generator.lognormal(np.log((low + high) / 2), SPREAD, count)
        table[:, column] = np.clip(drawn, low, high)
    table[:, 5] = phase = _draw_phases(table, generator.random(count))
    grown = _grow(table)
    table[:, 6] = np.where(phase == PEROVSKITE, grown.gap_ev[:, -1], GAP_EV[phase])
    table[:, 7] = np.where(phase == PEROVSKITE, grown.quantum_yield[:, -1], QUANTUM_YIELD[phase])


def _grow(table: FloatArray) -> physics.GrowthOutputs:
    """Perform the recipes, with as much perovskite as the scarcer precursor allows."""
    samples_count = len(table)
    return physics.vectorised(
        physics.GrowthInputs(
            set_kelvin=table[:, 0],
            drop_kelvin=np.full(samples_count, INJECTION_DROP_KELVIN),
            recovery_s=np.full(samples_count, INJECTION_RECOVERY_S),
            duration_s=table[:, 1],
            precursor_mol_per_m3=np.minimum(table[:, 2], table[:, 3]),
            ligand_mol_per_m3=table[:, 4],
            nuclei_per_nm3=np.full(samples_count, NUCLEI_PER_NM3),
            steps_count=STEPS_COUNT,
        )
    )


def _draw_phases(table: FloatArray, chance: FloatArray) -> NDArray[np.int64]:
    """Return the phase of each sample: the first whose cumulative probability exceeds its chance."""
    ratio = np.log(table[:, 2] / table[:, 3])[:, np.newaxis]
    warmer = (table[:, 0] - MIDDLE_KELVIN)[:, np.newaxis]
    scores = PREFERENCE - SHARPNESS * (ratio - RATIO_WANTED) ** 2 + PER_KELVIN * warmer
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    cumulative = np.cumsum(shares, axis=1)
    chosen = (cumulative <= (chance * cumulative[:, -1])[:, np.newaxis]).sum(axis=1)
    return np.asarray(np.minimum(chosen, len(PREFERENCE) - 1))
