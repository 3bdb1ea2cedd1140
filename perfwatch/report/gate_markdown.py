"""The gate's result → Markdown, as a forge shows it in a job's summary or in a comment.

It must not judge and must not compute; ``markdown_text`` escapes and bounds what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.answers_text import answer_lines
from perfwatch.report.markdown_text import finished, listed, sentence
from perfwatch.report.words import GATE_WORDS

if TYPE_CHECKING:
    from perfwatch.records.gate import GateResult
    from perfwatch.records.report import Report

#: What each part before the table may take of it.
_FAILING_SHARE, _CHOSEN_SHARE, _ANSWERS_SHARE, _NOTES_SHARE = 12_000, 5_000, 8_000, 8_000


def render_markdown(report: Report) -> str:
    """Return the report's comparisons as Markdown, with the gate's word where there is one."""
    if report.gate is not None:
        return gate_markdown(report.gate)
    chosen = [] if report.baseline is None else [report.baseline.chosen]
    lines = ["## perfwatch compare", ""]
    lines += listed([*chosen, f"head is run {report.run.header.id}"], _CHOSEN_SHARE)
    return finished(lines, report.comparisons)


def gate_markdown(result: GateResult) -> str:
    """Return a gate's word, what fails it, what was compared, and each comparison, failing ones first."""
    word, _ = GATE_WORDS[result.verdict]
    lines = [f"## perfwatch gate: {result.verdict.value}", "", sentence(word), ""]
    lines += listed([one for one in (result.void_reason, *result.failing) if one], _FAILING_SHARE)
    lines += listed(result.chosen, _CHOSEN_SHARE)
    lines += listed((words for words, _ in answer_lines(result.answers)), _ANSWERS_SHARE)
    notes = [*result.notes, *(f"Acceptance: {one}" for one in result.unmet)]
    if result.smallest_visible_ratio is not None:
        floor = units.percent(result.smallest_visible_ratio)
        notes.insert(0, f"Smallest visible change, by a copy of base against base: {floor}")
    lines += listed(notes, _NOTES_SHARE)
    return finished(lines, result.comparisons)
