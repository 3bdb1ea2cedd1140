"""The table of benchmarks in ready-made text: head and base, the change on one axis, memory, verdict, course.

Every row stands in the page, for readers without a script; beyond a limit the rest is counted. It must not
judge: verdicts, and what they rest on, arrive in their records.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.comparison import Comparison
from perfwatch.records.course import Course
from perfwatch.records.run import Benchmark
from perfwatch.report.benchmark_view import BenchmarkView, headline, peak_bytes, with_figures
from perfwatch.report.geometry import (
    Axis,
    Polyline,
    Strip,
    change_reach,
    change_strip,
    ratio_axis,
    series_line,
    timing_reach,
)
from perfwatch.report.names import Names
from perfwatch.report.section import NONE
from perfwatch.report.visible import visible
from perfwatch.report.words import EXPLANATIONS, MARKS, ORDER, tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.report import Report

#: A page holds so many rows, those first that want attention; the others are counted.
ROWS_LIMIT = 1_000
_PEAK = "peak_memory_bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's title; ``kind`` is ``n`` for figures, ``drawn`` for drawings, else empty."""

    title: str
    kind: str = ""
    meaning: str = ""
    axis: Axis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCell:
    """One cell: text or a drawing. ``value`` is what rows are sorted by, ``note`` what hovering says."""

    text: str = ""
    value: str = ""
    note: str = ""
    strong: bool = False
    strip: Strip | None = None
    line: Polyline | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One benchmark; ``linked`` tells whether its details stand below, under ``anchor``."""

    anchor: str
    linked: bool
    name: str
    full: str
    parameters: str
    cells: tuple[TableCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkTable:
    """The rows under their columns; ``left_out`` counts those that are not there."""

    columns: tuple[Column, ...] = ()
    rows: tuple[TableRow, ...] = ()
    left_out: str = ""

    @property
    def explained(self) -> tuple[Column, ...]:
        """The columns that do not explain themselves."""
        return tuple(column for column in self.columns if column.meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What is known of one benchmark; ``view`` is missing where only base has it."""

    name: str
    record: Benchmark | None
    view: BenchmarkView | None
    time: Comparison | None
    peak: Comparison | None
    history: Course | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Which columns there are, and how far the drawings reach."""

    compared: bool
    grouped: bool
    cold: bool
    peaks: bool
    histories: bool
    reach: float
    names: Names


def benchmark_table(report: Report, views: Sequence[BenchmarkView], names: Names) -> BenchmarkTable:
    """Return every benchmark that has figures, in the run's order, then those that only base has."""
    rows = _rows(report, views)
    shown = _limited(rows)
    times = tuple(row.time for row in rows if row.time is not None)
    shape = _Shape(
        compared=bool(times),
        grouped=len({row.record.group for row in rows if row.record is not None}) > 1,
        cold=any(row.view is not None and row.view.timing.cold != NONE for row in rows),
        peaks=any(
            row.peak is not None or (row.record and peak_bytes(row.record) is not None) for row in rows
        ),
        histories=any(row.history is not None for row in rows),
        reach=change_reach(times) if times else timing_reach(report.run.benchmarks),
        names=names,
    )
    hidden = len(rows) - len(shown)
    return BenchmarkTable(
        columns=_columns(shape),
        rows=tuple(_table_row(row, shape) for row in shown),
        left_out=f"{units.count(hidden)} more benchmarks are in report.json." if hidden else "",
    )


def _rows(report: Report, views: Sequence[BenchmarkView]) -> list[_Row]:
    peaks = {one.benchmark: one for one in report.comparisons if one.metric == _PEAK}
    courses = {(one.target, one.benchmark): one for one in report.histories}
    times = headline(report.comparisons)
    found = [
        _Row(
            name=record.name,
            record=record,
            view=view,
            time=times.get(record.name),
            peak=peaks.get(record.name),
            history=courses.get((record.target, record.name)),
        )
        for record, view in zip(with_figures(report.run), views, strict=True)
    ]
    known = {row.name for row in found}
    gone = [name for name in times if name not in known]
    return found + [
        _Row(name=name, record=None, view=None, time=times[name], peak=peaks.get(name), history=None)
        for name in gone
    ]


def _limited(rows: list[_Row]) -> list[_Row]:
    if len(rows) <= ROWS_LIMIT:
        return rows
    kept = sorted(range(len(rows)), key=lambda at: (_rank(rows[at]), at))[:ROWS_LIMIT]
    return [rows[at] for at in sorted(kept)]


def _rank(row: _Row) -> int:
    return len(ORDER) if row.time is None else ORDER.index(row.time.verdict)


