"""A gate's result in words: what it says, why, and which functions made a benchmark slower.

It must not judge: verdicts, and the sentences behind them, arrive in their records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.answers_text import by_attention, summary_of
from perfwatch.report.difference_flame import gone
from perfwatch.report.section import Table, table
from perfwatch.report.visible import visible, visible_line
from perfwatch.report.witness_text import witness_lines
from perfwatch.report.words import GATE_WORDS

if TYPE_CHECKING:
    from perfwatch.records.gate import GateResult
    from perfwatch.records.hunk import Hunk
    from perfwatch.records.profile_difference import FrameDifference, ProfileDifference
    from perfwatch.report.names import Names

_LIMIT = 1_000
_NAME_LIMIT = 200
#: A page lists so many failing comparisons; all are in the table below.
_FAILING_LIMIT = 50
#: So many functions with what the change did to them.
_HUNKS_LIMIT = 6
_KINDS = {"+": "more", "-": "less", "": "gap"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One line of a diff; ``kind`` is ``more``, ``less``, ``gap`` or empty."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HunkView:
    """What the change did to one function."""

    place: str
    function: str
    lines: tuple[DiffLine, ...]
    left_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """The gate in ready-made text; ``tone`` is ``good``, ``bad`` or ``calm``."""

    word: str
    tone: str
    failing: tuple[str, ...]
    chosen: tuple[str, ...]
    notes: tuple[str, ...]
    functions: tuple[Table, ...]
    answers: tuple[Table, ...] = ()
    hunks: tuple[HunkView, ...] = ()


def gate_view(result: GateResult | None, names: Names) -> GateView | None:
    """Return the gate's words; ``None`` for a report of something else."""
    if result is None:
        return None
    word, tone = GATE_WORDS[result.verdict]
    failing = [one for one in (result.void_reason, *result.failing) if one]
    left = len(failing) - _FAILING_LIMIT
    shown = [visible(one, _LIMIT) for one in failing[:_FAILING_LIMIT]]
    return GateView(
        word=word,
        tone=tone,
        failing=tuple(shown + ([f"and {units.count(left)} more"] if left > 0 else [])),
        chosen=tuple(visible(one, _LIMIT) for one in result.chosen),
        notes=_notes(result),
        functions=tuple(
            each for found in result.functions for each in (*_functions(found, names), *gone(found, names))
        ),
        answers=_answers(result, names),
        hunks=tuple(_hunk(one) for one in result.hunks[:_HUNKS_LIMIT]),
    )


def _hunk(hunk: Hunk) -> HunkView:
    left = hunk.left_out_count
    return HunkView(
        place=visible(f"{hunk.file}:{hunk.line}", _NAME_LIMIT),
        function=visible(hunk.function, _NAME_LIMIT),
        lines=tuple(
            DiffLine(text=visible_line(line) or "\N{HORIZONTAL ELLIPSIS}", kind=_KINDS.get(line[:1], ""))
            for line in hunk.lines
        ),
        left_out=f"{units.count(left)} more lines of this diff are not kept." if left else "",
    )


def is_about(sentence: str, benchmark: str, metric: str) -> bool:
    """Tell whether one of ``GateResult.failing`` is about this benchmark's metric; an answer's is ``answer``."""
    return sentence.startswith(f"{benchmark} ({metric}): ")


def _notes(result: GateResult) -> tuple[str, ...]:
    notes = []
    if result.smallest_visible_ratio is not None:
        floor = units.percent(result.smallest_visible_ratio)
        notes.append(f"Smallest visible change, by a copy of base against base: {floor}")
    notes += result.notes
    notes += [sentence.strip() for one in result.witnesses for sentence, _ in witness_lines(one)]
    notes += [f"Acceptance: {one}" for one in result.unmet]
    return tuple(visible(one, _LIMIT) for one in notes)


def _answers(result: GateResult, names: Names) -> tuple[Table, ...]:
    """What became of each benchmark's answer, those first that want attention."""
    return table(
        summary_of(result.answers).rstrip("."),
        ("@Benchmark", "Answer", "Why", "What to do"),
        [
            (
                visible(names.short(one.benchmark), _NAME_LIMIT),
                one.verdict.value,
                visible(one.reason, _LIMIT),
                visible(one.advice, _LIMIT),
            )
            for one in by_attention(result.answers)
        ],
    )


def _functions(found: ProfileDifference, names: Names) -> tuple[Table, ...]:
    """The functions that are named, else those that differ most."""
    frames = [one for one in found.frames if one.named] or list(found.frames)
    return table(
        f"Functions of {names.short(found.benchmark)}, time per call",
        ("@Function", "#Own, base", "#Own, head", "#Total, head", "#More", "#95% interval", "Touched"),
        [_row(one) for one in frames],
    )


def _row(one: FrameDifference) -> tuple[str, ...]:
    place = f"{one.file}:{one.line}" if one.line else one.file
    return (
        visible(f"{place} {one.function}", _NAME_LIMIT),
        units.time(one.own.base_ns),
        units.time(one.own.head_ns),
        units.time(one.total.head_ns),
        units.time(one.charged.difference_ns),
        units.interval(one.charged.interval_ns),
        "by the change" if one.touched else "",
    )
