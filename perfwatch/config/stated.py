"""Reads how much faster somebody stated that something is; must not judge it."""

from __future__ import annotations

import math
import re

from perfwatch.records.proof import Stated

_NUMBER = r"(\d+(?:\.\d+)?)"
#: ``10x``, ``2-5x``, ``2 to 5x``, ``>= 3x``, ``3x or more``; the sign of times may be a cross.
_RANGE = re.compile(rf"{_NUMBER}\s*(?:-|\u2013|to)\s*{_NUMBER}\s*[x\u00d7]")
_AT_LEAST = re.compile(rf"(?:>=|\u2265|at least)\s*{_NUMBER}\s*[x\u00d7]|{_NUMBER}\s*[x\u00d7] or more")
_ONE = re.compile(rf"(?:about |some |~)?{_NUMBER}\s*[x\u00d7]")
_FASTER = "faster"


def parse_stated(value: object) -> Stated:
    """Read how many times as fast: ``10x``, ``2-5x``, ``at least 3x`` or ``faster``.

    Raises ``ValueError`` for anything else, and for what is not above 1.
    """
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text such as '10x', '2-5x', 'at least 3x' or 'faster'")  # noqa: TRY004 - one kind of error for a wrong value
    told = " ".join(value.lower().split())
    words = told if told == _FASTER else told.removesuffix(" faster")
    low, high = _bounds(words)
    if low is None:
        raise ValueError(
            f"{value!r} does not say how many times as fast: '10x', '2-5x', 'at least 3x' or 'faster'"
        )
    if not 1 <= low <= high or (low == 1 and words != _FASTER):
        raise ValueError(
            f"{value!r} is no gain: what is faster is more than 1 times as fast, the smaller figure first"
        )
    return Stated(text=value.strip(), low=low, high=high)


def _bounds(words: str) -> tuple[float | None, float]:
    if words == _FASTER:
        return 1.0, math.inf
    if found := _RANGE.fullmatch(words):
        return float(found[1]), float(found[2])
    if found := _AT_LEAST.fullmatch(words):
        return float(found[1] or found[2]), math.inf
    if found := _ONE.fullmatch(words):
        return float(found[1]), float(found[1])
    return None, math.inf
