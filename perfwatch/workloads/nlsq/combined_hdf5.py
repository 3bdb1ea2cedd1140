"""The combined example with all three together: pooled buffers, sparse Jacobians, data streamed from a file.

Each pass reads the file batch by batch and adds the normal equations up; a batch's Jacobian has only the rows
in which a column counts, found by sampling the whole axis before the pass. The sums are those over all points,
and so, unlike a stochastic fit, this one ends where the plain one does. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.nlsq import peaks
from perfwatch.workloads.nlsq.buffers import MemoryPool, Watched
from perfwatch.workloads.nlsq.combined import CombinedOutputs
from perfwatch.workloads.nlsq.damped import Normal, fit
from perfwatch.workloads.nlsq.pattern import Pattern, detect
from perfwatch.workloads.nlsq.sparse_rows import LAST_THRESHOLD, held_bytes, sparse_jacobian
from perfwatch.workloads.nlsq.stream_hdf5 import points_of, write_points
from perfwatch.workloads.nlsq.streaming import Batches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfwatch.workloads.nlsq.peaks import Scan

    FloatArray = NDArray[np.float64]

#: Points of a batch: within what the document recommends.
BATCH_SIZE = 5_000
#: Points of the axis that are sampled for the pattern.
SAMPLED_COUNT = 500


def together(scan: Scan) -> CombinedOutputs:
    """Fit by passes over a file below a temporary folder, which is gone afterwards."""
    with TemporaryDirectory(prefix="perfwatch-nlsq-") as folder:
        path = Path(folder) / "scan.h5"
        write_points(path, scan.x, scan.y)
        with points_of(path) as points:
            passes = _Passes(points=points, axis=_sampled_axis(points), lender=Watched(MemoryPool()))
            fitted = fit(passes.equations, scan.start)
    return CombinedOutputs(
        parameters=fitted.parameters,
        cost=fitted.cost,
        processed_count=passes.processed_count,
        asked_count=passes.lender.asked_count,
        reused_count=passes.lender.reused_count,
        held_bytes=passes.held_bytes,
    )


def _sampled_axis(points: Batches) -> FloatArray:
    """Return points of the axis, spread over the whole file, its first and its last among them."""
    rows = np.unique(np.linspace(0, points.points_count - 1, SAMPLED_COUNT).astype(np.int64))
    return np.array([points.read(row, row + 1)[0][0] for row in rows.tolist()])


@dataclass(slots=True)
class _Passes:
    """Normal equations by passes over the batches; counts what was seen, and the most that was held."""

    points: Batches
    axis: FloatArray
    lender: Watched
    processed_count: int = field(default=0, init=False)
    held_bytes: int = field(default=0, init=False)

    def equations(self, parameters: FloatArray) -> Normal:
        found = detect(lambda x: peaks.jacobian(x, parameters), self.axis, threshold=LAST_THRESHOLD)
        reach = _reach(self.axis, found)
        cost, gradient = 0.0, np.zeros_like(parameters)
        curvature = np.zeros((len(parameters), len(parameters)))
        for start in range(0, self.points.points_count, BATCH_SIZE):
            x, y = self.points.read(start, min(start + BATCH_SIZE, self.points.points_count))
            part = self._of_batch((x, y), parameters, reach)
            cost += part.cost
            gradient += part.gradient
            curvature += part.curvature
        self.processed_count += self.points.points_count
        return Normal(cost=cost, gradient=gradient, curvature=curvature)

    def _of_batch(
        self,
        batch: tuple[FloatArray, FloatArray],
        parameters: FloatArray,
        reach: tuple[FloatArray, FloatArray],
    ) -> Normal:
        x, y = batch
        low, high = np.searchsorted(x, reach[0], side="left"), np.searchsorted(x, reach[1], side="right")
        pattern = Pattern(low=low, high=high, share=float((high - low).mean() / len(x)), sampled_count=0)
        jacobian = sparse_jacobian(x, parameters, pattern)
        residual, curve = (self.lender.take(part, x.shape) for part in ("residual", "curve"))
        np.copyto(residual, y)
        _subtract_peaks(x, parameters, pattern, (residual, curve))
        added = Normal(
            cost=0.5 * float(residual @ residual),
            gradient=jacobian.T @ residual,
            curvature=(jacobian.T @ jacobian).toarray(),
        )
        self.held_bytes = max(
            self.held_bytes, x.nbytes + y.nbytes + self.lender.kept_bytes() + held_bytes(jacobian)
        )
        self.lender.give("residual", residual)
        self.lender.give("curve", curve)
        return added


def _reach(axis: FloatArray, found: Pattern) -> tuple[FloatArray, FloatArray]:
    """Return from where to where on the axis each column counts: one sampled point beyond either end."""
    return axis[found.low], axis[np.minimum(found.high, len(axis)) - 1]


def _subtract_peaks(
    x: FloatArray, parameters: FloatArray, pattern: Pattern, buffers: tuple[FloatArray, FloatArray]
) -> None:
    """Take each peak away from the residual where its columns count; beyond, it is below a billionth of its height."""
    residual, curve = buffers
    for index, (height, centre, width) in enumerate(parameters.reshape(-1, peaks.PER_PEAK)):
        own = slice(peaks.PER_PEAK * index, peaks.PER_PEAK * (index + 1))
        rows = slice(int(pattern.low[own].min()), int(pattern.high[own].max()))
        part = curve[rows]
        np.subtract(x[rows], centre, out=part)
        np.divide(part, width, out=part)
        np.multiply(part, part, out=part)
        np.multiply(part, -0.5, out=part)
        np.exp(part, out=part)
        np.multiply(part, height, out=part)
        np.subtract(residual[rows], part, out=residual[rows])
