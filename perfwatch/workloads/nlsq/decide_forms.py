"""The five ways to fit many peaks between which a decision matrix chooses.

Each is a function of a job (data sets that are fitted one after the other) to the parameters
of every fit. They take the same steps (``damped``) on the same model (``peaks``) and differ in
how the normal equations are added up: ``plain`` with fresh arrays, ``pool`` in arrays that are
lent and given back, ``sparse`` from the entries of the Jacobian that count, ``sparse and pool``
with both, ``streaming`` from a file in batches, of which no two are in memory.

A job on disk is loaded whole by all but ``streaming``. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.nlsq import peaks
from perfwatch.workloads.nlsq.buffers import MemoryPool
from perfwatch.workloads.nlsq.damped import Normal, fit
from perfwatch.workloads.nlsq.pattern import Pattern, detect
from perfwatch.workloads.nlsq.peaks import Scan
from perfwatch.workloads.nlsq.sparse import dense_equations
from perfwatch.workloads.nlsq.sparse_rows import LAST_THRESHOLD, sparse_jacobian

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Points of a batch that is read from a file: what the document recommends at most.
BATCH_SIZE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Scans to be fitted in turn. Where ``path`` is given, the only one's data lie in that file instead.

    The file holds an array of shape ``(2, points)``: places, then readings.
    """

    scans: tuple[Scan, ...]
    path: Path | None = None


def plain(job: Job) -> FloatArray:
    """Fit with every entry of the Jacobian, in fresh arrays."""
    return _each(job, lambda scan: lambda parameters: dense_equations(scan, parameters))


def pool(job: Job) -> FloatArray:
    """Fit with every entry of the Jacobian, in arrays from a pool that all fits share."""
    lender = MemoryPool()
    return _each(job, lambda scan: lambda parameters: _pooled_equations(scan, parameters, lender))


def sparse(job: Job) -> FloatArray:
    """Fit with the entries that count, in fresh arrays."""
    return _each(job, lambda scan: lambda parameters: _sparse_equations(scan, parameters, None))


def sparse_and_pool(job: Job) -> FloatArray:
    """Fit with the entries that count; residuals and curves come from a pool."""
    lender = MemoryPool()
    return _each(job, lambda scan: lambda parameters: _sparse_equations(scan, parameters, lender))


def streaming(job: Job) -> FloatArray:
    """Fit by passes over batches, from the file where there is one."""

    def equations_of(scan: Scan) -> Callable[[FloatArray], Normal]:
        def equations(parameters: FloatArray) -> Normal:
            cost, gradient = 0.0, np.zeros_like(parameters)
            curvature = np.zeros((len(parameters), len(parameters)))
            for part in _batches(scan, job.path):
                added = dense_equations(part, parameters)
                cost += added.cost
                gradient += added.gradient
                curvature += added.curvature
            return Normal(cost=cost, gradient=gradient, curvature=curvature)

        return equations

    return np.concatenate([fit(equations_of(scan), scan.start).parameters for scan in job.scans])


#: The forms by the names that the matrix gives them.
FORMS: dict[str, Callable[[Job], FloatArray]] = {
    "plain": plain,
    "pool": pool,
    "sparse": sparse,
    "sparse and pool": sparse_and_pool,
    "streaming": streaming,
}


def _each(job: Job, equations_of: Callable[[Scan], Callable[[FloatArray], Normal]]) -> FloatArray:
    return np.concatenate(
        [fit(equations_of(scan), scan.start).parameters for scan in map(_loaded(job.path), job.scans)]
    )


def _loaded(path: Path | None) -> Callable[[Scan], Scan]:
    """Return what puts a scan's data into memory: nothing where they are there."""
    if path is None:
        return lambda scan: scan

    def load(scan: Scan) -> Scan:
        x, y = np.load(path)
        return peaks.Scan(x=x, y=y, start=scan.start)

    return load


