"""A report → Markdown that fits into a pull request's comment.

What a gate has judged is shown as the gate's own page. Of any other run: the totals, what
changed with the worst first, the hottest lines, the peak, what was found, and the benchmarks,
details folded away. It must not judge and must not word anything: ``view`` does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfwatch.report.gate_markdown import gate_markdown
from perfwatch.report.markdown_text import (
    BYTES_LIMIT,
    bytes_of,
    code,
    compared,
    fitting,
    listed,
    quoted,
    row,
    sentence,
)
from perfwatch.report.view import view_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.report import Report
    from perfwatch.report.benchmark_view import TimingRow
    from perfwatch.report.finding_view import FindingView
    from perfwatch.report.run_view import FailureView
    from perfwatch.report.source_view import HotLine, MemoryLine
    from perfwatch.report.view import ReportView

#: What each part may take of the whole; the benchmarks have what remains.
_HEAD_SHARE, _FAILURES_SHARE, _COMPARED_SHARE, _NOTES_SHARE = 5_000, 5_000, 12_000, 3_000
_HOT_SHARE, _PEAK_SHARE, _FINDINGS_SHARE = 3_000, 3_000, 13_000
_LEFT_OUT_BYTES = 200
_PLAIN_ADDRESS = re.compile(r"https://[A-Za-z0-9./#_-]+", re.ASCII)
_HOT_HEADER = ("| share | time | line | source |", "|--:|--:|---|---|")
_PEAK_HEADER = ("| share | held | line | source |", "|--:|--:|---|---|")
_BENCHMARKS_HEADER = (
    "| benchmark | median | 95% interval | first call | peak memory | processes |",
    "|---|--:|--:|--:|--:|--:|",
)
_SOURCE_LIMIT, _PLACE_LIMIT, _SAID_LIMIT = 100, 150, 300


def render_report_markdown(report: Report) -> str:
    """Return the report as Markdown of at most ``BYTES_LIMIT`` bytes of UTF-8."""
    if report.gate is not None:
        return gate_markdown(report.gate)
    view = view_of(report)
    lines = _head(view)
    lines += _failures(view.failures)
    if report.comparisons:
        lines += [
            sentence(view.baseline, _SAID_LIMIT),
            "",
            *compared(report.comparisons, _COMPARED_SHARE),
            "",
        ]
    lines += _hottest(view)
    lines += _peak(view)
    lines += _findings(view)
    lines += listed(view.notes, _NOTES_SHARE)
    lines += _benchmarks(view, BYTES_LIMIT - bytes_of(lines))
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(view: ReportView) -> list[str]:
    told = [view.state] if view.state else []
    told += [f"{fact.label}: {fact.value}{f' ({fact.note})' if fact.note else ''}" for fact in view.glance]
    told.append(f"{view.run_id}, {view.when}, {view.commit}; {view.machine}")
    return [f"## perfwatch run: {sentence(view.title)}", "", *listed(told, _HEAD_SHARE)]


def _failures(failures: Sequence[FailureView]) -> list[str]:
    return listed((f"{one.title}: {one.message}" for one in failures), _FAILURES_SHARE)


def _hottest(view: ReportView) -> list[str]:
    if not view.hot:
        return [sentence(view.hot_absent, _SAID_LIMIT), ""]
    rows = fitting((_hot_row(line) for line in view.hot), _HOT_SHARE)
    return ["**Hottest lines**", "", *_HOT_HEADER, *rows, ""]


def _hot_row(line: HotLine) -> str:
    time = f"{line.time} {line.error}".strip()
    return row((line.share, time, _place(line), code(line.source, _SOURCE_LIMIT)))


def _place(line: HotLine | MemoryLine) -> str:
    return f"{sentence(line.place, _PLACE_LIMIT)} in {code(line.function)}"


def _peak(view: ReportView) -> list[str]:
    if not view.peak.sentence:
        return []
    rows = fitting((_peak_row(line) for line in view.peak.lines), _PEAK_SHARE)
    table = [*_PEAK_HEADER, *rows, ""] if rows else []
    return [f"**Peak memory** {sentence(view.peak.sentence, _SAID_LIMIT)}", "", *table]


def _peak_row(line: MemoryLine) -> str:
    return row((line.share, line.peak, _place(line), code(line.source, _SOURCE_LIMIT)))


def _findings(view: ReportView) -> list[str]:
    """Every finding as a fold: its head is shown, the rest is opened."""
    found = view.findings
    kept = fitting((_finding(one) for one in found.findings), _FINDINGS_SHARE)
    lines = ["**Findings**", ""] if kept else []
    lines += kept
    if len(kept) < len(found.findings):
        lines += [f"{found.more_than(len(kept))}, which the report has.", ""]
    told = [one for one in (found.absent, found.bound) if one]
    return [*lines, *(line for one in told for line in (sentence(one, _SAID_LIMIT), ""))]


def _finding(one: FindingView) -> str:
    head = f"{one.rank}. {_inline(one.title)}, {_inline(f'{one.place}{one.whose}')}: {_inline(one.ceiling)}"
    said = (one.mechanism, one.summary, one.risk, one.tried, one.standing)
    lines = ["<details>", f"<summary>{head}</summary>", ""]
    lines += [line for text in said if text for line in (sentence(text), "")]
    lines += [_reference(one.reference), ""] if one.reference else []
    if one.code:
        lines += [quoted(one.code), ""]
    return "\n".join([*lines, "</details>", ""])


def _reference(address: str) -> str:
    """Link a rule's documentation where its address is a plain one; else show it as text, which no forge makes a link of."""
    return f"[documentation]({address})" if _PLAIN_ADDRESS.fullmatch(address) else sentence(address)


def _inline(text: str) -> str:
    # A summary is HTML, where every sign that is Markdown's is a plain one: as an entity it is so in both.
    return sentence(text, _SAID_LIMIT)


def _benchmarks(view: ReportView, share: int) -> list[str]:
    if not view.benchmarks:
        return [sentence(view.untimed, _SAID_LIMIT), ""] if view.untimed else []
    head = ["<details>", "<summary>Benchmarks</summary>", ""]
    head += [sentence(view.names), ""] if view.names else []
    foot = ["", sentence(view.untimed, _SAID_LIMIT)] if view.untimed else []
    foot += ["", "</details>"]
    room = share - bytes_of([*head, *_BENCHMARKS_HEADER, *foot]) - _LEFT_OUT_BYTES
    rows = fitting((_row(one.timing) for one in view.benchmarks), room)
    left = len(view.benchmarks) - len(rows)
    more = ["", f"{left} more benchmarks are left out here; the report has them."] if left else []
    return [*head, *_BENCHMARKS_HEADER, *rows, *more, *foot]


def _row(one: TimingRow) -> str:
    name = code(f"{one.name} ({one.parameters})" if one.parameters else one.name)
    return row((name, one.median, one.interval, one.cold, one.peak, one.processes))
