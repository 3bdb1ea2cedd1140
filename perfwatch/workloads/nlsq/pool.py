"""Repeated fits whose buffers are fresh at each step, or come from a pool.

Each data set holds a few peaks (``peaks``); each fit takes a fixed number of damped steps
(``damped`` has their source), and each step needs a Jacobian, its products and vectors of residuals.
The arithmetic writes into the buffers that it is given, and is the same to the last bit whoever lends them.

Whether a buffer was really used again is told by its identity, and memory by the bytes of the arrays
that are alive, not by a pool's own figures: ``buffers`` watches the lender. This module must not
measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.nlsq import peaks
from perfwatch.workloads.nlsq.buffers import (
    Fresh,
    Lender,
    MemoryPool,
    RolePool,
    SeedPool,
    Watched,
)
from perfwatch.workloads.nlsq.table_two import POOL
from perfwatch.workloads.seeding import checked_seed, extents_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_FIRST_DAMPING = 1e-3
_LESS, _MORE = 0.2, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FitsInputs:
    """Data sets on one axis: ``y`` of shape ``(fits, points)``, ``start`` of shape ``(fits, parameters)``."""

    x: FloatArray
    y: FloatArray
    start: FloatArray
    steps_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FitsOutputs:
    """The fitted parameters, of shape ``(fits, parameters)``, their costs, and where buffers came from.

    Of ``asked_count`` buffers ``reused_count`` had been used before, by identity; the others took
    ``allocated_bytes`` in all. At most ``peak_bytes`` of buffers were alive at once, ``kept_bytes`` when
    the last fit was done. ``stated_reuse_ratio`` is what the lender says of itself: its own figure.
    """

    parameters: FloatArray
    cost: FloatArray
    asked_count: int
    reused_count: int
    allocated_bytes: int
    peak_bytes: int
    kept_bytes: int
    stated_reuse_ratio: float


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> FitsInputs:
    """Draw data sets for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(POOL, size)
    return draw_fits(extents["fits"], extents["points"], extents["peaks"], seed)


def draw_fits(fits_count: int, points_count: int, peaks_count: int, seed: int) -> FitsInputs:
    """Draw data sets of as many peaks, each with other parameters; a fit takes six steps."""
    seeds = np.random.SeedSequence(checked_seed(seed)).generate_state(fits_count).tolist()
    scans = [peaks.draw_scan(points_count, peaks_count, one) for one in seeds]
    return FitsInputs(
        x=scans[0].x,
        y=np.stack([scan.y for scan in scans]),
        start=np.stack([scan.start for scan in scans]),
        steps_count=6,
    )


def reference(fits: FitsInputs) -> FitsOutputs:
    """Take fresh buffers, filled with zeros, at each step."""
    return _fit_all(fits, Fresh())


def seed_pool(fits: FitsInputs) -> FitsOutputs:
    """Take buffers from the document's pool, which allocates afresh what it counts as used again."""
    return _fit_all(fits, SeedPool())


def memory_pool(fits: FitsInputs) -> FitsOutputs:
    """Take buffers back under their shape and kind of number, as they are."""
    return _fit_all(fits, MemoryPool())


def trf_pool(fits: FitsInputs) -> FitsOutputs:
    """Take each buffer by its part in the step: there is one of each, made beforehand."""
    points_count, parameters_count = len(fits.x), fits.start.shape[1]
    return _fit_all(fits, RolePool(buffers_of_a_step(points_count, parameters_count)))


def buffers_of_a_step(points_count: int, parameters_count: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each buffer that a step needs, by its part."""
    return {
        "jacobian": (parameters_count, points_count),
        "residual": (points_count,),
        "distance": (points_count,),
        "curve": (points_count,),
        "gradient": (parameters_count,),
        "curvature": (parameters_count, parameters_count),
    }


def _fit_all(fits: FitsInputs, lender: Lender) -> FitsOutputs:
    watched = Watched(lender)
    shapes = buffers_of_a_step(len(fits.x), fits.start.shape[1])
    parameters, cost = np.empty_like(fits.start), np.empty(len(fits.start))
    for index, (y, start) in enumerate(zip(fits.y, fits.start, strict=True)):
        parameters[index], cost[index] = _fit(fits.x, y, start, watched, (shapes, fits.steps_count))
    return FitsOutputs(
        parameters=parameters,
        cost=cost,
        asked_count=watched.asked_count,
        reused_count=watched.reused_count,
        allocated_bytes=watched.allocated_bytes,
        peak_bytes=watched.peak_bytes,
        kept_bytes=watched.kept_bytes(),
        stated_reuse_ratio=lender.stated_reuse_ratio,
    )


def _fit(
    x: FloatArray,
    y: FloatArray,
    start: FloatArray,
    lender: Watched,
    plan: tuple[dict[str, tuple[int, ...]], int],
) -> tuple[FloatArray, float]:
    """Take the planned number of steps, each from the best parameters so far, and return them with their cost.

    A step that costs more is taken back, and the next one is damped more.
    """
    shapes, steps_count = plan
    best, best_cost, damping = start, np.inf, _FIRST_DAMPING
    trial = start
    step: FloatArray = np.zeros_like(start)
    for _ in range(steps_count):
        lent = {part: lender.take(part, shape) for part, shape in shapes.items()}
        cost = _fill(x, y, trial, lent)
        if cost < best_cost:
            best, best_cost, damping = trial, cost, damping * _LESS
            step = np.asarray(np.linalg.solve(_damped(lent["curvature"], damping), lent["gradient"]))
        else:
            damping *= _MORE
            step = np.asarray(step / _MORE)
        for part, buffer in lent.items():
            lender.give(part, buffer)
        lent.clear()
        trial = best + step
    return best, float(best_cost)


def _damped(curvature: FloatArray, damping: float) -> FloatArray:
    return np.asarray(curvature + damping * np.diag(np.diag(curvature)))


def _fill(x: FloatArray, y: FloatArray, parameters: FloatArray, lent: dict[str, FloatArray]) -> float:
    """Write residual, Jacobian and their products into the lent buffers; return half the squared residuals."""
    residual, jacobian = lent["residual"], lent["jacobian"]
    distance, curve = lent["distance"], lent["curve"]
    np.copyto(residual, y)
    for index, (height, centre, width) in enumerate(parameters.reshape(-1, peaks.PER_PEAK)):
        bare, by_centre, by_width = jacobian[peaks.PER_PEAK * index : peaks.PER_PEAK * (index + 1)]
        np.subtract(x, centre, out=distance)
        np.divide(distance, width, out=distance)
        np.multiply(distance, distance, out=curve)
        np.multiply(curve, -0.5, out=curve)
        np.exp(curve, out=bare)
        np.multiply(bare, height, out=curve)
        np.subtract(residual, curve, out=residual)
        np.multiply(curve, distance, out=by_centre)
        np.divide(by_centre, width, out=by_centre)
        np.multiply(by_centre, distance, out=by_width)
    np.matmul(jacobian, residual, out=lent["gradient"])
    np.matmul(jacobian, jacobian.T, out=lent["curvature"])
    return 0.5 * float(residual @ residual)