def _batches(scan: Scan, path: Path | None) -> Iterator[Scan]:
    data = (scan.x, scan.y) if path is None else np.load(path, mmap_mode="r")
    for begin in range(0, len(data[0]), BATCH_SIZE):
        rows = slice(begin, begin + BATCH_SIZE)
        yield peaks.Scan(x=np.array(data[0][rows]), y=np.array(data[1][rows]), start=scan.start)


def _pooled_equations(scan: Scan, parameters: FloatArray, lender: MemoryPool) -> Normal:
    """Add the normal equations up in lent arrays; the Jacobian lies with its parameters as rows."""
    shape = (len(parameters), len(scan.x))
    lent = {"jacobian": lender.take("jacobian", shape)}
    lent |= {part: lender.take(part, scan.x.shape) for part in ("residual", "curve", "offset")}
    jacobian, residual = lent["jacobian"], lent["residual"]
    np.copyto(residual, scan.y)
    for index, peak in enumerate(parameters.reshape(-1, peaks.PER_PEAK)):
        own = jacobian[peaks.PER_PEAK * index : peaks.PER_PEAK * (index + 1)]
        _fill_peak(scan.x, peak, own, (lent["curve"], lent["offset"]))
        residual -= lent["curve"]
    found = Normal(
        cost=0.5 * float(residual @ residual), gradient=jacobian @ residual, curvature=jacobian @ jacobian.T
    )
    for part, array in lent.items():
        lender.give(part, array)
    return found


def _fill_peak(
    x: FloatArray, peak: FloatArray, rows: FloatArray, buffers: tuple[FloatArray, FloatArray]
) -> None:
    """Write a peak's three derivatives into ``rows``, and the peak into the first buffer."""
    height, centre, width = peak
    curve, offset = buffers
    np.subtract(x, centre, out=offset)
    offset /= width
    np.multiply(offset, offset, out=curve)
    curve *= -0.5
    np.exp(curve, out=rows[0])
    np.multiply(rows[0], height, out=curve)
    np.multiply(curve, offset, out=rows[1])
    rows[1] /= width
    np.multiply(rows[1], offset, out=rows[2])


def _sparse_equations(scan: Scan, parameters: FloatArray, lender: MemoryPool | None) -> Normal:
    """Add the normal equations up from the entries that count, in lent arrays where there is a lender."""
    pattern = detect(lambda x: peaks.jacobian(x, parameters), scan.x, threshold=LAST_THRESHOLD)
    jacobian = sparse_jacobian(scan.x, parameters, pattern)
    take = np.empty_like if lender is None else lambda like: lender.take("residual", like.shape)
    residual, curve = take(scan.y), take(scan.y)
    np.copyto(residual, scan.y)
    for index, peak in enumerate(parameters.reshape(-1, peaks.PER_PEAK)):
        _take_away(scan.x, peak, _reach(pattern, index), (residual, curve))
    found = Normal(
        cost=0.5 * float(residual @ residual),
        gradient=jacobian.T @ residual,
        curvature=(jacobian.T @ jacobian).toarray(),
    )
    if lender is not None:
        lender.give("residual", residual)
        lender.give("residual", curve)
    return found


def _reach(pattern: Pattern, index: int) -> slice:
    """Return the points that the peak with this index reaches."""
    own = slice(peaks.PER_PEAK * index, peaks.PER_PEAK * (index + 1))
    return slice(int(pattern.low[own].min()), int(pattern.high[own].max()))


def _take_away(x: FloatArray, peak: FloatArray, rows: slice, buffers: tuple[FloatArray, FloatArray]) -> None:
    height, centre, width = peak
    residual, curve = buffers[0][rows], buffers[1][rows]
    np.subtract(x[rows], centre, out=curve)
    curve /= width
    np.multiply(curve, curve, out=curve)
    curve *= -0.5
    np.exp(curve, out=curve)
    curve *= height
    residual -= curve
