"""The list of benchmarks, and one benchmark's history, in ready-made text.

It must not part the times by machine: they come parted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.run_view import machine_words
from perfwatch.report.visible import visible
from perfwatch.web.chart import STYLES_COUNT, Chart, drawn
from perfwatch.web.links import COMMITS, DATES
from perfwatch.web.words import Bar, Frame, Pager, bar, minute_words, pager, short_commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.history import BenchmarkLine, History, Lane, Point
    from perfwatch.web.links import Links

#: Benchmarks on one page of their list, and times on one page of a history.
LIST_LIMIT = 2_000
PAGE_SIZE = 100
#: Machines in the legend; the others are counted.
_LANES_LIMIT = 12
_NAME_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkRow:
    """One benchmark, with its newest time."""

    name: str
    href: str
    target: str
    times: str
    newest: str
    when: str
    run_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarksView:
    """The list of benchmarks."""

    frame: Frame
    bar: Bar
    rows: tuple[BenchmarkRow, ...]
    left_out: str = ""
    absent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRow:
    """One machine in the legend; ``style`` numbers how it is drawn."""

    name: str
    style: int
    words: str
    times: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """One time in the table."""

    when: str
    href: str
    commit: str
    median: str
    interval: str
    lane: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """One benchmark's times: drawn, told apart by machine, and in a table, the newest first."""

    frame: Frame
    bar: Bar
    target: str
    chart: Chart | None
    chart_absent: str
    lanes: tuple[LaneRow, ...]
    lanes_left_out: str
    rows: tuple[PointRow, ...]
    pager: Pager
    over: str
    over_dates: str
    over_commits: str


def benchmarks_view(found: Sequence[BenchmarkLine], links: Links) -> BenchmarksView:
    """Return the list of benchmarks."""
    hidden = len(found) - LIST_LIMIT
    return BenchmarksView(
        frame=Frame(
            title="Benchmarks",
            lead=f"{units.whole(len(found))} with a stored time."
            if found
            else "No stored run has a time yet.",
            foot="The newest time is that of the run that was stored last.",
        ),
        bar=bar(links, "benchmarks"),
        rows=tuple(
            BenchmarkRow(
                name=visible(line.name, _NAME_LIMIT),
                href=links.benchmark(line.slug),
                target=visible(line.target, _NAME_LIMIT),
                times=units.whole(line.points_count),
                newest=units.time(line.median_ns),
                when=minute_words(line.started_at),
                run_href=links.run(line.run_id),
            )
            for line in found[:LIST_LIMIT]
        ),
        left_out=f"{units.whole(hidden)} more have pages of their own, and no room here."
        if hidden > 0
        else "",
    )


def history_view(history: History, first: int, over: str, links: Links) -> HistoryView:
    """Return a benchmark's history, its table from the ``first`` (0 is the newest) time on."""
    newest_first = sorted(
        ((point, lane) for lane in history.lanes for point in lane.points),
        key=lambda pair: (pair[0].started_at, pair[0].run_id),
        reverse=True,
    )
    total = len(newest_first)
    shown = range(first, first + PAGE_SIZE, PAGE_SIZE)
    chart = drawn(history, over, links)
    return HistoryView(
        frame=Frame(title=visible(history.name, _NAME_LIMIT), lead=_lead(history, total)),
        bar=bar(links, "history"),
        target=visible(history.target, _NAME_LIMIT),
        chart=chart,
        chart_absent="" if chart else "A single time makes no course: the next run adds the second.",
        lanes=tuple(_lane(lane, number) for number, lane in enumerate(history.lanes[:_LANES_LIMIT])),
        lanes_left_out=_left_out(len(history.lanes) - _LANES_LIMIT),
        rows=tuple(_row(point, lane, links) for point, lane in newest_first[first : first + PAGE_SIZE]),
        pager=pager("Times", shown, total, lambda page: links.benchmark(history.slug, page, over)),
        over=over,
        over_dates=links.benchmark(history.slug, over=DATES),
        over_commits=links.benchmark(history.slug, over=COMMITS),
    )


def _lead(history: History, total: int) -> str:
    machines = len(history.lanes)
    on = (
        "one machine"
        if machines == 1
        else f"{units.whole(machines)} machines, which are not held against each other"
    )
    return f"{units.whole(total)} {'time' if total == 1 else 'times'}, on {on}."


def _left_out(hidden: int) -> str:
    return f"and {units.whole(hidden)} more machines, drawn like these in turn" if hidden > 0 else ""


def _lane(lane: Lane, number: int) -> LaneRow:
    unsure = "" if lane.joined else "; not everything is known of these, so no two of them are joined"
    return LaneRow(
        name=lane.name,
        style=number % STYLES_COUNT,
        words=f"{machine_words(lane.machine)}{unsure}",
        times=f"{units.whole(len(lane.points))} {'time' if len(lane.points) == 1 else 'times'}",
    )


def _row(point: Point, lane: Lane, links: Links) -> PointRow:
    return PointRow(
        when=minute_words(point.started_at),
        href=links.run(point.run_id),
        commit=short_commit(point.commit),
        median=units.time(point.median_ns),
        interval=units.interval(point.interval_ns),
        lane=lane.name,
        note="" if point.for_verdicts else "not for verdicts",
    )
