"""Whether two outputs of one stage are the same answer.

This module must not know how either was computed, nor how fast.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.workloads.definition import Equality


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How far a candidate's outputs are from the reference's.

    ``greatest_ratio`` is the greatest ``|candidate - reference| / |reference|`` found
    (infinite where the reference is zero or a value is missing), ``array`` the name
    of the array it was found in. ``differing_count`` of ``elements_count`` elements
    lie outside the tolerance. ``reason`` is one sentence, empty where all is equal.
    """

    equal: bool
    reason: str = ""
    array: str = ""
    greatest_ratio: float = 0.0
    differing_count: int = 0
    elements_count: int = 0


def compare_outputs(reference: object, candidate: object, equality: Equality) -> Difference:
    """Compare two outputs, array by array and element by element.

    An output is a dataclass or mapping of arrays (or numbers), or a single array.
    NaN equals NaN, and an infinity equals itself, at the same place. Different names,
    shapes, or kinds of number (integer, real, complex, text) are a different answer. Empty
    arrays of one shape are equal.
    """
    base, head = _arrays(reference), _arrays(candidate)
    if base.keys() != head.keys():
        odd = ", ".join(sorted(base.keys() ^ head.keys()))
        return Difference(
            equal=False, reason=f"one side alone has: {odd}", array=odd, greatest_ratio=float("inf")
        )
    found = [_array_difference(name, base[name], head[name], equality) for name in base]
    worst = max(found, key=lambda each: (not each.equal, each.greatest_ratio), default=Difference(equal=True))
    return dataclasses.replace(
        worst,
        differing_count=sum(each.differing_count for each in found),
        elements_count=sum(each.elements_count for each in found),
    )


def _arrays(output: object) -> Mapping[str, np.ndarray]:
    if dataclasses.is_dataclass(output) and not isinstance(output, type):
        fields = dataclasses.fields(output)
        return {field.name: np.asarray(getattr(output, field.name)) for field in fields}
    if isinstance(output, dict):
        return {str(name): np.asarray(value) for name, value in output.items()}
    return {"output": np.asarray(output)}


def _array_difference(name: str, base: np.ndarray, head: np.ndarray, equality: Equality) -> Difference:
    if base.shape != head.shape or base.dtype.kind != head.dtype.kind:
        return Difference(
            equal=False,
            reason=f"{name}: {base.dtype} of shape {base.shape} against {head.dtype} of shape {head.shape}",
            array=name,
            greatest_ratio=float("inf"),
            differing_count=base.size,
            elements_count=base.size,
        )
    within, ratios = _elementwise(base, head, equality)
    differing = int(base.size - np.count_nonzero(within))
    greatest = float(ratios.max(initial=0.0))
    reason = f"{name}: {differing} of {base.size} elements differ, by up to {greatest:.2g} of the reference"
    return Difference(
        equal=differing == 0,
        reason=reason if differing else "",
        array=name,
        greatest_ratio=greatest,
        differing_count=differing,
        elements_count=base.size,
    )


def _elementwise(base: np.ndarray, head: np.ndarray, equality: Equality) -> tuple[np.ndarray, np.ndarray]:
    """Return which elements are within the tolerance, and each one's relative difference."""
    same = np.asarray(base == head)
    if base.dtype.kind not in "iufc":
        return same, np.where(same, 0.0, np.inf)
    # Unsigned integers would wrap around when subtracted.
    wide = np.complex128 if base.dtype.kind == "c" else np.float64
    base, head = base.astype(wide), head.astype(wide)
    same |= np.isnan(base) & np.isnan(head)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        distance = np.abs(head - base)
        within = same | (distance <= equality.atol + equality.rtol * np.abs(base)) & np.isfinite(base)
        ratios = np.where(same, 0.0, np.nan_to_num(distance / np.abs(base), nan=np.inf, posinf=np.inf))
    return within, ratios
