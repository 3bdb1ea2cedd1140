"""The validation of ``validating``, divided: each question has a function of its own.

The questions are asked in the same order and answered in the same words; what an answer
rests on is handed on in ``_Read``, which holds a request's numbers once they are arrays.
This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.workloads.nlsq.models import FAMILIES
from perfwatch.workloads.nlsq.validating import (
    FAR_SCALES,
    FEW_POINTS,
    MANY_DEVIATIONS,
    TRIAL_POINTS,
    Request,
    ValidationInputs,
    ValidationOutputs,
    Verdict,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


@dataclass(slots=True)
class _Read:
    """A request's numbers as far as they could be read, and what has been said of them."""

    request: Request
    x: FloatArray = field(default_factory=lambda: np.empty(0))
    y: FloatArray = field(default_factory=lambda: np.empty(0))
    start: FloatArray | None = None
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def verdict(self) -> Verdict:
        """Return what was found."""
        return Verdict(errors=tuple(self.errors), warnings=tuple(self.warnings))


def split(asked: ValidationInputs) -> ValidationOutputs:
    """Validate every request, question by question."""
    return ValidationOutputs(verdicts=tuple(validate(request) for request in asked.requests))


def validate(request: Request) -> Verdict:
    """Return the errors and warnings of one request."""
    read = _Read(request)
    _read_data(read)
    if not read.errors:
        _check_shapes(read)
    if read.errors:
        return read.verdict()
    _read_start(read)
    _check_counts(read)
    _check_finite(read)
    if read.errors:
        return read.verdict()
    _check_degenerate(read)
    _check_bounds(read)
    _check_sigma(read)
    if not read.errors and read.start is not None:
        _try_model(read)
    _check_quality(read)
    return read.verdict()


def _as_numbers(value: Any) -> FloatArray | None:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _read_data(read: _Read) -> None:
    x, y = _as_numbers(read.request.x), _as_numbers(read.request.y)
    if x is None:
        read.errors.append("x cannot be made an array of numbers")
    if y is None:
        read.errors.append("y cannot be made an array of numbers")
    if x is not None and y is not None:
        read.x, read.y = x, y


def _check_shapes(read: _Read) -> None:
    if read.x.ndim != 1:
        read.errors.append(f"x has {read.x.ndim} dimensions, not one")
    if read.y.ndim != 1:
        read.errors.append(f"y has {read.y.ndim} dimensions, not one")
    if read.errors:
        return
    if len(read.x) != len(read.y):
        read.errors.append(f"x has {len(read.x)} points, y has {len(read.y)}")
    elif len(read.x) == 0:
        read.errors.append("there is no point")


def _read_start(read: _Read) -> None:
    family = FAMILIES.get(read.request.family)
    if family is None:
        read.errors.append(f"there is no model {read.request.family!r}")
        return
    if read.request.start is None:
        return
    start = _as_numbers(read.request.start)
    if start is None:
        read.errors.append("the start cannot be made an array of numbers")
    elif start.shape != (len(family.lowest),):
        read.errors.append(f"the start has the shape {start.shape}, not ({len(family.lowest)},)")
    elif not np.isfinite(start).all():
        read.errors.append("the start is not finite")
    else:
        read.start = start


def _check_counts(read: _Read) -> None:
    family = FAMILIES.get(read.request.family)
    if family is None:
        return
    count = len(family.lowest)
    if len(read.x) < count:
        read.errors.append(f"{len(read.x)} points cannot determine {count} parameters")
    elif len(read.x) == count:
        read.warnings.append("as many parameters as points: nothing is left to tell the noise")
    elif len(read.x) < FEW_POINTS * count:
        read.warnings.append("few points for each parameter")


def _check_finite(read: _Read) -> None:
    for name, values in (("x", read.x), ("y", read.y)):
        if np.isnan(values).any():
            read.errors.append(f"{name} holds {np.isnan(values).sum()} that are no numbers")
        if np.isinf(values).any():
            read.errors.append(f"{name} holds {np.isinf(values).sum()} that are infinite")


def _check_degenerate(read: _Read) -> None:
    if read.x.min() == read.x.max():
        read.errors.append("all points lie at one place")
    elif len(np.unique(read.x)) < len(read.x):
        read.warnings.append("several points lie at one place")
    if read.y.min() == read.y.max():
        read.warnings.append("all readings are the same")


def _check_bounds(read: _Read) -> None:
    if read.request.bounds is None:
        return
    if not isinstance(read.request.bounds, tuple) or len(read.request.bounds) != 2:
        read.errors.append("bounds are not a pair")
        return
    low, high = (_as_numbers(each) for each in read.request.bounds)
    if low is None or high is None:
        read.errors.append("bounds cannot be made arrays of numbers")
        return
    _check_limits(read, low, high)


def _check_limits(read: _Read, low: FloatArray, high: FloatArray) -> None:
    count = len(FAMILIES[read.request.family].lowest)
    if low.shape not in {(), (count,)} or high.shape not in {(), (count,)}:
        read.errors.append(f"bounds have the shapes {low.shape} and {high.shape}, not ({count},)")
    elif np.isnan(low).any() or np.isnan(high).any():
        read.errors.append("bounds hold what is no number")
    elif (low >= high).any():
        read.errors.append("a lower bound is not below its upper one")
    elif read.start is not None and ((read.start < low) | (read.start > high)).any():
        read.errors.append("the start lies outside the bounds")


def _check_sigma(read: _Read) -> None:
    if read.request.sigma is None:
        return
    sigma, count = _as_numbers(read.request.sigma), len(read.x)
    if sigma is None:
        read.errors.append("sigma cannot be made an array of numbers")
    elif sigma.shape not in {(count,), (count, count)}:
        read.errors.append(f"sigma has the shape {sigma.shape}, not ({count},)")
    elif not np.isfinite(sigma).all():
        read.errors.append("sigma is not finite")
    elif sigma.ndim == 1 and (sigma <= 0).any():
        read.errors.append("sigma is not above zero")
    elif sigma.ndim == 2 and not np.array_equal(sigma, sigma.T):
        read.errors.append("sigma is not symmetric")


def _try_model(read: _Read) -> None:
    family = FAMILIES[read.request.family]
    with np.errstate(all="ignore"):
        tried = family.value(read.x[:TRIAL_POINTS], read.start)
    if tried.shape != read.x[:TRIAL_POINTS].shape:
        read.errors.append(f"the model gives the shape {tried.shape}")
    elif not np.isfinite(tried).all():
        read.warnings.append("the model is not finite at the start")


def _check_quality(read: _Read) -> None:
    middle = np.median(read.y)
    spread = np.median(np.abs(read.y - middle))
    if spread > 0 and (np.abs(read.y - middle) > MANY_DEVIATIONS * spread).any():
        read.warnings.append("some readings lie far from the others")
    if (np.diff(read.x) < 0).any():
        read.warnings.append("x is not in order")
    for name, values in (("x", read.x), ("y", read.y)):
        size = np.abs(values[values != 0])
        if size.size and size.max() > FAR_SCALES * np.median(size):
            read.warnings.append(f"{name} goes over many orders of magnitude")
