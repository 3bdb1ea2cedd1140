"""The only formatter of quantities: numbers in, short texts out.

It must not round anything that is computed with afterwards: it is for eyes.
Texts carry three significant digits, because no timing on a shared machine
deserves more.
"""

from __future__ import annotations

import math

_TIMES = ((1, "ns"), (1_000, "µs"), (1_000_000, "ms"), (1_000_000_000, "s"))
_BYTES = ((1, "B"), (1_000, "kB"), (1_000_000, "MB"), (1_000_000_000, "GB"), (1_000_000_000_000, "TB"))
_COUNTS = ((1, ""), (1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G"))
_MISSING = "\N{EN DASH}"
#: Below this, noughts after the point would outnumber the digits that say something.
_TINY = 1e-4
_MINUTE_NS = 60_000_000_000
_HOUR_NS = 3_600_000_000_000


def _digits(value: float) -> str:
    """Three significant digits, without an exponent below a million."""
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    decimals = max(0, 2 - magnitude)
    text = f"{value:.{decimals}f}"
    # 9.995 rounds to "10.00": one digit too many.
    if decimals and math.floor(math.log10(abs(float(text)))) > magnitude:
        text = f"{value:.{decimals - 1}f}"
    return text


def _scaled(value: float, steps: tuple[tuple[int, str], ...]) -> str:
    if not math.isfinite(value):
        return _MISSING
    factor, unit = steps[0]
    for candidate, name in steps:
        # 999.6 of a unit would print as "1000"; the next unit takes over there.
        if abs(value) >= candidate * 0.9995:
            factor, unit = candidate, name
    text = _digits(value / factor)
    return f"{text} {unit}".strip()


def time(value_ns: float | None) -> str:
    """Format nanoseconds: ``1.23 ms``; from two minutes on ``2 min 05 s``, from an hour ``1 h 01 min``."""
    if value_ns is None or not math.isfinite(value_ns):
        return _MISSING
    if abs(value_ns) >= _HOUR_NS:
        minutes = round(value_ns / _MINUTE_NS)
        return f"{minutes // 60} h {minutes % 60:02d} min"
    if abs(value_ns) >= 2 * _MINUTE_NS:
        seconds = round(value_ns / 1e9)
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return _scaled(value_ns, _TIMES)


def size(value_bytes: float | None) -> str:
    """Format bytes in powers of a thousand: ``1.23 MB``."""
    if value_bytes is None:
        return _MISSING
    if abs(value_bytes) < _BYTES[1][0] and float(value_bytes).is_integer():
        return f"{int(value_bytes)} B"
    return _scaled(value_bytes, _BYTES)


def count(value: float | None) -> str:
    """Format a count: whole below ten thousand, then ``12.3 k``."""
    if value is None or not math.isfinite(value):
        return _MISSING
    if abs(value) < 10_000:
        return f"{value:.0f}" if float(value).is_integer() else _digits(value)
    return _scaled(value, _COUNTS)


def figure(value: float | None) -> str:
    """Format a figure whose unit is not ours: as a count, and below a ten-thousandth as ``6.05e-17``."""
    if value is not None and 0 < abs(value) < _TINY:
        return f"{value:.2e}"
    return count(value)


def percent(ratio: float | None) -> str:
    """Format a share: 0.123 is ``12.3%``."""
    if ratio is None or not math.isfinite(ratio):
        return _MISSING
    return f"{ratio * 100:.1f}%"


def change(ratio: float | None) -> str:
    """Format a ratio as a signed change: 1.05 is ``+5.0%``; from twice on ``2.00x``."""
    if ratio is None or not math.isfinite(ratio):
        return _MISSING
    if ratio >= 2 or ratio <= 0.5:
        return f"{_digits(ratio)}x"
    return f"{(ratio - 1) * 100:+.1f}%"


def factor(ratio: float | None) -> str:
    """Format a ratio as a factor: ``1.23x``."""
    if ratio is None or not math.isfinite(ratio):
        return _MISSING
    return f"{_digits(ratio)}x"


def interval(bounds: tuple[float, float] | None) -> str:
    """Format an interval of nanoseconds: ``[1.20 ms, 1.31 ms]``."""
    if bounds is None:
        return _MISSING
    return f"[{time(bounds[0])}, {time(bounds[1])}]"


def change_interval(bounds: tuple[float, float] | None) -> str:
    """Format an interval of ratios as changes: ``[-1.2%, +3.4%]``."""
    if bounds is None:
        return _MISSING
    return f"[{change(bounds[0])}, {change(bounds[1])}]"
