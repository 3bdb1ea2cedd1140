"""Figures that claims about pools, sparse Jacobians and streaming are held against.

A witness is called with a size and a seed, in a process of its own, and returns figures by
name. Whether a buffer is used again is told by its identity, memory by traced bytes, and never
by what a pool says of itself; its own word stands beside as ``stated_…``.

Each imports what it measures alone. This module must not judge: what a figure means for a claim
is decided elsewhere.
"""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Figures = dict[str, float]

#: A fit that has not converged after so many epochs is not said to.
MOST_EPOCHS = 400
#: Converged is within this share of the parameters of a fit in memory.
WITHIN = 0.01
#: Coefficients of each piece of a piecewise model: a parabola.
PER_PIECE = 3
#: Of the fit whose buffers a pool keeps: three peaks.
PARAMETERS_COUNT = 9


def buffers_used_again(size: str, seed: int) -> Figures:
    """Fit with buffers from the document's pool: how many were used before, and how many it says were."""
    from perfwatch.workloads.nlsq import pool

    asked = pool.inputs(size, seed)
    found, fresh = pool.seed_pool(asked), pool.reference(asked)
    return {
        "hit_rate": found.reused_count / found.asked_count,
        "stated_hit_rate": found.stated_reuse_ratio,
        "asked_count": found.asked_count,
        "allocated_bytes": found.allocated_bytes,
        "without_pool_bytes": fresh.allocated_bytes,
    }


def buffers_asked_for(size: str, seed: int) -> Figures:
    """Fit with a pool open around the fits: how many buffers it was asked for."""
    from perfwatch.workloads.nlsq import advised_two

    _, asked_count = advised_two.fits_asking(*advised_two.fits(size, seed))
    return {"asked_count": asked_count}


def sparsity_found(size: str, seed: int) -> Figures:
    """Ask for a scan's sparsity by its first points, by a sample over all, and by every entry."""
    from perfwatch.workloads.nlsq import pattern, peaks, sparse

    scan = sparse.inputs(size, seed)

    def jacobian(x: FloatArray) -> FloatArray:
        return peaks.jacobian(x, scan.start)

    return {
        "reported_share": 1.0 - pattern.detect_at_first(jacobian, scan.x).share,
        "sampled_share": 1.0 - pattern.detect(jacobian, scan.x).share,
        "true_share": 1.0 - float(pattern.counting_entries(jacobian(scan.x)).mean()),
    }


def memory_of_a_jacobian(size: int, seed: int) -> Figures:
    """Build the Jacobian of ten peaks at ``size`` points: bytes of every entry, and of compressed sparse rows."""
    from perfwatch.workloads.nlsq import pattern, peaks, sparse_rows

    scan = peaks.draw_scan(size, 10, seed)
    found = pattern.detect(lambda x: peaks.jacobian(x, scan.start), scan.x)
    held = sparse_rows.held_bytes(sparse_rows.sparse_jacobian(scan.x, scan.start, found))
    dense = 8 * len(scan.x) * len(scan.start)
    return {"dense_over_sparse_ratio": dense / held, "sparse_bytes": held, "dense_bytes": dense}


def sparsity_of_pieces(size: int, seed: int) -> Figures:
    """Detect the sparsity of a model of ``size`` parabolas, each over a stretch of its own."""
    from perfwatch.workloads.nlsq import pattern
    from perfwatch.workloads.seeding import generator

    cuts = np.sort(generator(seed).random(size - 1))
    edges = np.concatenate([[0.0], cuts, [1.0]])

    def jacobian(x: FloatArray) -> FloatArray:
        inside = (x[:, np.newaxis] >= edges[:-1]) & (x[:, np.newaxis] < edges[1:])
        powers = (inside * x[:, np.newaxis] ** power for power in range(PER_PIECE))
        return np.concatenate(list(powers), axis=1)

    return {"zero_share": 1.0 - pattern.detect(jacobian, np.linspace(0.0, 1.0, 20_000)).share}


def sparsity_of_peaks(size: int, seed: int) -> Figures:
    """Detect the sparsity of a scan of ``size`` peaks, whose widths are shares of their distance."""
    from perfwatch.workloads.nlsq import pattern, peaks

    parameters = peaks.draw_parameters(size, seed)
    x = np.linspace(0.0, peaks.SCAN_END, 20_000)
    return {"zero_share": 1.0 - pattern.detect(lambda at: peaks.jacobian(at, parameters), x).share}


