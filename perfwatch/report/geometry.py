"""Lengths, places and shades for drawing: the only arithmetic of the renderers.

A share printed beside its bar is the bar's length. Nothing here may feed a
figure that is judged, compared or stored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.comparison import TIMES
from perfwatch.records.timing import per_call_ns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.comparison import Comparison
    from perfwatch.records.proof import SizeProof
    from perfwatch.records.run import Benchmark
    from perfwatch.records.timing import ProcessTiming, Timing

#: The strip's drawing area, in its own user units.
STRIP_WIDTH = 160
_MIDDLE = STRIP_WIDTH / 2
_HALF = _MIDDLE - 6
_SMALLEST_REACH = 0.005
_LARGEST_REACH = math.log(4)
#: Optimisations are faster by much more than changes are slower.
_FARTHEST_REACH = math.log(1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """An interval drawn on a line: every number is a place or a length, as text."""

    left: str
    width: str
    middle: str
    dots: tuple[str, ...] = ()
    zone_left: str = ""
    zone_width: str = ""


def share(part: float | None, whole: float | None) -> float | None:
    """Return the part of ``whole`` that a bar covers; ``None`` where either is missing."""
    if part is None or whole is None or not math.isfinite(part) or not math.isfinite(whole) or whole <= 0:
        return None
    return part / whole


def heat(part: float | None, most: float | None) -> int:
    """Return a shade from 0 to 100: the root of the share, so that middling lines still show."""
    found = share(part, most)
    if found is None or found <= 0:
        return 0
    return round(100 * math.sqrt(min(found, 1.0)))


def length(ratio: float | None) -> int:
    """Return the length of a bar, from 0 to 100."""
    if ratio is None or not math.isfinite(ratio):
        return 0
    return round(100 * min(max(ratio, 0.0), 1.0))


def stacked(widths: Sequence[float]) -> float:
    """Return where an axis ends on which pieces of these widths lie side by side."""
    return sum(widths, 0.0)


def whole_ns(benchmark: Benchmark) -> float | None:
    """Return the time of one execution, of which shares are taken."""
    if benchmark.profiles.cpu is not None and benchmark.profiles.cpu.total_ns > 0:
        return benchmark.profiles.cpu.total_ns
    return benchmark.timing.median_ns if benchmark.timing else None


def heads(timing: Timing) -> tuple[ProcessTiming, ...]:
    """Return the processes that a timing's figures are of: of a gate's, head's alone."""
    return tuple(process for process in timing.processes if process.side != "base")


def _around_median(timing: Timing) -> tuple[list[float], list[float]]:
    """Return the dots and the interval's ends as logs of their ratio to the median."""
    middle = timing.median_ns or 0.0
    dots = [dot for one in heads(timing) if (dot := per_call_ns(one, one.wall_ns)) is not None]
    return log_ratios(dots, middle), log_ratios(list(timing.interval_ns or ()), middle)


def log_ratios(values: list[float], base: float) -> list[float]:
    """Return the logs of the ratios to ``base``; of what is no ratio above nothing there are none."""
    if not (math.isfinite(base) and base > 0):
        return []
    return [math.log(v / base) for v in values if math.isfinite(v) and v > 0]


def limited_reach(reach: float) -> float:
    """Return how far an axis reaches: no less and no more than can be read."""
    return min(max(reach, _SMALLEST_REACH), _LARGEST_REACH)


def timing_reach(benchmarks: tuple[Benchmark, ...]) -> float:
    """Return how far the timing strips reach to either side, as a log ratio, equal for all rows."""
    reaches = [0.0]
    for benchmark in benchmarks:
        if benchmark.timing is not None:
            dots, ends = _around_median(benchmark.timing)
            reaches += [abs(each) for each in dots + ends]
    return limited_reach(max(reaches))


