"""A history as a drawing: places and lengths, no text inside, so that it may be stretched to any width.

Times that are too many are thinned to the lowest and highest of each column of pixels, machine
by machine. The arithmetic here is a drawing's; nothing of it may feed a figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.visible import visible
from perfwatch.web.links import COMMITS
from perfwatch.web.words import minute_words, short_commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.history import History, Lane, Point
    from perfwatch.web.links import Links

#: The drawing's own units. A column is as wide as a dot: more could not be told apart.
WIDTH, HEIGHT = 960, 240
COLUMNS = 320
_EDGE = 8
#: Ways to draw a machine's times; further ones begin again.
STYLES_COUNT = 6
#: Intervals reach at most so many times beyond what was measured: one wide interval must not flatten the rest.
_INTERVAL_REACH = 1.0
#: A longer course, in seconds, is told by its days.
_TWO_DAYS = 172_800
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One time: its place, its interval as a stroke, where it leads and what it says."""

    x: str
    y: str
    stroke: str
    href: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLane:
    """One machine's times; ``line`` joins them, and is empty where they may not be joined."""

    style: int
    line: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing with the words beside it; labels are evenly apart, from the top and from the left.

    ``dense`` ones have more times than columns.
    """

    lanes: tuple[DrawnLane, ...]
    rules: tuple[str, ...]
    down: tuple[str, ...]
    along: tuple[str, ...]
    label: str
    caption: str
    dense: bool
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From what is drawn to places."""

    left: float
    right: float
    low: float
    high: float

    def x(self, at: float) -> float:
        part = (at - self.left) / (self.right - self.left) if self.right > self.left else 0.5
        return _EDGE + (WIDTH - 2 * _EDGE) * part

    def y(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return HEIGHT - HEIGHT * min(1.0, max(0.0, part))

    def column(self, at: float) -> int:
        return min(COLUMNS - 1, int(self.x(at) / WIDTH * COLUMNS))


def drawn(history: History, over: str, links: Links) -> Chart | None:
    """Return the history as a drawing over dates or over commits; of a single time there is none."""
    points = sorted(
        (point for lane in history.lanes for point in lane.points),
        key=lambda point: (point.started_at, point.run_id),
    )
    if len(points) < 2:
        return None
    at, along = _by_commit(points) if over == COMMITS else _by_date(points)
    ticks = _ticks(points)
    scale = _Scale(left=min(at.values()), right=max(at.values()), low=ticks[0], high=ticks[-1])
    lanes = []
    shown = 0
    for number, lane in enumerate(history.lanes):
        kept = _thinned(lane.points, at, scale)
        shown += len(kept)
        lanes.append(_lane(kept, lane, number, (at, scale), links))
    return Chart(
        lanes=tuple(lanes),
        rules=tuple(_text(scale.y(tick)) for tick in ticks),
        down=tuple(units.time(tick) for tick in reversed(ticks)),
        along=along,
        label=f"Median time of {units.whole(len(points))} runs over {over}",
        caption=_caption(shown, len(points), over),
        dense=shown > COLUMNS,
    )


def _caption(shown: int, total: int, over: str) -> str:
    said = "Median time per call with its 95% interval; the axis need not begin at nought. A line joins times of one machine."
    if over == COMMITS:
        said += " Commits stand in the order in which they were first measured."
    if shown == total:
        return said
    return (
        f"{said} Of {units.whole(total)} times {units.whole(shown)} are drawn: of each column of pixels the lowest "
        "and the highest of each machine. The table holds them all."
    )


def _by_date(points: Sequence[Point]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return where each run stands in time, and what the axis says; by their order where a date cannot be read."""
    instants = [_instant(point.started_at) for point in points]
    known = [one for one in instants if one is not None]
    if len(known) < len(points):
        at = {point.run_id: float(place) for place, point in enumerate(points)}
        return at, (minute_words(points[0].started_at), minute_words(points[-1].started_at))
    at = {point.run_id: one for point, one in zip(points, known, strict=True)}
    first, last = min(known), max(known)
    pattern = "%Y-%m-%d" if last - first > _TWO_DAYS else "%Y-%m-%d %H:%M"
    ends = (first, first + (last - first) / 2, last)
    return at, tuple(datetime.fromtimestamp(end, UTC).strftime(pattern) for end in ends)


def _instant(started_at: str) -> float | None:
    try:
        found = datetime.fromisoformat(started_at)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _by_commit(points: Sequence[Point]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return where each run stands among the commits, in the order in which they were first measured."""
    places: dict[tuple[str | None, bool | None], int] = {}
    at: dict[str, float] = {}
    for point in points:
        key = (point.commit.revision, point.commit.dirty)
        at[point.run_id] = float(places.setdefault(key, len(places)))
    known = [
        f"{visible((revision or '')[:7]) or 'no commit'}{', changed' if dirty else ''}"
        for revision, dirty in places
    ]
    return at, (known[0], f"{units.whole(len(known))} commits", known[-1])


def _ticks(points: Sequence[Point]) -> tuple[float, ...]:
    """Return round times, evenly apart, around all medians and as much of the intervals as has room."""
    medians = [point.median_ns for point in points]
    low, high = min(medians), max(medians)
    reach = max(high - low, high * 0.01) * _INTERVAL_REACH
    ends = [end for point in points if point.interval_ns for end in point.interval_ns if math.isfinite(end)]
    low = max(min([low, *ends]), low - reach, 0.0)
    high = min(max([high, *ends]), high + reach)
    span = max(high - low, abs(high) * 1e-3, 1e-3)
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(step * power for step in _STEPS if step * power * 4 >= span)
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return tuple(number * step for number in range(first, last + 1))


def _thinned(points: Sequence[Point], at: dict[str, float], scale: _Scale) -> list[Point]:
    """Return of each column the lowest and the highest time, in their order; all where no column has more."""
    columns: dict[int, list[Point]] = {}
    for point in points:
        columns.setdefault(scale.column(at[point.run_id]), []).append(point)
    kept: list[Point] = []
    for column in columns.values():
        if len(column) > 2:
            ends = {id(end(column, key=lambda point: point.median_ns)) for end in (min, max)}
            kept += [point for point in column if id(point) in ends]
        else:
            kept += column
    return kept


def _lane(
    kept: Sequence[Point], lane: Lane, number: int, placed: tuple[dict[str, float], _Scale], links: Links
) -> DrawnLane:
    at, scale = placed
    dots = []
    for point in kept:
        x, y = _text(scale.x(at[point.run_id])), _text(scale.y(point.median_ns))
        stroke = ""
        if point.interval_ns is not None and all(math.isfinite(end) for end in point.interval_ns):
            low, high = (_text(scale.y(end)) for end in point.interval_ns)
            stroke = f"M{x} {low}V{high}"
        dots.append(Dot(x=x, y=y, stroke=stroke, href=links.run(point.run_id), title=_title(point, lane)))
    joined = lane.joined and len(dots) > 1
    # Over commits a later run may stand further left: the line goes from left to right.
    along = sorted(dots, key=lambda dot: float(dot.x)) if joined else []
    return DrawnLane(
        style=number % STYLES_COUNT,
        line="M" + "L".join(f"{dot.x} {dot.y}" for dot in along) if joined else "",
        dots=tuple(dots),
    )


def _title(point: Point, lane: Lane) -> str:
    interval = f" {units.interval(point.interval_ns)}" if point.interval_ns else ""
    return f"{units.time(point.median_ns)}{interval}, {minute_words(point.started_at)}, {short_commit(point.commit)}, machine {lane.name}"


def _text(place: float) -> str:
    return f"{place:.1f}"
