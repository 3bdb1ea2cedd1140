"""Report → CSV: a row for each benchmark, metric and process, and one for the whole of each.

It must not round and must not make a figure. Programs that open such a file take a cell
for a formula where it begins like one: a text that does is set behind an apostrophe.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.comparison import OWN, TIMES
from perfwatch.records.run import Benchmark
from perfwatch.records.timing import per_call_ns
from perfwatch.report.visible import visible
from perfwatch.report.words import parameters_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.records.comparison import Comparison
    from perfwatch.records.report import Report
    from perfwatch.records.run import Custom, Run
    from perfwatch.records.timing import ProcessTiming

#: The header, the same in every file; a figure stands in the column of its unit, ``own`` is the target's.
COLUMNS = (
    "run",
    "started_at",
    "revision",
    "target",
    "group",
    "benchmark",
    "parameters",
    "metric",
    "clock",
    "process",
    "samples_count",
    "loops_count",
    "value_ns",
    "value_bytes",
    "value_count",
    "value_ratio",
    "value_own",
    "interval_low_ns",
    "interval_high_ns",
    "base_ns",
    "base_bytes",
    "base_count",
    "base_ratio",
    "base_own",
    "ratio",
    "ratio_low",
    "ratio_high",
    "verdict",
)
_UNITS = ("bytes", "count", "ratio", "ns")
_TEXT_LIMIT = 1_000
#: Each begins a formula in some program that opens such files.
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)

_Row = dict[str, str]


def render_csv(report: Report) -> str:
    """Return the table with its header; lines end with a line feed, missing figures are empty cells."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(report))
    return file.getvalue()


def _rows(report: Report) -> Iterator[_Row]:
    by_key = {(one.benchmark, one.metric, _clock(one)): one for one in report.comparisons}
    for benchmark in report.run.benchmarks:
        about = _about(report.run, benchmark)
        for row in _of_benchmark(report.run, benchmark):
            key = (benchmark.name, row["metric"], row["clock"])
            told = by_key.pop(key, None) if not row.get("process") else None
            yield about | _said(row) | (_compared(told) if told is not None else {})
    names = {benchmark.name for benchmark in report.run.benchmarks}
    for figure in report.run.custom:
        if figure.benchmark not in names:
            about = _about(report.run, Benchmark(name=figure.benchmark or "", target=""))
            yield from (about | _said(row) for row in _own(figure))
    for one in by_key.values():
        # What only the baseline has, or what was compared of no benchmark of this run.
        about = _about(report.run, Benchmark(name=one.benchmark, target=""))
        head = _valued("value", one.metric, one.head_value)
        yield about | _said({"metric": one.metric, "clock": _clock(one)}) | head | _compared(one)


def _of_benchmark(run: Run, benchmark: Benchmark) -> Iterator[_Row]:
    """Rows with their metric and clock as the records name them."""
    timing = benchmark.timing
    if timing is not None:
        low, high = timing.interval_ns or (None, None)
        bounds = {"interval_low_ns": units.plain(low), "interval_high_ns": units.plain(high)}
        yield _figure("time", timing.median_ns, clock="wall") | bounds
        others = (
            ("time", "cpu", timing.cpu_median_ns),
            ("cold", "", timing.cold_ns),
            ("compile", "", timing.compile_ns),
        )
        for metric, clock, value in others:
            if value is not None:
                yield _figure(metric, value, clock=clock)
        for process in timing.processes:
            yield from _of_process(process)
    for metric, value in benchmark.metrics.items():
        yield _figure(metric, value)
    for figure in run.custom:
        if figure.benchmark == benchmark.name:
            yield from _own(figure)


def _own(figure: Custom) -> Iterator[_Row]:
    """A row for each value that the target recorded of itself."""
    for value in figure.values:
        yield _figure(f"{OWN}{figure.name}", value)


def _of_process(process: ProcessTiming) -> Iterator[_Row]:
    whose = {"process": process.id, "loops_count": units.plain(process.loops_count)}
    for clock, samples in (("wall", process.wall_ns), ("cpu", process.cpu_ns)):
        kept = {"samples_count": units.plain(len(samples[process.warmup_count :]))}
        yield _figure("time", per_call_ns(process, samples), clock=clock) | whose | kept
    if process.cold_ns is not None:
        yield _figure("cold", process.cold_ns) | {"process": process.id}
    if process.compile_ns is not None:
        yield _figure("compile", process.compile_ns) | {"process": process.id}


def _figure(metric: str, value: float | None, clock: str = "") -> _Row:
    return {"metric": metric, "clock": clock} | _valued("value", metric, value)


def _valued(side: str, metric: str, value: float | None) -> _Row:
    """The cell of a figure, in the column of its metric's unit."""
    unit = next((one for one in _UNITS if metric.endswith(f"_{one}")), "own")
    if metric in TIMES:
        unit = "ns"
    elif metric.startswith(OWN):
        unit = "own"
    return {f"{side}_{unit}": units.plain(value)}


def _clock(one: Comparison) -> str:
    return (one.clock or "") if one.metric == "time" else ""


def _compared(one: Comparison) -> _Row:
    low, high = one.interval or (None, None)
    return _valued("base", one.metric, one.base_value) | {
        "ratio": units.plain(one.ratio),
        "ratio_low": units.plain(low),
        "ratio_high": units.plain(high),
        "verdict": one.verdict.value,
    }


def _about(run: Run, benchmark: Benchmark) -> _Row:
    header = run.header
    return {
        "run": text_cell(header.id),
        "started_at": text_cell(header.started_at),
        "revision": text_cell(header.commit.revision or ""),
        "target": text_cell(benchmark.target),
        "group": text_cell(benchmark.group or ""),
        "benchmark": text_cell(benchmark.name),
        "parameters": text_cell(parameters_words(benchmark.parameters)),
    }


def _said(row: _Row) -> _Row:
    """The row with the names in it made harmless; the figures are none of anybody's."""
    return row | {name: text_cell(row[name]) for name in ("metric", "clock", "process") if name in row}


def text_cell(text: str) -> str:
    """Return an untrusted text as a cell that every program shows and none computes."""
    shown = visible(text, _TEXT_LIMIT)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown
