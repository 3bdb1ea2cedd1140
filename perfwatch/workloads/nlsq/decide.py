"""The decision matrix of a least-squares library, each of its cells measured.

The matrix says which form of a fit to take, by the number of points, by how much of the
Jacobian is worth holding, and by whether fits are repeated. A cell is a job of that kind. The
answer is the table itself: what the recommended form finds in each cell, which must be right,
and what each form that was measured took, in time and in bytes.

Times are medians over rounds in which every form has its turn; bytes are the peak that NumPy
and Python allocated in a run of its own (``tracemalloc``), because tracing costs time.
"""

from __future__ import annotations

import tempfile
import tracemalloc
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.nlsq import peaks
from perfwatch.workloads.nlsq.decide_forms import FORMS, Job
from perfwatch.workloads.nlsq.pattern import counting_entries
from perfwatch.workloads.nlsq.table_one import DECIDE
from perfwatch.workloads.seeding import checked_seed, extents_of, generator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

#: A form wins a cell when no other is faster by more than this, or takes less memory by more than this.
WINNING_RATIO = 1.10
#: What stands in the table for a figure that was not taken.
NOT_MEASURED = 0

#: Peaks of a scan whose Jacobian has more than 90% zeros, and of one with fewer than half.
MANY_PEAKS, WIDE_PEAKS = 8, 2
#: Where wide peaks stand along the scan, and how wide they are, as shares of it.
WIDE_PLACES, WIDE_WIDTH = (0.3, 0.7), 0.14
#: Rows of the Jacobian from which the share of zeros is told.
SAMPLED_ROWS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A row of the matrix: the kind of job, and what is recommended for it.

    ``points`` names an extent of the size; ``zeros`` says whether most of the Jacobian is zero.
    """

    name: str
    points: str
    zeros: bool
    repeated: bool
    recommended: str
    on_disk: bool = False


def _cell(name: str, points: str, recommended: str, *, traits: str = "") -> Cell:
    words = traits.split()
    return Cell(
        name=name,
        points=points,
        zeros="zeros" in words,
        repeated="repeated" in words,
        recommended=recommended,
        on_disk="disk" in words,
    )


#: The document's matrix, in its own order. Above a million points it does not ask whether fits are repeated.
MATRIX = (
    _cell("below 10K points, once", "few", "plain"),
    _cell("below 10K points, repeated", "few", "pool", traits="repeated"),
    _cell("10K to 1M points, dense, once", "many", "plain"),
    _cell("10K to 1M points, dense, repeated", "many", "pool", traits="repeated"),
    _cell("10K to 1M points, sparse, once", "many", "sparse", traits="zeros"),
    _cell("10K to 1M points, sparse, repeated", "many", "sparse and pool", traits="zeros repeated"),
    _cell("above 1M points, dense", "most", "pool"),
    _cell("above 1M points, sparse", "most", "sparse and pool", traits="zeros"),
    _cell("on disk", "most", "streaming", traits="zeros disk"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideInputs:
    """The job of each cell, by its name; those on disk have their data in memory until they are measured."""

    jobs: dict[str, Job]
    rounds_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideOutputs:
    """The matrix with figures.

    ``recommended`` has one index into ``forms`` for each of ``cells``, ``zeros_share`` the share of
    entries of the Jacobian below the threshold, ``parameters`` what the recommended form found, cell
    after cell. ``time_ns`` and ``peak_bytes`` have shape ``(cells, forms)`` and hold ``NOT_MEASURED``
    where a form was not run. ``fastest`` and ``smallest`` say of each cell whether the recommended
    form won it: 1, 0, or -1 where it ran alone.
    """

    cells: tuple[str, ...]
    forms: tuple[str, ...]
    recommended: IntArray
    zeros_share: FloatArray
    parameters: FloatArray
    time_ns: FloatArray
    peak_bytes: IntArray
    fastest: IntArray
    smallest: IntArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> DecideInputs:
    """Draw the job of every cell for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    return draw_jobs(extents_of(DECIDE, size), seed)


def draw_jobs(extents: Mapping[str, int], seed: int) -> DecideInputs:
    """Draw the job of every cell for extents named as those of the stage."""
    seeds = iter(np.random.SeedSequence(checked_seed(seed)).generate_state(64).tolist())
    jobs = {}
    for cell in MATRIX:
        count = extents["repeats"] if cell.repeated else 1
        draw = _draw_many if cell.zeros else _draw_wide
        scans = tuple(draw(extents[cell.points], next(seeds)) for _ in range(count))
        jobs[cell.name] = Job(scans=scans)
    return DecideInputs(jobs=jobs, rounds_count=extents["rounds"])


def _draw_many(points_count: int, seed: int) -> peaks.Scan:
    return peaks.draw_scan(points_count, MANY_PEAKS, seed)