def _columns(shape: _Shape) -> tuple[Column, ...]:
    columns = [Column(title="Benchmark")]
    columns += [Column(title="Group")] if shape.grouped else []
    if shape.compared:
        drawn = Column(
            title="Interval",
            kind="drawn",
            meaning=EXPLANATIONS["Interval"],
            axis=ratio_axis(shape.reach),
        )
        columns += [_figure("Base"), _figure("Head"), _figure("Change"), drawn, Column(title="Verdict")]
    else:
        drawn = Column(title="Processes", kind="drawn", axis=ratio_axis(shape.reach))
        columns += [_figure("Median"), _figure("95% interval"), drawn]
        columns += [_figure("First call")] if shape.cold else []
    if shape.peaks:
        columns += [_figure("Peak memory")]
        columns += [_figure("Memory change")] if shape.compared else []
    columns += (
        [Column(title="History", kind="drawn", meaning=EXPLANATIONS["History"])] if shape.histories else []
    )
    return tuple(columns)


def _figure(title: str) -> Column:
    return Column(title=title, kind="n", meaning=EXPLANATIONS.get(title, ""))


def _table_row(row: _Row, shape: _Shape) -> TableRow:
    view = row.view
    parts = _compared_cells(row, shape) if shape.compared else _alone_cells(row, shape)
    if shape.grouped:
        group = view.timing.group if view is not None else ""
        parts.insert(0, TableCell(text=group, value=group))
    if shape.histories:
        parts.append(_course(row.history))
    return TableRow(
        anchor=view.anchor if view is not None else "",
        linked=view is not None and view.detailed,
        name=shape.names.short(row.name),
        full=visible(row.name),
        parameters=view.timing.parameters if view is not None else "",
        cells=tuple(parts),
    )


def _compared_cells(row: _Row, shape: _Shape) -> list[TableCell]:
    time = row.time
    head_ns = (
        row.record.timing.median_ns if row.record is not None and row.record.timing is not None else None
    )
    head_ns = time.head_value if time is not None and time.head_value is not None else head_ns
    clock = f"{visible(time.clock, 20)} clock" if time is not None and time.clock else ""
    base_ns = time.base_value if time is not None else None
    cells = [
        _amount(units.time(base_ns), base_ns, note=clock),
        _amount(units.time(head_ns), head_ns, strong=True, note=clock),
    ]
    if time is None:
        cells += [TableCell(text=NONE), TableCell(), TableCell()]
    else:
        interval = units.change_interval(time.interval)
        cells += [
            _amount(units.change(time.ratio), time.ratio, note=interval),
            TableCell(strip=change_strip(time, shape.reach), value=_key(time.ratio), note=interval),
            TableCell(
                text=f"{MARKS[time.verdict]}\N{NO-BREAK SPACE}{time.verdict.value}",
                value=str(ORDER.index(time.verdict)),
                tone=tone(time.verdict, time.direction),
                note=visible(time.reason, 400),
            ),
        ]
    if shape.peaks:
        cells += _peak_cells(row)
    return cells


def _peak_cells(row: _Row) -> list[TableCell]:
    peak = row.peak
    head = peak_bytes(row.record) if row.record is not None else None
    head = peak.head_value if head is None and peak is not None else head
    change = TableCell(text=NONE)
    if peak is not None:
        change = TableCell(
            text=units.change(peak.ratio),
            value=_key(peak.ratio),
            tone=tone(peak.verdict, peak.direction),
            note=f"{peak.verdict.value}: {visible(peak.reason, 400)}",
        )
    return [_amount(units.size(head), head), change]


def _alone_cells(row: _Row, shape: _Shape) -> list[TableCell]:
    timing = row.record.timing if row.record is not None else None
    text = row.view.timing if row.view is not None else None
    median_ns = timing.median_ns if timing is not None else None
    cells = [
        _amount(units.time(median_ns), median_ns, strong=True),
        TableCell(text=units.interval(timing.interval_ns) if timing is not None else NONE),
        TableCell(
            strip=text.strip if text is not None else None,
            note=f"{text.processes} processes" if text is not None else "",
        ),
    ]
    if shape.cold:
        cold_ns = timing.cold_ns if timing is not None else None
        cells.append(_amount(units.time(cold_ns), cold_ns))
    if shape.peaks:
        peak = peak_bytes(row.record) if row.record is not None else None
        cells.append(_amount(units.size(peak), peak))
    return cells


def _amount(text: str, value: float | None, *, strong: bool = False, note: str = "") -> TableCell:
    return TableCell(text=text, value=_key(value), strong=strong, note=note)


def _key(value: float | None) -> str:
    """Return what a row is sorted by; nothing, which comes last, for what is no number."""
    return repr(float(value)) if value is not None and math.isfinite(value) else ""


def _course(history: Course | None) -> TableCell:
    if history is None:
        return TableCell()
    times = [point.median_ns for point in history.points]
    first, last = history.points[0], history.points[-1]
    return TableCell(
        line=series_line(range(len(times)), times),
        value=_key(float(len(times))),
        note=f"{units.count(len(times))} runs, {units.time(first.median_ns)} on {visible(first.started_at[:10], 12)} "
        f"to {units.time(last.median_ns)} on {visible(last.started_at[:10], 12)}",
    )
