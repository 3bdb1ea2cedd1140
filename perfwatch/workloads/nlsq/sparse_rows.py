"""A fit of many peaks whose Jacobian holds, in compressed sparse rows, only the entries that count.

``sparse`` fits twice: first with the entries above the threshold of 0.01, which is enough to come near,
then with those above ``LAST_THRESHOLD``, where what is left out moves no parameter by 1e-6 of it. The
pattern is found anew at each step, because peaks move. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array

from perfwatch.workloads.nlsq import peaks
from perfwatch.workloads.nlsq.damped import Normal, fit
from perfwatch.workloads.nlsq.pattern import (
    Pattern,
    detect,
    detect_at_first,
    estimate_memory,
)
from perfwatch.workloads.nlsq.peaks import Scan
from perfwatch.workloads.nlsq.sparse import SparseOutputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    FloatArray = NDArray[np.float64]
    Detect = Callable[[Callable[[FloatArray], FloatArray], FloatArray], Pattern]

#: Entries below this share of their column's largest are left out of the last steps, too.
LAST_THRESHOLD = 1e-9
#: The first fit need only come near: the second one goes on from there.
NEAR = 1e-3


def seed_sparse(scan: Scan) -> SparseOutputs:
    """Hold what the first 200 points show to be needed, as the document does."""
    rows = _Rows(scan=scan, find=detect_at_first)
    return _outputs(rows, fit(rows.equations, scan.start).parameters, detect_at_first)


def sparse(scan: Scan) -> SparseOutputs:
    """Hold what a sample over all points shows to be needed."""
    near = _Rows(scan=scan, find=detect)
    start = fit(near.equations, scan.start, tolerance=NEAR).parameters
    rows = _Rows(scan=scan, find=lambda jacobian, x: detect(jacobian, x, threshold=LAST_THRESHOLD))
    return _outputs(rows, fit(rows.equations, start).parameters, detect)


@dataclass(slots=True)
class _Rows:
    """The normal equations of a scan by sparse rows; remembers the largest Jacobian that it held."""

    scan: Scan
    find: Detect
    largest_bytes: int = field(default=0, init=False)

    def equations(self, parameters: FloatArray) -> Normal:
        scan = self.scan
        pattern = self.find(lambda x: peaks.jacobian(x, parameters), scan.x)
        jacobian = sparse_jacobian(scan.x, parameters, pattern)
        self.largest_bytes = max(self.largest_bytes, held_bytes(jacobian))
        residual = scan.y - peaks.value(scan.x, parameters)
        return Normal(
            cost=0.5 * float(residual @ residual),
            gradient=jacobian.T @ residual,
            curvature=(jacobian.T @ jacobian).toarray(),
        )


def sparse_jacobian(x: FloatArray, parameters: FloatArray, pattern: Pattern) -> csr_array:
    """Compute the stretches of a pattern, and nothing else, as compressed sparse rows."""
    columns, rows = [], []
    for index, peak in enumerate(parameters.reshape(-1, peaks.PER_PEAK)):
        own = slice(peaks.PER_PEAK * index, peaks.PER_PEAK * (index + 1))
        low, high = pattern.low[own], pattern.high[own]
        begin = int(low.min())
        derivatives = peaks.partials(x[begin : high.max()], peak)
        for derivative, first, end in zip(derivatives, low, high, strict=True):
            columns.append(derivative[first - begin : end - begin])
            rows.append(np.arange(first, end, dtype=np.int32))
    starts = np.concatenate([[0], np.cumsum(pattern.high - pattern.low)]).astype(np.int32)
    parts = (np.concatenate(columns), np.concatenate(rows), starts)
    return csc_array(parts, shape=(len(x), len(parameters))).tocsr()


def held_bytes(jacobian: csr_array) -> int:
    """Return the bytes of a sparse matrix: values, column numbers, and where rows begin."""
    return int(jacobian.data.nbytes + jacobian.indices.nbytes + jacobian.indptr.nbytes)


def _outputs(rows: _Rows, parameters: FloatArray, find: Detect) -> SparseOutputs:
    scan = rows.scan
    pattern = find(lambda x: peaks.jacobian(x, parameters), scan.x)
    residual = scan.y - peaks.value(scan.x, parameters)
    return SparseOutputs(
        parameters=parameters,
        cost=0.5 * float(residual @ residual),
        low=pattern.low,
        high=pattern.high,
        found_share=pattern.share,
        jacobian_bytes=rows.largest_bytes,
        estimated_bytes=estimate_memory(len(scan.x), len(parameters), pattern.share).sparse_bytes,
    )
