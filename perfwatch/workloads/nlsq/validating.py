"""What is wrong with a request for a fit, asked in one function of a complexity of 62.

The function is as large as its source says that the validator of a library for such fits
was before it was divided: one body for every question about data, start, bounds and
weights. Its divided form is ``validators``. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.nlsq.datasets import Dataset, draw_dataset
from perfwatch.workloads.nlsq.models import FAMILIES
from perfwatch.workloads.nlsq.table_one import VALIDATE
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Fewer points than this for each parameter are few.
FEW_POINTS = 5
#: The model is tried at so many points.
TRIAL_POINTS = 5
#: A reading so many median deviations from the middle lies far from the others.
MANY_DEVIATIONS = 50.0
#: Data go over many orders of magnitude where the greatest is so much greater than the usual.
FAR_SCALES = 1e8


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A fit that somebody asks for. Anything may be wrong with it, the types of its fields included."""

    family: str
    x: Any
    y: Any
    start: Any = None
    bounds: Any = None
    sigma: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What speaks against a fit, and what only has to be said about it."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationInputs:
    """Requests, sound ones and others."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationOutputs:
    """One verdict for each request."""

    verdicts: tuple[Verdict, ...]


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> ValidationInputs:
    """Draw requests of every family, each sound and spoiled in every way; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    draw, extents = Draw(seed), extents_of(VALIDATE, size)
    rounds = [
        draw_dataset(draw, name, extents["points"]) for _ in range(extents["rounds"]) for name in FAMILIES
    ]
    return ValidationInputs(requests=tuple(one for dataset in rounds for one in spoiled(dataset)))


def spoiled(dataset: Dataset) -> tuple[Request, ...]:
    """Return a sound request for the data, then one for each way in which it may be wrong."""
    x, y, start, family = dataset.x, dataset.y, dataset.start, dataset.family
    count, weights = len(start), np.full(len(x), 0.1)
    sound: dict[str, Any] = {"family": family, "x": x, "y": y, "start": start}
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"start": None, "sigma": weights, "bounds": (-np.inf, np.inf)},
        {"bounds": (start - 1.0, start + 1.0), "sigma": np.eye(len(x[:50])), "x": x[:50], "y": y[:50]},
        {"x": "a text"},
        {"x": {"no": "array"}, "y": ["no", "numbers"]},
        {"x": x.reshape(1, -1)},
        {"x": 1.0, "y": 2.0},
        {"y": y[:-1]},
        {"x": [], "y": []},
        {"family": "parabola"},
        {"family": "parabola", "start": ["a"]},
        {"start": "near"},
        {"start": start[:-1]},
        {"start": np.where(np.arange(count) == 0, np.nan, start)},
        {"x": x[: count - 1], "y": y[: count - 1]},
        {"x": x[:count], "y": y[:count]},
        {"x": x[: 2 * count], "y": y[: 2 * count]},
        {"y": _with(y, np.nan)},
        {"x": _with(x, np.inf), "y": _with(_with(y, np.nan), -np.inf, at=3)},
        {"x": np.ones_like(x)},
        {"x": np.repeat(x[::2], 2)[: len(x)]},
        {"y": np.ones_like(y)},
        {"bounds": [start - 1.0]},
        {"bounds": ("low", "high")},
        {"bounds": (np.zeros(count + 1), np.ones(count))},
        {"bounds": (np.full(count, np.nan), np.inf)},
        {"bounds": (start + 1.0, start - 1.0)},
        {"bounds": (start + 1.0, start + 2.0)},
        {"sigma": "small"},
        {"sigma": weights[:-1]},
        {"sigma": _with(weights, np.inf)},
        {"sigma": _with(weights, 0.0)},
        {"sigma": np.triu(np.ones((40, 40))), "x": x[:40], "y": y[:40]},
        {"start": np.full(count, -1e305)},
        {"y": _with(y, 1e4)},
        {"x": x[::-1]},
        {"x": _with(x, 1e12), "y": _with(y, -1e12)},
    )
    return tuple(Request(**(sound | change)) for change in changes)


def _with(values: FloatArray, wrong: float, at: int = 1) -> FloatArray:
    changed = values.copy()
    changed[at] = wrong
    return changed


def reference(asked: ValidationInputs) -> ValidationOutputs:
    """Validate every request by one function that asks everything."""
    return ValidationOutputs(verdicts=tuple(validate(request) for request in asked.requests))