def change_reach(comparisons: tuple[Comparison, ...]) -> float:
    """Return how far the change strips reach to either side, as a log ratio, equal for all rows.

    Amounts without an interval (counts) do not widen it: theirs may be many
    times, and would leave nothing to see of the others.
    """
    reaches = [0.0]
    for comparison in comparisons:
        if comparison.interval is None and comparison.metric not in TIMES:
            continue
        reaches += [abs(each) for each in log_ratios(_ends(comparison), 1.0)]
        reaches.append(math.log1p(max(comparison.margin_ratio or 0.0, 0.0)) * 1.5)
    return limited_reach(max(each for each in reaches if math.isfinite(each)))


def _ends(comparison: Comparison) -> list[float]:
    values = [comparison.ratio, *(comparison.interval or ())]
    return [value for value in values if value is not None]


def _x(log_ratio: float, reach: float) -> float:
    return _MIDDLE + _HALF * max(-1.0, min(1.0, log_ratio / reach))


def _text(place: float) -> str:
    return f"{place:.1f}"


def timing_strip(timing: Timing | None, reach: float) -> Strip | None:
    """Return the processes as dots around their median and its interval as a band."""
    if timing is None:
        return None
    dots, ends = _around_median(timing)
    if not dots:
        return None
    left, right = (_x(min(ends), reach), _x(max(ends), reach)) if ends else (_MIDDLE, _MIDDLE)
    return Strip(
        left=_text(left),
        width=_text(right - left),
        middle=_text(_MIDDLE),
        dots=tuple(_text(_x(dot, reach)) for dot in dots),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A labelled place on an axis; ``place`` is in hundredths of its length."""

    place: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The labelled places of the drawings below a column's title."""

    ticks: tuple[Tick, ...]


#: Changes that make a readable label; the greatest of either that fits is drawn.
_INCREASES = (1.001, 1.002, 1.005, 1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2.0, 3.0)
#: A label may stand on the very end: -0.5% is a little farther than +0.5%.
_EDGE = 1.01
_DECREASES = (0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.3)


def ratio_axis(reach: float) -> Axis:
    """Return the axis of drawings that reach so far to either side of no change, as a log ratio."""
    ends = [
        [ratio for ratio in ratios if abs(math.log(ratio)) <= reach * _EDGE][-1:]
        for ratios in (_DECREASES, _INCREASES)
    ]
    return Axis(
        ticks=tuple(
            Tick(place=tick_place(math.log(ratio), reach), label=units.tick(ratio))
            for ratio in (*ends[0], 1.0, *ends[1])
        )
    )


def tick_place(log_ratio: float, reach: float) -> str:
    """Return where a change stands on its axis, in hundredths of its length; beyond its ends, at them."""
    return _text(100 * _x(log_ratio, reach) / STRIP_WIDTH)


def change_strip(comparison: Comparison, reach: float) -> Strip | None:
    """Return the change as a band around its ratio, over the zone that counts as no change."""
    ends = log_ratios(list(comparison.interval or ()), 1.0)
    middle = log_ratios([comparison.ratio] if comparison.ratio is not None else [], 1.0)
    if not middle:
        return None
    left, right = (_x(min(ends), reach), _x(max(ends), reach)) if ends else (_x(middle[0], reach),) * 2
    zone = math.log1p(max(comparison.margin_ratio or 0.0, 0.0))
    zone_left = _x(-zone, reach)
    return Strip(
        left=_text(left),
        width=_text(right - left),
        middle=_text(_x(middle[0], reach)),
        zone_left=_text(zone_left),
        zone_width=_text(_x(zone, reach) - zone_left),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GainPoint:
    """How many times as fast a candidate is at a size, and the ends of that figure's interval.

    ``size`` is ``None`` where the size is a name.
    """

    label: str
    size: float | None
    times: float
    low: float
    high: float


def gain_point(one: SizeProof) -> GainPoint | None:
    """Return a proof's ratio turned round: above 1 where the candidate is the faster one."""
    if one.ratio is None or not math.isfinite(one.ratio) or one.ratio <= 0:
        return None
    low, high = one.interval or (one.ratio, one.ratio)
    times = 1 / one.ratio
    numeric = one.size.isascii() and one.size.replace(".", "", 1).isdigit() and float(one.size) > 0
    return GainPoint(
        label=one.size,
        size=float(one.size) if numeric else None,
        times=times,
        low=1 / high if math.isfinite(high) and high > 0 else times,
        high=1 / low if low > 0 else times,
    )


def gain_reach(points: Sequence[GainPoint]) -> float:
    """Return how far the strips of gains reach to either side, as a log ratio, equal for all rows."""
    ends = [end for point in points for end in (point.low, point.times, point.high)]
    return min(max([_SMALLEST_REACH, *(abs(log) for log in log_ratios(ends, 1.0))]), _FARTHEST_REACH)


def gain_strip(point: GainPoint | None, margin_ratio: float, reach: float) -> Strip | None:
    """Return a gain as a band around it, faster to the right, over the zone that counts as the same speed."""
    if point is None:
        return None
    left, middle, right = (_x(log, reach) for log in log_ratios([point.low, point.times, point.high], 1.0))
    zone = math.log1p(max(margin_ratio, 0.0))
    zone_left = _x(-zone, reach)
    return Strip(
        left=_text(left),
        width=_text(right - left),
        middle=_text(middle),
        zone_left=_text(zone_left),
        zone_width=_text(_x(zone, reach) - zone_left),
    )


#: A series is drawn with so many points at most, in an area of this size.
SERIES_POINTS = 240
SERIES_WIDTH, SERIES_HEIGHT = 240, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Polyline:
    """A line through points, as SVG writes them, in an area of the given size."""

    points: str
    width: int = SERIES_WIDTH
    height: int = SERIES_HEIGHT


def series_line(at_ns: Sequence[int], values: Sequence[float]) -> Polyline | None:
    """Return the course of a series; of fewer than three values, or without their times, there is none.

    A long series is thinned to the extremes of each stretch, in their order.
    """
    if len(values) < 3 or len(at_ns) != len(values) or not all(map(math.isfinite, values)):
        return None
    low, high, length_ns = min(values), max(values), at_ns[-1] - at_ns[0]
    kept = _extremes(values)
    room = SERIES_HEIGHT - 4

    def point(index: int) -> str:
        x = SERIES_WIDTH * (at_ns[index] - at_ns[0]) / length_ns if length_ns else 0.0
        # Halved before they are subtracted: a series may span all that a float can hold.
        part = (values[index] / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.5
        return f"{_text(x)},{_text(2 + room * (1 - part))}"

    return Polyline(points=" ".join(point(index) for index in kept))


def _extremes(values: Sequence[float]) -> list[int]:
    if len(values) <= SERIES_POINTS:
        return list(range(len(values)))
    step = -(-len(values) // (SERIES_POINTS // 2))
    found: list[int] = []
    for start in range(0, len(values), step):
        stretch = range(start, min(start + step, len(values)))
        found += sorted({min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)})
    return found


def scale_ticks(low: float, high: float) -> list[float]:
    """Return about five round factors between two ends, 1 among them where it lies between."""
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    for steps in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)):
        found = [step * 10.0**decade for decade in decades for step in steps]
        found = [tick for tick in found if low <= tick <= high]
        if len(found) >= 4:
            return found[:: -(-len(found) // 8)]
    span = (high - low) / 4
    step = next(size for size in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0) if size >= span or size == 2.0)
    first, last = math.ceil(round((low - 1) / step, 6)), math.floor(round((high - 1) / step, 6))
    return [round(1 + number * step, 6) for number in range(first, last + 1)]


#: Labels below an axis need this part of its length each.
_LABEL_ROOM = 1 / 9


def apart(places: Sequence[float], *, ratios: bool) -> list[int]:
    """Return which of some places, in their order, can bear a label without touching; the last one always does."""
    at = [math.log(place) for place in places] if ratios else list(places)
    room = (max(at) - min(at)) * _LABEL_ROOM
    kept: list[int] = []
    for index in sorted(range(len(at)), key=at.__getitem__, reverse=True):
        if not kept or at[kept[-1]] - at[index] >= room:
            kept.append(index)
    return sorted(kept)
