"""Report → tables for a terminal, at the end of a run or on its own.

Every text is set as plain text: nothing of a target is read as markup. rich is
imported only when something is printed. This module must not word anything:
``view`` does; ``columns`` lays out.
"""

from __future__ import annotations

import io
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from perfwatch.report.columns import Cell, Column, Gives, cut_left, print_table, text, width_of
from perfwatch.report.view import ReportView, view_of

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from perfwatch.records.report import Report

_STYLES = {"bad": "bold red", "good": "green", "calm": ""}
_TEXT_WIDTH = 100
#: Shares and times of the hottest lines stand before this column.
_INDENT = 17
#: So many findings stand on a screen, in so many lines each; how the cost comes about has two of them.
_FINDINGS, _FINDING_LINES, _MECHANISM_LINES = 3, 5, 2
#: A place keeps at least so much when its function's name is long.
_PLACE_WIDTH = 24


def _heading(console: Console, title: str) -> None:
    console.print()
    console.print(text(title, "bold"))


def _say(console: Console, content: str, style: str = "") -> None:
    if content:
        console.print(text(content, style))


def _head(console: Console, view: ReportView) -> None:
    line = text("perfwatch ", "dim")
    line.append_text(text(view.title, "bold"))
    console.print(line)
    _say(console, f"{view.run_id}, {view.when}, {view.commit}", "dim")
    _say(console, view.machine, "dim")
    _say(console, view.state, "bold red")


def _benchmarks(console: Console, view: ReportView) -> None:
    _heading(console, "Benchmarks")
    if not view.benchmarks:
        _say(console, "No benchmark was timed.", "dim")
        _say(console, view.untimed, "dim")
        return
    _say(console, view.names, "dim")
    columns = [
        Column("benchmark", gives=Gives.NAME),
        Column("median", right=True),
        Column("95% interval", right=True, spare=1),
        Column("first call", right=True, spare=3),
        Column("peak memory", right=True, spare=2),
        Column("processes", right=True, spare=6),
        Column("change", right=True, spare=5),
        Column("verdict", spare=4),
    ]
    rows: list[list[Cell]] = []
    for row in (benchmark.timing for benchmark in view.benchmarks):
        name = f"{row.name} ({row.parameters})" if row.parameters else row.name
        figures = [(row.interval, ""), (row.cold, ""), (row.peak, ""), (row.processes, ""), (row.change, "")]
        verdict = (f"{row.mark} {row.verdict}".strip(), _STYLES[row.tone])
        rows.append([(name, ""), (row.median, "bold"), *figures, verdict])
    # Without a comparison two columns would hold nothing.
    compared = any(benchmark.timing.verdict for benchmark in view.benchmarks)
    shown = len(columns) if compared else len(columns) - 2
    print_table(console, columns[:shown], [row[:shown] for row in rows])
    for benchmark in view.benchmarks:
        for note in benchmark.notes:
            _say(console, f"{benchmark.timing.name}: {note}", "dim")
    _say(console, view.untimed, "dim")


def _changes(console: Console, view: ReportView) -> None:
    changes = view.worst
    if view.baseline or changes.rows:
        _heading(console, "Change")
    _say(console, view.baseline, "dim")
    if not changes.rows:
        _say(console, changes.unchanged_words, "dim")
        return
    columns = [
        Column("benchmark", gives=Gives.NAME),
        Column("change", right=True),
        Column("from \N{RIGHTWARDS ARROW} to", right=True, spare=2),
        Column("interval", right=True, spare=1),
        Column("verdict"),
    ]
    rows = [
        [
            (f"  {row.label}" if row.under else row.label, ""),
            (row.change, "bold"),
            (row.course, ""),
            (row.interval, ""),
            (f"{row.mark} {row.verdict}", _STYLES[row.tone]),
        ]
        for row in changes.rows
    ]
    print_table(console, columns, rows)
    for sentence in (changes.rest, changes.unchanged_words, *changes.reasons):
        _say(console, sentence, "dim")


def _hottest(console: Console, view: ReportView) -> None:
    _heading(console, "Hottest lines")
    _say(console, view.hot_absent, "dim")
    for line in view.hot:
        _line(console, (f"{line.share:>6}  {line.time:>7}", line.place, line.function), line.source)
        _below(console, f"{line.error}, {line.detail}" if line.error else line.detail)
    _say(console, f"Threads  {view.threads}" if view.threads else "")
    _peak(console, view)


def _peak(console: Console, view: ReportView) -> None:
    if not view.peak.lines:
        _say(console, f"Peak memory {view.peak.sentence}" if view.peak.sentence else "")
        return
    _say(console, f"Peak memory {view.peak.amount}", "bold")
    for line in view.peak.lines:
        _line(console, (f"{line.share:>6}  {line.peak:>7}", line.place, line.function), line.source)
        if line.without:
            _below(console, f"without it the peak is {line.without}")


def _findings(console: Console, view: ReportView) -> None:
    found = view.findings
    if not found.findings and not found.absent:
        return
    _heading(console, "Findings")
    _say(console, found.absent, "dim")
    for one in found.findings[:_FINDINGS]:
        head = text(f"{one.rank:>2}  ", "bold")
        head.append_text(text(one.title, "bold"))
        head.append_text(text(f"  {one.place}{one.whose}"))
        console.print(head, no_wrap=True, overflow="ellipsis")
        console.print(
            text(f"    {one.ceiling}, confidence {one.confidence}"), no_wrap=True, overflow="ellipsis"
        )
        mechanism = _wrapped(console, one.mechanism, _MECHANISM_LINES)
        advice = _wrapped(console, one.summary, _FINDING_LINES - 2 - len(mechanism))
        for line, style in (*((each, "") for each in mechanism), *((each, "cyan") for each in advice)):
            console.print(text(f"    {line}", style), no_wrap=True)
        for line in _wrapped(console, one.tried, _MECHANISM_LINES) if one.tried else ():
            console.print(text(f"    {line}", "bold"), no_wrap=True)
    if len(found.findings) > _FINDINGS:
        _say(console, f"{found.more_than(_FINDINGS)} in the report.", "dim")
    _say(console, found.bound, "dim")