def _draw_wide(points_count: int, seed: int) -> peaks.Scan:
    """Draw a scan with two peaks that reach over most of it."""
    numbers = generator(seed)
    truth = np.array(
        [
            part
            for place in WIDE_PLACES
            for part in (
                peaks.LOWEST + (peaks.HIGHEST - peaks.LOWEST) * numbers.random(),
                peaks.SCAN_END * place,
                peaks.SCAN_END * WIDE_WIDTH * (0.9 + 0.2 * numbers.random()),
            )
        ]
    )
    x = np.linspace(0.0, peaks.SCAN_END, points_count)
    y = peaks.value(x, truth) + peaks.NOISE * peaks.bell(numbers, points_count)
    return peaks.Scan(x=x, y=y, start=truth * (1.0 + 0.1 * (numbers.random(len(truth)) - 0.5)))


def reference(asked: DecideInputs) -> DecideOutputs:
    """Follow the matrix: run what it recommends in each cell, once and alone."""
    return _table(asked, measure_all=False)


def measured(asked: DecideInputs) -> DecideOutputs:
    """Run every form in each cell, in turn and several times, to see whether the recommended one wins."""
    return _table(asked, measure_all=True)


def _table(asked: DecideInputs, *, measure_all: bool) -> DecideOutputs:
    shape = (len(MATRIX), len(FORMS))
    time_ns, peak_bytes = np.full(shape, float(NOT_MEASURED)), np.full(shape, NOT_MEASURED)
    found = []
    for row, cell in enumerate(MATRIX):
        forms = list(FORMS) if measure_all else [cell.recommended]
        columns = [list(FORMS).index(name) for name in forms]
        with _placed(asked.jobs[cell.name], on_disk=cell.on_disk) as job:
            rounds = [
                [_timed(name, job) for name in forms] for _ in range(asked.rounds_count if measure_all else 1)
            ]
            peak_bytes[row, columns] = [_peak(name, job) for name in forms]
        time_ns[row, columns] = np.median([[ns for ns, _ in one] for one in rounds], axis=0)
        found.append(rounds[0][forms.index(cell.recommended)][1])
    recommended = np.array([list(FORMS).index(cell.recommended) for cell in MATRIX])
    return DecideOutputs(
        cells=tuple(cell.name for cell in MATRIX),
        forms=tuple(FORMS),
        recommended=recommended,
        zeros_share=np.array([_zeros_share(asked.jobs[cell.name].scans[0]) for cell in MATRIX]),
        parameters=np.concatenate(found),
        time_ns=time_ns,
        peak_bytes=peak_bytes,
        fastest=winners(time_ns, recommended),
        smallest=winners(peak_bytes, recommended),
    )


@contextmanager
def _placed(job: Job, *, on_disk: bool) -> Iterator[Job]:
    """Put a job's data where its cell has them: in memory, or in a file that is gone afterwards."""
    if not on_disk:
        yield job
        return
    (scan,) = job.scans
    with tempfile.TemporaryDirectory(prefix="perfwatch-nlsq-") as folder:
        path = Path(folder) / "scan.npy"
        np.save(path, np.stack([scan.x, scan.y]))
        nowhere = np.empty(0)
        yield Job(scans=(peaks.Scan(x=nowhere, y=nowhere, start=scan.start),), path=path)


def _timed(name: str, job: Job) -> tuple[int, FloatArray]:
    began = perf_counter_ns()
    found = FORMS[name](job)
    return perf_counter_ns() - began, found


def _peak(name: str, job: Job) -> int:
    """Return the most bytes that a form held at once beyond what was there before it."""
    running = tracemalloc.is_tracing()
    if not running:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        FORMS[name](job)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if not running:
            tracemalloc.stop()


def _zeros_share(scan: peaks.Scan) -> float:
    """Return the share of the Jacobian, at the start, that is below the threshold."""
    rows = np.unique(np.linspace(0, len(scan.x) - 1, SAMPLED_ROWS).astype(np.int64))
    return 1.0 - float(counting_entries(peaks.jacobian(scan.x[rows], scan.start)).mean())


def winners(figures: NDArray[np.number], recommended: IntArray) -> IntArray:
    """Return whether each cell's recommended form is within ``WINNING_RATIO`` of the least figure.

    1 or 0; -1 where no other form was measured.
    """
    won = []
    for row, index in zip(figures, recommended, strict=True):
        others = np.delete(row, index)
        others = others[others != NOT_MEASURED]
        won.append(int(row[index] <= WINNING_RATIO * others.min()) if others.size else -1)
    return np.array(won)


def told(table: DecideOutputs) -> Iterator[str]:
    """Yield one line for each cell: the recommended form, the fastest, and what both took."""
    for row, (cell, index) in enumerate(zip(table.cells, table.recommended, strict=True)):
        fastest = int(np.argmin(np.where(table.time_ns[row] == NOT_MEASURED, np.inf, table.time_ns[row])))
        took, least = table.time_ns[row, index] / 1e6, table.time_ns[row, fastest] / 1e6
        yield (
            f"{cell}: {table.forms[index]} is recommended and takes {took:.2f} ms; "
            f"{table.forms[fastest]} is the fastest with {least:.2f} ms"
        )
