"""The gate's result → lines for a terminal; what fails first, then every benchmark with its reason.

It must not judge and must not compute: every word and figure is in the records.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.comparison import TIMES, Verdict
from perfwatch.report.answers_text import answer_lines
from perfwatch.report.columns import Cell, Column, Gives, print_table, text
from perfwatch.report.visible import visible
from perfwatch.report.witness_text import witness_lines
from perfwatch.report.words import GATE_WORDS, amount

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from perfwatch.records.comparison import Comparison
    from perfwatch.records.gate import GateResult
    from perfwatch.records.profile_difference import FrameDifference, ProfileDifference
    from perfwatch.records.report import Report

_NAME_LIMIT, _REASON_LIMIT = 200, 1_000
_FUNCTIONS_AT_MOST = 5
_STYLES = {
    Verdict.SLOWER: "bold red",
    Verdict.HIGHER: "bold red",
    Verdict.REMOVED: "bold red",
    Verdict.FAILED: "bold red",
    Verdict.FASTER: "green",
    Verdict.LOWER: "green",
}
_TONES = {"good": "green", "bad": "bold red", "calm": "yellow"}


def render_gate(report: Report, console: Console, page: Path | None) -> None:
    """Print the gate's word, what fails it, and each comparison; ``page`` is where the whole is."""
    result = report.gate
    if result is None:
        return
    for sentence in result.chosen:
        console.print(text(visible(sentence, _REASON_LIMIT), "dim"))
    words, tone = GATE_WORDS[result.verdict]
    style = _TONES[tone]
    console.print(text(words, style))
    for sentence in (result.void_reason, *result.failing):
        if sentence:
            console.print(text(f"  {visible(sentence, _REASON_LIMIT)}", style))
    _print_answers(result, console)
    _print_comparisons(result.comparisons, console)
    for found in result.functions:
        _print_functions(found, console)
    if result.smallest_visible_ratio is not None:
        floor = units.percent(result.smallest_visible_ratio)
        console.print(text(f"Smallest visible change, by a copy of base against base: {floor}", "dim"))
    for sentence in result.notes:
        console.print(text(visible(sentence, _REASON_LIMIT), "yellow"))
    for witness in result.witnesses:
        for sentence, style in witness_lines(witness):
            console.print(text(visible(sentence, _REASON_LIMIT), style))
    for sentence in result.unmet:
        console.print(text(f"Acceptance: {visible(sentence, _REASON_LIMIT)}", "yellow"))
    if page is not None:
        console.print(text(f"\nReport  {visible(str(page), _REASON_LIMIT)}"))


def render_compared(
    report: Report, chosen: tuple[str, ...], notes: tuple[str, ...], console: Console, page: Path | None
) -> None:
    """Print a run of before held against another; with a gate's policy its word too.

    ``chosen`` says what was compared, ``notes`` what the reader should know of it.
    """
    if report.gate is not None:
        render_gate(report, console, page)
        return
    for sentence in chosen:
        console.print(text(visible(sentence, _REASON_LIMIT), "dim"))
    if not report.comparisons:
        console.print(text("The two runs have no benchmark in common.", "yellow"))
    _print_comparisons(report.comparisons, console)
    for sentence in notes:
        console.print(text(visible(sentence, _REASON_LIMIT), "yellow"))
    if page is not None:
        console.print(text(f"\nReport  {visible(str(page), _REASON_LIMIT)}"))


def _print_answers(result: GateResult, console: Console) -> None:
    for sentence, tone in answer_lines(result.answers):
        console.print(text(visible(sentence, _REASON_LIMIT), _TONES.get(tone, "dim")))


def _print_comparisons(comparisons: tuple[Comparison, ...], console: Console) -> None:
    if not comparisons:
        return
    console.print()
    shown = [one for one in comparisons if one.metric in TIMES or one.verdict is not Verdict.SAME]
    print_table(console, _columns(), [_row(one) for one in shown])
    told = [one for one in comparisons if one.verdict is not Verdict.SAME]
    for one in told:
        name = visible(_name(one), _NAME_LIMIT)
        console.print(text(f"{name}: {visible(one.reason, _REASON_LIMIT)}", "dim"))
    if len(told) < len(comparisons):
        console.print(text(_the_same(comparisons), "dim"))


def _the_same(comparisons: tuple[Comparison, ...]) -> str:
    """One line for all that stayed the same; each with its reason is in the report."""
    counts = Counter(one.metric for one in comparisons if one.verdict is Verdict.SAME)
    parts = [f"{metric.replace('_', ' ')} of {count}" for metric, count in counts.items()]
    return f"The same: {', '.join(parts)}"


def _print_functions(found: ProfileDifference, console: Console) -> None:
    """Print the functions of one slower benchmark: those that are named, else those that differ most."""
    frames = [one for one in found.frames if one.named] or found.frames
    if not frames:
        return
    console.print()
    console.print(text(f"Functions of {visible(found.benchmark, _NAME_LIMIT)}, time per call", "bold"))
    columns = [
        Column("function", gives=Gives.NAME),
        Column("own, base", right=True, spare=3),
        Column("own, head", right=True, spare=2),
        Column("total, head", right=True, spare=4),
        Column("more", right=True),
        Column("95% interval", right=True, spare=1),
    ]
    print_table(console, columns, [_function_row(one) for one in frames[:_FUNCTIONS_AT_MOST]])


def _function_row(one: FrameDifference) -> list[Cell]:
    place = f"{one.file}:{one.line}" if one.line else one.file
    return [
        (visible(f"{place} {one.function}", _NAME_LIMIT), "bold" if one.touched else ""),
        (units.time(one.own.base_ns), ""),
        (units.time(one.own.head_ns), ""),
        (units.time(one.total.head_ns), ""),
        (units.time(one.charged.difference_ns), "bold red" if one.named else ""),
        (units.interval(one.charged.interval_ns), ""),
    ]


def _name(one: Comparison) -> str:
    return one.benchmark if one.metric == "time" else f"{one.benchmark}, {one.metric.replace('_', ' ')}"


def _columns() -> list[Column]:
    return [
        Column("benchmark", gives=Gives.NAME),
        Column("base", right=True, spare=3),
        Column("head", right=True, spare=2),
        Column("change", right=True),
        Column("interval", right=True, spare=1),
        Column("verdict"),
    ]


def _row(one: Comparison) -> list[Cell]:
    return [
        (visible(_name(one), _NAME_LIMIT), ""),
        (amount(one.metric, one.base_value), ""),
        (amount(one.metric, one.head_value), ""),
        (units.change(one.ratio), "bold"),
        (units.change_interval(one.interval), ""),
        (one.verdict.value, _STYLES.get(one.verdict, "")),
    ]