def _wrapped(console: Console, content: str, lines_count: int) -> list[str]:
    """Return a sentence in at most so many lines, indented by four; what is cut off leaves an ellipsis."""
    width = max(_PLACE_WIDTH, console.width - 4)
    return wrap(content, width, max_lines=lines_count, placeholder=" \N{HORIZONTAL ELLIPSIS}")


def _below(console: Console, detail: str) -> None:
    console.print(text(f"{'':{_INDENT}}{detail}", "dim"), no_wrap=True, overflow="ellipsis")


def _line(console: Console, said: tuple[str, str, str], source: str) -> None:
    """Print a line of source below its figures, place and function; a long path loses its beginning."""
    figures, place, function = said
    room = max(_PLACE_WIDTH, console.width - _INDENT - width_of(f" in {function}"))
    head = text(f"{figures}  ", "bold")
    head.append_text(text(f"{cut_left(place, room)} in {function}"))
    console.print(head, no_wrap=True, overflow="ellipsis")
    console.print(text(f"{'':{_INDENT}}{source}", "cyan"), no_wrap=True, overflow="ellipsis")


def _spans(console: Console, view: ReportView) -> None:
    if not view.spans:
        return
    _heading(console, "Spans")
    _say(console, view.spans_caption, "dim")
    columns = [
        Column("span", gives=Gives.NAME),
        Column("of", gives=Gives.NAME, spare=3),
        Column("entered", right=True, spare=1),
        Column("wall", right=True),
        Column("CPU", right=True, spare=2),
        Column("peak resident", right=True, spare=4),
    ]
    rows = [
        [
            (f"{'  ' * row.depth}{row.name}", ""),
            (row.benchmark, "dim"),
            (row.count, ""),
            (row.wall, ""),
            (row.cpu, ""),
            (row.peak, ""),
        ]
        for row in view.spans
    ]
    # One benchmark is named above already.
    several = len({row.benchmark for row in view.spans}) > 1
    peaks = any(row.has_peak for row in view.spans)
    shown = [i for i in range(len(columns)) if (i != 1 or several) and (i != len(columns) - 1 or peaks)]
    print_table(console, [columns[i] for i in shown], [[row[i] for i in shown] for row in rows])


def _custom(console: Console, view: ReportView) -> None:
    if not view.custom:
        return
    _heading(console, "The target's own figures")
    columns = [
        Column("name", gives=Gives.NAME),
        Column("of", gives=Gives.NAME, spare=1),
        Column("value", gives=Gives.WORDS),
        Column("direction", spare=2),
    ]
    several = len({row.benchmark for row in view.custom}) > 1
    shown = [0, 1, 2, 3] if several else [0, 2, 3]
    rows = [
        [(row.name, ""), (row.benchmark, "dim"), (row.values, "bold"), (row.direction, "dim")]
        for row in view.custom
    ]
    print_table(console, [columns[i] for i in shown], [[row[i] for i in shown] for row in rows])


def _passes(console: Console, view: ReportView) -> None:
    if not view.passes:
        return
    _heading(console, "Passes")
    columns = [
        Column("pass"),
        Column("state"),
        Column("took", right=True),
        Column("overhead", right=True),
        Column("tool", gives=Gives.WORDS, spare=1),
    ]
    rows = [
        [
            (row.name, ""),
            (row.state, _STYLES[row.tone]),
            (row.duration, ""),
            (row.overhead, ""),
            (row.tool, ""),
        ]
        for row in view.passes
        if row.measured
    ]
    if rows:
        print_table(console, columns, rows)
    for row in view.passes:
        state = "" if row.measured else f" {row.state}"
        if row.remark or state:
            _say(console, f"{row.name}{state}: {row.remark}".removesuffix(": "), "dim")
    _say(console, f"Honesty  {view.honesty.summary}" if view.honesty.summary else "")


def _notes(console: Console, view: ReportView) -> None:
    notes = (*view.notes, *view.environment.limits)
    if notes:
        _heading(console, "Notes")
    for note in notes:
        console.print(text(note))


def _failures(console: Console, view: ReportView) -> None:
    for failure in view.failures:
        _heading(console, "Failed")
        console.print(text(failure.title, "bold red"))
        console.print(text(failure.message))
        if failure.tail:
            console.print(text(failure.tail, "dim"))
        if failure.advice:
            console.print(text(f"Next: {failure.advice}"))


def render_terminal(report: Report, console: Console, report_path: Path | None = None) -> None:
    """Print the report to ``console``; ``report_path`` is where the page lies, shown last."""
    view = view_of(report)
    _head(console, view)
    for part in (_benchmarks, _changes, _hottest, _findings, _spans, _custom, _passes, _notes, _failures):
        part(console, view)
    console.print()
    if report_path is not None:
        # Never wrapped or cut: it is there to be copied.
        console.print(text(f"Report  {report_path}"), soft_wrap=True)


def render_text(report: Report) -> str:
    """Return the same as plain text, 100 columns wide, without colours."""
    from rich.console import Console

    file = io.StringIO()
    settings: dict[str, Any] = {"color_system": None, "force_terminal": False, "highlight": False}
    render_terminal(report, Console(file=file, width=_TEXT_WIDTH, **settings))
    return "\n".join(line.rstrip() for line in file.getvalue().split("\n"))