# One body on purpose: this is the form whose division the stage is about.
def validate(request: Request) -> Verdict:  # noqa: C901, PLR0912, PLR0915 - its complexity is its subject
    """Return the errors and warnings of one request."""
    errors: list[str] = []
    warnings: list[str] = []
    x = y = start = None
    try:
        x = np.asarray(request.x, dtype=np.float64)
    except (TypeError, ValueError):
        errors.append("x cannot be made an array of numbers")
    try:
        y = np.asarray(request.y, dtype=np.float64)
    except (TypeError, ValueError):
        errors.append("y cannot be made an array of numbers")
    if x is None or y is None:
        return Verdict(errors=tuple(errors), warnings=tuple(warnings))
    if x.ndim != 1:
        errors.append(f"x has {x.ndim} dimensions, not one")
    if y.ndim != 1:
        errors.append(f"y has {y.ndim} dimensions, not one")
    if not errors:
        if len(x) != len(y):
            errors.append(f"x has {len(x)} points, y has {len(y)}")
        elif len(x) == 0:
            errors.append("there is no point")
    if errors:
        return Verdict(errors=tuple(errors), warnings=tuple(warnings))
    family = FAMILIES.get(request.family)
    if family is None:
        errors.append(f"there is no model {request.family!r}")
    elif request.start is not None:
        try:
            start = np.asarray(request.start, dtype=np.float64)
        except (TypeError, ValueError):
            errors.append("the start cannot be made an array of numbers")
        else:
            if start.shape != (len(family.lowest),):
                errors.append(f"the start has the shape {start.shape}, not ({len(family.lowest)},)")
                start = None
            elif not np.isfinite(start).all():
                errors.append("the start is not finite")
                start = None
    if family is not None:
        count = len(family.lowest)
        if len(x) < count:
            errors.append(f"{len(x)} points cannot determine {count} parameters")
        elif len(x) == count:
            warnings.append("as many parameters as points: nothing is left to tell the noise")
        elif len(x) < FEW_POINTS * count:
            warnings.append("few points for each parameter")
    if np.isnan(x).any():
        errors.append(f"x holds {np.isnan(x).sum()} that are no numbers")
    if np.isinf(x).any():
        errors.append(f"x holds {np.isinf(x).sum()} that are infinite")
    if np.isnan(y).any():
        errors.append(f"y holds {np.isnan(y).sum()} that are no numbers")
    if np.isinf(y).any():
        errors.append(f"y holds {np.isinf(y).sum()} that are infinite")
    if errors or family is None:
        return Verdict(errors=tuple(errors), warnings=tuple(warnings))
    if x.min() == x.max():
        errors.append("all points lie at one place")
    elif len(np.unique(x)) < len(x):
        warnings.append("several points lie at one place")
    if y.min() == y.max():
        warnings.append("all readings are the same")
    if request.bounds is not None:
        if not isinstance(request.bounds, tuple) or len(request.bounds) != 2:
            errors.append("bounds are not a pair")
        else:
            try:
                low = np.asarray(request.bounds[0], dtype=np.float64)
                high = np.asarray(request.bounds[1], dtype=np.float64)
            except (TypeError, ValueError):
                errors.append("bounds cannot be made arrays of numbers")
            else:
                if low.shape not in {(), (count,)} or high.shape not in {(), (count,)}:
                    errors.append(f"bounds have the shapes {low.shape} and {high.shape}, not ({count},)")
                elif np.isnan(low).any() or np.isnan(high).any():
                    errors.append("bounds hold what is no number")
                elif (low >= high).any():
                    errors.append("a lower bound is not below its upper one")
                elif start is not None and ((start < low) | (start > high)).any():
                    errors.append("the start lies outside the bounds")
    if request.sigma is not None:
        try:
            sigma = np.asarray(request.sigma, dtype=np.float64)
        except (TypeError, ValueError):
            errors.append("sigma cannot be made an array of numbers")
        else:
            if sigma.shape not in {(len(x),), (len(x), len(x))}:
                errors.append(f"sigma has the shape {sigma.shape}, not ({len(x)},)")
            elif not np.isfinite(sigma).all():
                errors.append("sigma is not finite")
            elif sigma.ndim == 1 and (sigma <= 0).any():
                errors.append("sigma is not above zero")
            elif sigma.ndim == 2 and not np.array_equal(sigma, sigma.T):
                errors.append("sigma is not symmetric")
    if not errors and start is not None:
        with np.errstate(all="ignore"):
            tried = family.value(x[:TRIAL_POINTS], start)
        if tried.shape != x[:TRIAL_POINTS].shape:
            errors.append(f"the model gives the shape {tried.shape}")
        elif not np.isfinite(tried).all():
            warnings.append("the model is not finite at the start")
    middle = np.median(y)
    spread = np.median(np.abs(y - middle))
    if spread > 0 and (np.abs(y - middle) > MANY_DEVIATIONS * spread).any():
        warnings.append("some readings lie far from the others")
    if (np.diff(x) < 0).any():
        warnings.append("x is not in order")
    size = np.abs(x[x != 0])
    if size.size and size.max() > FAR_SCALES * np.median(size):
        warnings.append("x goes over many orders of magnitude")
    size = np.abs(y[y != 0])
    if size.size and size.max() > FAR_SCALES * np.median(size):
        warnings.append("y goes over many orders of magnitude")
    return Verdict(errors=tuple(errors), warnings=tuple(warnings))
