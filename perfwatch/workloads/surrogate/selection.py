"""The choice of a surrogate that memory allows, by estimate and by measurement.

The document estimates bytes: 8 n^2 for a Gaussian process, 4 for each weight of a network, 8 n d
times 0.7 for a forest; takes the process where its estimate is below the budget and n below 5,000, else
the network where that fits, else the forest. Measured, each kind is trained once for its memory, as Python
and NumPy report it to ``tracemalloc`` (what trees of a forest hold in memory of their own is added), and
three times for its time; the choice is the first in the same order of preference whose peak fits.

The answer is the table. Its times and bytes are measured: no two tables have the same. Peaks are
those above what was held before. This module must not know a budget or a size itself.
"""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.seeding import checked_seed, extents_of
from perfwatch.workloads.surrogate import models, network, reactor
from perfwatch.workloads.surrogate.predict import STEPS_COUNT
from perfwatch.workloads.surrogate.sampling import designs_of
from perfwatch.workloads.surrogate.table_two import SELECT

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

#: The network that the document's choice trains.
HIDDEN = (128, 64)
MOST_FOR_A_PROCESS = 5_000
#: The part of the data that a forest is estimated to hold.
HELD_PART = 0.7
REPEATS_COUNT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectInputs:
    """Data, of which case by case the first ``counts`` are taken, each with a budget of bytes."""

    designs: FloatArray
    values: FloatArray
    counts: IntArray
    budget_bytes: FloatArray
    trees_count: int
    epochs_count: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectOutputs:
    """The table, case by case: bytes of each of ``models.KINDS``, the kind chosen, and what its training took.

    ``counts``, ``chosen``, ``fit_ns`` and ``peak_bytes`` have shape ``(cases,)``,
    ``memory_bytes`` ``(cases, kinds)``. ``fit_ns`` and ``peak_bytes`` are measured, and so is
    ``memory_bytes`` where it is not estimated: figures, not answers.
    """

    counts: IntArray
    memory_bytes: FloatArray
    chosen: IntArray
    fit_ns: FloatArray
    peak_bytes: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> SelectInputs:
    """Draw data and cases for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(SELECT, size)
    designs = designs_of(extents["points"], extents["dimensions"], checked_seed(seed))
    return SelectInputs(
        designs=designs,
        values=reactor.shortfalls(designs, STEPS_COUNT),
        counts=halved(extents["points"], extents["cases"]),
        budget_bytes=np.full(extents["cases"], 1e3 * extents["budget_kb"]),
        trees_count=extents["trees"],
        epochs_count=extents["epochs"],
        seed=seed,
    )


def halved(points_count: int, cases_count: int) -> IntArray:
    """Return the numbers of points of the cases: each twice the one before, up to all of them."""
    return points_count >> np.arange(cases_count - 1, -1, -1)


def reference(asked: SelectInputs) -> SelectOutputs:
    """Choose by the document's estimates, and train what was chosen."""
    rows = []
    for count, budget in zip(asked.counts.tolist(), asked.budget_bytes.tolist(), strict=True):
        estimated = estimates(count, asked.designs.shape[1])
        chosen = _document_choice(count, estimated, budget)
        rows.append((estimated, chosen, *measured_fit(trainings(asked, count)[chosen], repeats_count=1)))
    return _table(asked, rows)


def measured(asked: SelectInputs) -> SelectOutputs:
    """Train each kind at each size, and choose by the peaks of memory that this took."""
    rows = []
    for count, budget in zip(asked.counts.tolist(), asked.budget_bytes.tolist(), strict=True):
        taken = [measured_fit(fit, repeats_count=REPEATS_COUNT) for fit in trainings(asked, count)]
        peaks = [peak for _, peak in taken]
        chosen = next((kind for kind, peak in enumerate(peaks) if peak < budget), int(np.argmin(peaks)))
        rows.append((peaks, chosen, *taken[chosen]))
    return _table(asked, rows)


def estimates(count: int, dimensions: int) -> list[float]:
    """Return the bytes that the document estimates, in the order of ``models.KINDS``."""
    widths = (dimensions, *HIDDEN, 1)
    weights_count = sum(before * after for before, after in pairwise(widths))
    return [8.0 * count**2, 4.0 * weights_count, 8.0 * count * dimensions * HELD_PART]


def trainings(asked: SelectInputs, count: int) -> list[Callable[[], Any]]:
    """Return the training of each kind with the first ``count`` data, in the order of ``models.KINDS``."""
    designs, values = asked.designs[:count], asked.values[:count]
    plan = network.Plan(epochs_count=asked.epochs_count, seed=asked.seed, hidden=HIDDEN)
    return [
        partial(models.fit_process, designs, values),
        partial(models.fit_network, designs, values, plan),
        partial(models.fit_forest, designs, values, trees_count=asked.trees_count, seed=asked.seed),
    ]


def measured_fit(fit: Callable[[], Any], *, repeats_count: int) -> tuple[float, float]:
    """Return the median time of a training in ns, and its peak of memory in bytes.

    Time first: it must not be taken while memory is traced.
    """
    taken = []
    for _ in range(repeats_count):
        began = perf_counter_ns()
        fit()
        taken.append(perf_counter_ns() - began)
    return float(median(taken)), float(peak_of(fit))


def peak_of(fit: Callable[[], Any]) -> int:
    """Return the most bytes that were held at once while something was trained."""
    return traced(fit)[0]


def traced(fit: Callable[[], Any]) -> tuple[int, Any]:
    """Train, and return the most bytes that were held at once meanwhile, and what was trained."""
    traced_already = tracemalloc.is_tracing()
    if not traced_already:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        model = fit()
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        if not traced_already:
            tracemalloc.stop()
    return peak + untraced_bytes(model), model


def untraced_bytes(model: Any) -> int:
    """Return the bytes that trees of a forest hold in memory of their own, which nobody is told of."""
    trees = (tree.tree_ for tree in getattr(model, "estimators_", ()))
    return sum(part.nbytes for tree in trees for part in (tree.__getstate__()["nodes"], tree.value))


def _document_choice(count: int, estimated: list[float], budget: float) -> int:
    if estimated[0] < budget and count < MOST_FOR_A_PROCESS:
        return 0
    return 1 if estimated[1] < budget else 2


def _table(asked: SelectInputs, rows: list[tuple[list[float], int, float, float]]) -> SelectOutputs:
    memory, chosen, times, peaks = zip(*rows, strict=True)
    return SelectOutputs(
        counts=asked.counts,
        memory_bytes=np.array(memory),
        chosen=np.array(chosen),
        fit_ns=np.array(times),
        peak_bytes=np.array(peaks),
    )
