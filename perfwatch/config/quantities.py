"""Durations, shares and sizes as people write them; must not know which setting they are for."""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS_NS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "µs": 1_000,
    "ns": 1,
}
_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_PART = re.compile(rf"({_NUMBER})\s*(min|ms|us|µs|ns|h|m|s)\s*", re.ASCII)
_PLAIN_NUMBER = re.compile(_NUMBER, re.ASCII)
_PERCENT = re.compile(rf"({_NUMBER})\s*(%?)", re.ASCII)
_UNITS_BYTES = {
    "B": 1,
    **{f"{letter}B": 10 ** (3 * power) for power, letter in enumerate("kMGT", 1)},
    **{f"{letter}iB": 2 ** (10 * power) for power, letter in enumerate("KMGT", 1)},
}
_SIZE = re.compile(rf"({_NUMBER})\s*({'|'.join(_UNITS_BYTES)})?", re.ASCII)
#: What a database column and ``time.sleep`` can hold: 292 years.
LONGEST_NS = 2**63 - 1

DURATION_FORM = 'a duration such as "15s", "500ms" or "1h30m", or a number of seconds'
SIZE_FORM = 'a size such as "100MB" or "1GiB", or a number of bytes'
RATIO_FORM = 'a share such as "1%" or 0.01, below 100%'


def parse_duration(value: object) -> int:
    """Return whole nanoseconds for ``"1h30m"``, ``"500ms"``, ``"2.5s"`` or a number of seconds.

    Units (h, m or min, s, ms, us, ns) stand from the longest to the shortest,
    each once. Decimal fractions are exact. Raises ``ValueError`` for anything
    else, for zero and for what is shorter than a nanosecond or longer than 292 years.
    """
    nanoseconds = round(_exact_ns(value))
    if not 0 < nanoseconds <= LONGEST_NS:
        raise ValueError(
            f"{value!r} is {'too long' if nanoseconds > 0 else 'no time at all'}: write {DURATION_FORM}"
        )
    return nanoseconds


def _exact_ns(value: object) -> Fraction:
    wrong = ValueError(f"{value!r} is not {DURATION_FORM}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value != value or value in {float("inf"), float("-inf")} or value < 0:  # noqa: PLR0124 - NaN alone differs from itself
            raise wrong
        # The shortest text of a float is what was written: 0.1 means a tenth.
        return Fraction(str(value)) * _UNITS_NS["s"]
    if not isinstance(value, str):
        raise wrong
    text = value.strip().replace("\N{GREEK SMALL LETTER MU}s", "µs")
    if _PLAIN_NUMBER.fullmatch(text):
        return Fraction(text) * _UNITS_NS["s"]
    total, position, last_ns = Fraction(0), 0, LONGEST_NS
    while position < len(text):
        part = _PART.match(text, position)
        if part is None or _UNITS_NS[part.group(2)] >= last_ns:
            raise wrong
        last_ns = _UNITS_NS[part.group(2)]
        total += Fraction(part.group(1)) * last_ns
        position = part.end()
    if not text:
        raise wrong
    return total


def parse_size(value: object) -> int:
    """Return bytes for ``"100MB"``, ``"1.5 GiB"`` or a number of bytes; MB is 10**6 and MiB 2**20.

    Raises ``ValueError`` for anything else, and for less than one byte.
    """
    wrong = ValueError(f"{value!r} is not {SIZE_FORM}")
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    elif isinstance(value, str) and (match := _SIZE.fullmatch(value.strip())):
        size = round(Fraction(match.group(1)) * _UNITS_BYTES[match.group(2) or "B"])
    else:
        raise wrong
    if not 0 < size <= LONGEST_NS:
        raise wrong
    return size


def parse_ratio(value: object) -> float:
    """Return 0.01 for ``"1%"``, ``"0.01"`` or 0.01. Raises ``ValueError`` outside [0, 1)."""
    wrong = ValueError(f"{value!r} is not {RATIO_FORM}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        ratio = float(value) if abs(value) < 1 else 1.0
    elif isinstance(value, str) and (match := _PERCENT.fullmatch(value.strip())):
        ratio = float(Fraction(match.group(1)) / (100 if match.group(2) else 1))
    else:
        raise wrong
    # Also refuses NaN.
    if not 0 <= ratio < 1:
        raise wrong
    return ratio
