"""The covariance and its length that a Gaussian process predicts best with, by search over a grid.

Each candidate is judged by cross-validation: the mean squared error at the folds that it was not
fitted to. The document's kernels, squared exponential and Matern 5/2 (C. E. Rasmussen and C. K. I.
Williams, Gaussian Processes for Machine Learning (2006), equations 4.9 and 4.17), with lengths and shares of
noise. Halving tries all candidates on few data and goes on with the better half of them (K. Jamieson
and A. Talwalkar, AISTATS 2016). This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.seeding import checked_seed, extents_of
from perfwatch.workloads.surrogate import reactor
from perfwatch.workloads.surrogate.predict import STEPS_COUNT
from perfwatch.workloads.surrogate.process import squared_exponential
from perfwatch.workloads.surrogate.sampling import designs_of
from perfwatch.workloads.surrogate.table_two import TUNE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

LENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0)
NOISES = (1e-6, 1e-2)
#: Halving begins with this part of the data.
FIRST_PART = 4


def matern(squares: FloatArray, length: float) -> FloatArray:
    """Return Matern's covariance of smoothness 5/2 at squared distances."""
    scaled = np.sqrt(5.0 * squares) / length
    return np.asarray((1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled))


KERNELS = (squared_exponential, matern)
#: Each candidate: the number of its kernel, its length, its noise.
GRID = tuple(product(range(len(KERNELS)), LENGTHS, NOISES))


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneInputs:
    """Data of shape ``(n, dimensions)`` and ``(n,)``, and how many folds they are cut into."""

    designs: FloatArray
    values: FloatArray
    folds_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneOutputs:
    """The number of the candidate that wins in ``GRID``, and its mean squared error on all data."""

    winner: int
    error: float


@dataclass(frozen=True, slots=True)
class _Fold:
    """What one fold needs of the data, whichever candidate is tried."""

    within: FloatArray
    across: FloatArray
    known: FloatArray
    left_out: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> TuneInputs:
    """Draw data for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(TUNE, size)
    designs = designs_of(extents["points"], extents["dimensions"], checked_seed(seed))
    return TuneInputs(
        designs=designs, values=reactor.shortfalls(designs, STEPS_COUNT), folds_count=extents["folds"]
    )


def reference(data: TuneInputs) -> TuneOutputs:
    """Try every candidate, preparing the data for each of them."""
    errors = [_error(candidate, _folds(data, len(data.values))) for candidate in GRID]
    return _winner(range(len(GRID)), errors)


def cached_data(data: TuneInputs) -> TuneOutputs:
    """Try every candidate on data that were prepared once."""
    folds = list(_folds(data, len(data.values)))
    return _winner(range(len(GRID)), [_error(candidate, folds) for candidate in GRID])


def halving(data: TuneInputs) -> TuneOutputs:
    """Try all candidates on a quarter of the data, the better half on a half, and those left on all."""
    left: Sequence[int] = range(len(GRID))
    for part in (FIRST_PART, FIRST_PART // 2):
        folds = list(_folds(data, len(data.values) // part))
        errors = {number: _error(GRID[number], folds) for number in left}
        left = sorted(errors, key=errors.__getitem__)[: max(1, len(left) // 2)]
    folds = list(_folds(data, len(data.values)))
    return _winner(left, [_error(GRID[number], folds) for number in left])


def _folds(data: TuneInputs, count: int) -> list[_Fold]:
    """Cut the first ``count`` data into folds: every so many belong to the same one."""
    designs, values = data.designs[:count], data.values[:count]
    fold_of = np.arange(count) % data.folds_count
    made = []
    for fold in range(data.folds_count):
        known, out = fold_of != fold, fold_of == fold
        made.append(
            _Fold(
                cdist(designs[known], designs[known], "sqeuclidean"),
                cdist(designs[out], designs[known], "sqeuclidean"),
                values[known],
                values[out],
            )
        )
    return made


def _error(candidate: tuple[int, float, float], folds: Sequence[_Fold]) -> float:
    """Return the mean squared error of a candidate at what its folds leave out."""
    number, length, noise = candidate
    squares, count = 0.0, 0
    for fold in folds:
        level, spread = fold.known.mean(), fold.known.std() or 1.0
        covariance = KERNELS[number](fold.within, length)
        covariance[np.diag_indices_from(covariance)] += noise
        weights = cho_solve(cho_factor(covariance, lower=True), (fold.known - level) / spread)
        predicted = level + spread * (KERNELS[number](fold.across, length) @ weights)
        squares += float(((predicted - fold.left_out) ** 2).sum())
        count += len(fold.left_out)
    return squares / count


def _winner(numbers: Sequence[int], errors: Sequence[float]) -> TuneOutputs:
    best = int(np.argmin(errors))
    return TuneOutputs(winner=numbers[best], error=float(errors[best]))
