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
_HERTZ = ((1, "Hz"), (1_000, "kHz"), (1_000_000, "MHz"), (1_000_000_000, "GHz"))
_FLOPS = ((1, "FLOP/s"), (1e3, "kFLOP/s"), (1e6, "MFLOP/s"), (1e9, "GFLOP/s"), (1e12, "TFLOP/s"))
_WATTS = ((1e-3, "mW"), (1, "W"), (1_000, "kW"))
_JOULES = ((1e-3, "mJ"), (1, "J"), (1_000, "kJ"), (1_000_000, "MJ"))
_MISSING = "\N{EN DASH}"
#: Below this, noughts after the point would outnumber the digits that say something.
_TINY = 1e-4
_SECOND_NS = 1_000_000_000
_MINUTE_NS = 60 * _SECOND_NS
_HOUR_SECONDS = 3_600
#: Every whole number below it is a float of its own.
_EXACT = 2**53


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


def _scaled(value: float, steps: tuple[tuple[float, str], ...]) -> str:
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
    sign, length = ("-" if value_ns < 0 else ""), abs(value_ns)
    seconds = round(length / _SECOND_NS)
    # Rounded first: 3599.9 s is an hour to whoever reads whole seconds.
    if seconds >= _HOUR_SECONDS:
        minutes = round(length / _MINUTE_NS)
        return f"{sign}{minutes // 60} h {minutes % 60:02d} min"
    if length >= 2 * _MINUTE_NS:
        return f"{sign}{seconds // 60} min {seconds % 60:02d} s"
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


def whole(value: int) -> str:
    """Format a number of things that can be counted through, with all its digits: ``10,000``."""
    return f"{value:,}"


def figure(value: float | None) -> str:
    """Format a figure whose unit is not ours: as a count, and below a ten-thousandth as ``6.05e-17``."""
    if value is not None and 0 < abs(value) < _TINY:
        return f"{value:.2e}"
    return count(value)


def percent(ratio: float | None) -> str:
    """Format a share: 0.123 is ``12.3%``."""
    if ratio is None or not math.isfinite(ratio):
        return _MISSING
    return _unsigned_nought(f"{ratio * 100:.1f}%")


def portion(ratio: float | None) -> str:
    """Format a share for a glance, without decimals: 0.804 is ``80%``; a trace of one is ``<1%``."""
    if ratio is None or not math.isfinite(ratio):
        return _MISSING
    if 0 < ratio < 0.005:
        return "<1%"
    return _unsigned_nought(f"{ratio * 100:.0f}%")


def points(ratio: float | None) -> str:
    """Format a difference of two shares: 0.0004 is ``0.04 points``."""
    if ratio is None or not math.isfinite(ratio):
        return _MISSING
    return f"{ratio * 100:.2f} points"


def _unsigned_nought(text: str) -> str:
    """Return the text without the sign of a nought that rounding made: nothing is below it."""
    return text.removeprefix("-") if text.strip("-0.%") == "" else text


def change(ratio: float | None) -> str:
    """Format a ratio as a signed change: 1.05 is ``+5.0%``; from twice on ``2.00x``."""
    if ratio is None or not math.isfinite(ratio):
        return _MISSING
    if ratio >= 2 or ratio <= 0.5:
        return f"{_digits(ratio)}x"
    text = f"{(ratio - 1) * 100:+.1f}%"
    # 0.99999 is no change to whoever reads one decimal.
    return "+0.0%" if text == "-0.0%" else text


def tick(ratio: float) -> str:
    """Format a round change as an axis is labelled: 1.05 is ``+5%``, 1 is ``0``, from twice on ``2x``."""
    if ratio >= 2 or ratio <= 0.5:
        return f"{ratio:.3g}x"
    return f"{(ratio - 1) * 100:+.2g}%" if ratio != 1 else "0"


def factor(ratio: float | None) -> str:
    """Format a ratio as a factor: ``1.23x``."""
    if ratio is None or not math.isfinite(ratio):
        return _MISSING
    return f"{_digits(ratio)}x"


def error(text: str) -> str:
    """Return a formatted standard error as it follows its figure: ``± 12.0 ms``; nothing for none."""
    return "" if text in ("", _MISSING) else f"\N{PLUS-MINUS SIGN} {text}"


def frequency(value_hertz: float | None) -> str:
    """Format a rate or a clock: ``1.41 GHz``."""
    return _MISSING if value_hertz is None else _scaled(value_hertz, _HERTZ)


def arithmetic(value_flops_per_s: float | None) -> str:
    """Format floating-point operations a second: ``41.2 GFLOP/s``."""
    return _MISSING if value_flops_per_s is None else _scaled(value_flops_per_s, _FLOPS)


def clock(value_megahertz: float | None) -> str:
    """Format a clock that is given in megahertz, as drivers do: ``1.41 GHz``."""
    return _MISSING if value_megahertz is None else frequency(value_megahertz * 1_000_000)


def power(value_watt: float | None) -> str:
    """Format power: ``71.3 W``."""
    return _MISSING if value_watt is None else _scaled(value_watt, _WATTS)


def energy(value_joule: float | None) -> str:
    """Format energy: ``1.23 kJ``."""
    return _MISSING if value_joule is None else _scaled(value_joule, _JOULES)


def seconds(value_ns: float | None) -> str:
    """Write nanoseconds as bare seconds for another program, to the nanosecond: ``0.001234567``; nothing for none."""
    if value_ns is None or not math.isfinite(value_ns):
        return ""
    return f"{value_ns / _SECOND_NS:.9f}"


def nearest_whole(value: float | None) -> int:
    """Return a quantity as the nearest whole number, for formats that know no others; 0 where there is none."""
    return round(value) if value is not None and math.isfinite(value) else 0


def plain(value: float | None) -> str:
    """Write a quantity for another program, unrounded and without a unit; nothing where it is missing."""
    if value is None or not math.isfinite(value):
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < _EXACT else repr(float(value))


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
