"""How far two arrays of the same shape are apart, element by element; it must not know where they come from.

Distance in units in the last place: the floating point numbers of one format, in their
order, are consecutive integers but for the sign (IEEE 754), so the difference of these
integers counts the numbers in between (Goldberg 1991; Dawson 2012, "Comparing floating
point numbers").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

#: Relative tolerance for rounding, by bytes of a real number: some thousand units in the last place of a double, some hundred of a single.
ROUNDING = {2: 1e-2, 4: 1e-5, 8: 1e-9, 16: 1e-9}
#: Beside it, of the greatest number in the array: where terms cancel, what is left is all rounding.
CANCELLING = 1e-3
_NUMERIC = "biufc"


class Tolerance(Protocol):
    """How far apart counts as equal: ``|head - base| <= atol + rtol * |base|``; without either, rounding; or ``exact``."""

    @property
    def rtol(self) -> float | None:
        """The share of the reference."""

    @property
    def atol(self) -> float | None:
        """The distance."""

    @property
    def exact(self) -> bool:
        """Whether bits must be equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """What the comparison of two arrays found; ``index`` is the worst element's place."""

    differing_count: int
    elements_count: int
    greatest_ratio: float = 0.0
    greatest_ulp_count: int | None = None
    index: tuple[int, ...] = ()
    nan_pattern: bool = False
    zero_signs_count: int = 0


def closeness(base: np.ndarray[Any, Any], head: np.ndarray[Any, Any], rule: Tolerance) -> Closeness:
    """Compare two arrays of one shape and kind, element by element.

    NaN equals NaN and an infinity itself at the same place. Zeros of either sign
    are equal but under ``rule.exact``.
    """
    if base.size == 0:
        return Closeness(differing_count=0, elements_count=0)
    if base.dtype.kind not in _NUMERIC:
        return _unequal(base, head)
    if base.dtype.kind in "biu":
        return _whole(base, head, rule)
    return _real(base, head, rule)


def tolerances(base: np.ndarray[Any, Any], rule: Tolerance) -> tuple[float, float]:
    """Return the relative and the absolute tolerance for an array of the reference's."""
    if rule.rtol is not None or rule.atol is not None:
        return rule.rtol or 0.0, rule.atol or 0.0
    width = base.dtype.itemsize // (2 if base.dtype.kind == "c" else 1)
    rtol = ROUNDING.get(width, ROUNDING[8])
    finite = np.abs(base[np.isfinite(base)])
    return rtol, CANCELLING * rtol * float(finite.max(initial=0.0))


def _unequal(base: np.ndarray[Any, Any], head: np.ndarray[Any, Any]) -> Closeness:
    """Text, times, records: equal or not; a missing time equals another one."""
    same = np.asarray(base == head)
    if base.dtype.kind in "mM":
        same |= np.isnat(base) & np.isnat(head)
    return _counted(~same, np.where(same, 0.0, np.inf))


def _whole(base: np.ndarray[Any, Any], head: np.ndarray[Any, Any], rule: Tolerance) -> Closeness:
    same = np.asarray(base == head)
    distance = np.abs(base.astype(np.float64) - head.astype(np.float64))
    size = np.abs(base.astype(np.float64))
    within = same
    if not rule.exact and (rule.rtol is not None or rule.atol is not None):
        within = same | (distance <= (rule.atol or 0.0) + (rule.rtol or 0.0) * size)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(same, 0.0, distance / size)
    return _counted(~within, ratios)


def _real(base: np.ndarray[Any, Any], head: np.ndarray[Any, Any], rule: Tolerance) -> Closeness:
    narrow = base if base.dtype.itemsize <= head.dtype.itemsize else head
    ulp = _ulp_counts(base.astype(narrow.dtype), head.astype(narrow.dtype))
    missing_base, missing_head = np.isnan(base), np.isnan(head)
    same = np.asarray(base == head) | (missing_base & missing_head)
    wide = np.result_type(base, head, np.float64)
    first, second = base.astype(wide), head.astype(wide)
    zeros = int(np.count_nonzero(_signs(base) != _signs(head))) if base.dtype.kind == "f" else 0
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        distance = np.abs(second - first)
        ratios = np.where(same, 0.0, np.nan_to_num(distance / np.abs(first), nan=np.inf, posinf=np.inf))
        if rule.exact:
            within = same & (_signs(base) == _signs(head)) if base.dtype.kind == "f" else same
        else:
            rtol, atol = tolerances(base, rule)
            close = (distance <= atol + rtol * np.abs(first)) & np.isfinite(first) & np.isfinite(second)
            within = same | close
    # Below the tolerance's floor a ratio says nothing: it is the distance that was allowed.
    ratios = np.where(within & ~np.isfinite(ratios), 0.0, ratios)
    found = _counted(~within, ratios)
    finite = ~(missing_base | missing_head)
    return Closeness(
        differing_count=found.differing_count,
        elements_count=found.elements_count,
        greatest_ratio=found.greatest_ratio,
        index=found.index,
        greatest_ulp_count=int(ulp[finite].max(initial=0)) if ulp is not None and finite.any() else None,
        nan_pattern=bool((missing_base != missing_head).any()),
        zero_signs_count=zeros,
    )


def _signs(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Whether a zero is negative; false of all that is not zero."""
    return np.asarray(np.signbit(values) & (values == 0))


def _counted(differing: np.ndarray[Any, Any], ratios: np.ndarray[Any, Any]) -> Closeness:
    """How many differ, and the worst: of those that differ, where there are some."""
    count = int(np.count_nonzero(differing))
    judged = np.where(differing, ratios, -1.0) if count else ratios
    worst = int(np.argmax(judged))
    return Closeness(
        differing_count=count,
        elements_count=int(ratios.size),
        greatest_ratio=float(ratios.max(initial=0.0)),
        index=tuple(int(one) for one in np.unravel_index(worst, ratios.shape))
        if count or ratios.any()
        else (),
    )


def _ulp_counts(base: np.ndarray[Any, Any], head: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """The distance of each element in units in the last place, as unsigned integers; ``None`` of a format without integers of its size."""
    if base.dtype.kind == "c":
        parts = [_ulp_counts(getattr(base, part), getattr(head, part)) for part in ("real", "imag")]
        return None if parts[0] is None or parts[1] is None else np.asarray(np.maximum(parts[0], parts[1]))
    if base.dtype.itemsize not in (2, 4, 8):
        return None
    unsigned = np.dtype(f"u{base.dtype.itemsize}")
    top = unsigned.type(1 << (8 * base.dtype.itemsize - 1))
    bits = [np.ascontiguousarray(one).view(unsigned) for one in (base, head)]
    negative = [(one & top) != 0 for one in bits]
    sizes = [(one & ~top).astype(np.uint64) for one in bits]
    apart = np.maximum(sizes[0], sizes[1]) - np.minimum(sizes[0], sizes[1])
    return np.asarray(np.where(negative[0] == negative[1], apart, sizes[0] + sizes[1]))