def overhead_of_a_pool(size: int, seed: int) -> Figures:  # noqa: ARG001 - nothing is drawn
    """Let a pool keep the buffers of a fit to ``size`` points: what it adds to them, as a share of what they take."""
    from perfwatch.workloads.nlsq.buffers import MemoryPool
    from perfwatch.workloads.nlsq.pool import buffers_of_a_step

    shapes = buffers_of_a_step(size, PARAMETERS_COUNT)

    def keep_plainly() -> list[FloatArray]:
        return [np.empty(shape) for shape in shapes.values()]

    def keep_in_a_pool() -> MemoryPool:
        pool = MemoryPool()
        lent = [pool.take(part, shape) for part, shape in shapes.items()]
        while lent:
            pool.give("any", lent.pop())
        return pool

    plain, pooled = _held_bytes(keep_plainly), _held_bytes(keep_in_a_pool)
    return {"overhead_share": (pooled - plain) / plain, "pooled_bytes": pooled, "plain_bytes": plain}


def throughput(size: str, seed: int) -> Figures:
    """Stream with the document's settings: points a second, the file's writing apart."""
    from perfwatch.workloads.nlsq import stream, stream_hdf5

    recorded = stream.inputs(size, seed)

    def streamed(path: Path) -> float:
        stream_hdf5.fit_streaming(path, recorded.start, stream_hdf5.DOCUMENTED, last_step=1)
        spent_ns, ended = _timed(
            lambda: stream_hdf5.fit_streaming(path, recorded.start, stream_hdf5.DOCUMENTED)
        )
        return float(ended.points_count / (spent_ns / 1e9))

    return {"points_per_second_count": _with_a_file(recorded, streamed)}


def error_of_documented_settings(size: str, seed: int) -> Figures:
    """Stream with the document's settings: how far the parameters are from those of a fit in memory."""
    from perfwatch.workloads.nlsq import stream, stream_hdf5

    recorded = stream.inputs(size, seed)
    fitted, found = stream.reference(recorded).parameters, stream_hdf5.seed_stream(recorded).parameters
    off = np.abs(found / fitted - 1.0)
    return {"greatest_error_ratio": float(off.max()), "least_error_ratio": float(off.min())}


def footprint(size: int, seed: int) -> Figures:
    """Stream ``size`` points with the document's settings: the traced peak beyond what there was before.

    The file is not chunked, so that HDF5 itself keeps no cache of it.
    """
    from perfwatch.workloads.nlsq import stream, stream_hdf5

    recorded = stream.draw_decay(size, seed)

    def streamed(path: Path) -> int:
        stream_hdf5.fit_streaming(path, recorded.start, stream_hdf5.DOCUMENTED, last_step=1)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            stream_hdf5.fit_streaming(path, recorded.start, stream_hdf5.DOCUMENTED)
            return tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()

    return {"peak_bytes": _with_a_file(recorded, streamed), "data_bytes": 16 * size}


def epochs_to_converge(size: int, seed: int) -> Figures:
    """Stream ``size`` points with the document's settings, but for the number of epochs, until within 1%.

    Convergence is asked for at the end of each epoch; ``MOST_EPOCHS`` is told where it never came.
    """
    from dataclasses import replace

    from perfwatch.workloads.nlsq import stream, stream_hdf5
    from perfwatch.workloads.nlsq.streaming import Stream, begin

    recorded = stream.draw_decay(size, seed)
    fitted = stream.reference(recorded).parameters
    # Whether the losses' own test would have ended it earlier is another question.
    settings = replace(stream_hdf5.DOCUMENTED, max_epochs=MOST_EPOCHS, convergence_tol=0.0)

    def converged(path: Path) -> int:
        with stream_hdf5.points_of(path) as points:
            fit = Stream(model=stream.decay, batches=points, settings=settings)
            progress = begin(recorded.start)
            while not progress.ended:
                progress = fit.run(progress, last_step=progress.step + fit.batches_count)
                if np.abs(progress.parameters / fitted - 1.0).max() <= WITHIN:
                    return progress.epoch
        return MOST_EPOCHS

    return {"epochs_count": _with_a_file(recorded, converged)}


def _with_a_file(recorded: Any, measure: Callable[[Path], Any]) -> Any:
    """Measure on a file of the points, below a temporary folder that is gone afterwards."""
    from perfwatch.workloads.nlsq import stream_hdf5

    with TemporaryDirectory(prefix="perfwatch-nlsq-") as folder:
        path = Path(folder) / "decay.h5"
        stream_hdf5.write_points(path, recorded.x, recorded.y)
        return measure(path)


def _held_bytes(keep: Callable[[], object]) -> int:
    """Return the traced bytes of what a call gives back."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = keep()
        held = tracemalloc.get_traced_memory()[0] - before
        del kept
        return held
    finally:
        tracemalloc.stop()


def _timed(call: Callable[[], Any]) -> tuple[int, Any]:
    started = perf_counter_ns()
    value = call()
    return perf_counter_ns() - started, value
