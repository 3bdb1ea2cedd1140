"""The gate's result → lines for a terminal; what fails first, then every benchmark with its reason.

It must not judge and must not compute: every word and figure is in the records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.comparison import Verdict
from perfwatch.records.gate import GateVerdict
from perfwatch.report.columns import Cell, Column, Gives, print_table, text
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from perfwatch.records.comparison import Comparison
    from perfwatch.records.report import Report

_NAME_LIMIT, _REASON_LIMIT = 200, 1_000
_STYLES = {
    Verdict.SLOWER: "bold red",
    Verdict.HIGHER: "bold red",
    Verdict.REMOVED: "bold red",
    Verdict.FAILED: "bold red",
    Verdict.FASTER: "green",
    Verdict.LOWER: "green",
}
WORDS = {
    GateVerdict.PASSED: ("The gate passes: nothing that was measured is slower than it may be.", "green"),
    GateVerdict.FAILED: ("The gate fails.", "bold red"),
    GateVerdict.UNDECIDED: (
        "The gate passes, and not everything was decided: more time would tell, see below.",
        "yellow",
    ),
    GateVerdict.VOID: ("Nothing can be judged from this run.", "bold red"),
    GateVerdict.UNTOUCHED: (
        "The gate passes: no file differs that a benchmark could notice, so nothing was measured.",
        "green",
    ),
}


def render_gate(report: Report, console: Console, page: Path | None) -> None:
    """Print the gate's word, what fails it, and each comparison; ``page`` is where the whole is."""
    result = report.gate
    if result is None:
        return
    for sentence in result.chosen:
        console.print(text(visible(sentence, _REASON_LIMIT), "dim"))
    words, style = WORDS[result.verdict]
    console.print(text(words, style))
    for sentence in (result.void_reason, *result.failing):
        if sentence:
            console.print(text(f"  {visible(sentence, _REASON_LIMIT)}", style))
    _print_comparisons(result.comparisons, console)
    if result.smallest_visible_ratio is not None:
        floor = units.percent(result.smallest_visible_ratio)
        console.print(text(f"Smallest visible change, by a copy of base against base: {floor}", "dim"))
    for sentence in result.notes:
        console.print(text(visible(sentence, _REASON_LIMIT), "yellow"))
    for sentence in result.unmet:
        console.print(text(f"Acceptance: {visible(sentence, _REASON_LIMIT)}", "yellow"))
    if page is not None:
        console.print(text(f"\nReport  {visible(str(page), _REASON_LIMIT)}"))


def render_compared(report: Report, console: Console) -> None:
    """Print a stored run held against another; with a gate's policy its word too."""
    if report.gate is not None:
        render_gate(report, console, None)
        return
    if report.baseline is not None:
        console.print(text(visible(report.baseline.chosen, _REASON_LIMIT), "dim"))
    console.print(text(f"head is run {report.run.header.id}", "dim"))
    if not report.comparisons:
        console.print(text("The two runs have no benchmark in common.", "yellow"))
    _print_comparisons(report.comparisons, console)


def _print_comparisons(comparisons: tuple[Comparison, ...], console: Console) -> None:
    if not comparisons:
        return
    console.print()
    print_table(console, _columns(), [_row(one) for one in comparisons])
    for one in comparisons:
        name = visible(_name(one), _NAME_LIMIT)
        console.print(text(f"{name}: {visible(one.reason, _REASON_LIMIT)}", "dim"))


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
    show = (
        units.size if one.metric.endswith("_bytes") else units.time if one.metric == "time" else units.count
    )
    return [
        (visible(_name(one), _NAME_LIMIT), ""),
        (show(one.base_value), ""),
        (show(one.head_value), ""),
        (units.change(one.ratio), "bold"),
        (units.change_interval(one.interval), ""),
        (one.verdict.value, _STYLES.get(one.verdict, "")),
    ]
