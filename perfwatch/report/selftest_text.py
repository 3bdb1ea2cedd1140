"""Selftest → text for a terminal: how often the gate finds what is there, and errs where nothing is.

It must not compute: every figure is in the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.columns import Cell, Column, Gives, print_table, text
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

    from perfwatch.records.selftest import BenchmarkRates, LevelRate, Selftest

_LIMIT = 1_000
_FLAGGING = ("slower", "faster")
_WAYS = {
    "calls": "whole calls",
    "rounds": "rounds of an empty loop",
    "calls and rounds": "whole calls and rounds",
}


def render_selftest(selftest: Selftest, console: Console) -> None:
    """Print the rates of all benchmarks together, then of each, then how it was measured."""
    _say(
        console,
        f"How often this gate, here and now, calls a benchmark slower whose work is known: a margin of "
        f"{units.percent(selftest.margin_ratio)}, up to {units.time(selftest.per_benchmark_ns)} a benchmark",
        "bold",
    )
    console.print()
    print_table(console, _COLUMNS, [_row(level) for level in selftest.levels])
    if len(selftest.benchmarks) > 1:
        console.print()
        print_table(console, _columns(selftest), [_benchmark(one, selftest) for one in selftest.benchmarks])
    console.print()
    if any(not level.slowdown_ratio for level in selftest.levels):
        _say(console, "none: the same work on both sides; every slower or faster errs.", "dim")
    for level in selftest.levels:
        if level.ways:
            _say(console, _made(level), "dim")
    _rounds(selftest, console)
    for failure in selftest.failures:
        _say(console, f"{failure}.", "red")
    for note in selftest.notes:
        _say(console, f"{note.removesuffix('.')}.", "yellow")


_COLUMNS = [
    Column("more work"),
    Column("flagged", right=True),
    Column("95% interval", right=True),
    Column("ratio off by", right=True),
    Column("nine in ten", right=True, spare=3),
    Column("a trial", right=True, spare=2),
    Column("else", gives=Gives.WORDS, spare=1),
]


def _row(level: LevelRate) -> list[Cell]:
    low, high = level.flagged.interval
    return [
        (_name(level), ""),
        (_count(level), "bold"),
        (f"{units.portion(low)} to {units.portion(high)}", ""),
        (units.percent(level.error_median_ratio), ""),
        ("" if level.error_90th_ratio is None else f"< {units.percent(level.error_90th_ratio)}", ""),
        (units.time(level.trial_ns), ""),
        (_else(level), ""),
    ]


def _name(level: LevelRate) -> str:
    return f"+{units.portion(level.slowdown_ratio)}" if level.slowdown_ratio else "none"


def _count(level: LevelRate) -> str:
    return f"{level.flagged.flagged_count} of {level.flagged.trials_count}"


def _else(level: LevelRate) -> str:
    flagging = _FLAGGING[:1] if level.slowdown_ratio else ()
    return ", ".join(f"{count} {word}" for word, count in level.verdicts.items() if word not in flagging)


def _columns(selftest: Selftest) -> list[Column]:
    names = (Column(_name(level), right=True) for level in selftest.levels)
    return [Column("benchmark", gives=Gives.NAME), *names]


def _benchmark(one: BenchmarkRates, selftest: Selftest) -> list[Cell]:
    found = {level.slowdown_ratio: _count(level) for level in one.levels}
    return [
        (visible(one.benchmark, _LIMIT), ""),
        *((found.get(level.slowdown_ratio, ""), "") for level in selftest.levels),
    ]


def _made(level: LevelRate) -> str:
    ways = ", ".join(f"{_WAYS.get(way, way)} in {units.count(count)}" for way, count in level.ways.items())
    known = "counted exactly"
    if set(level.ways) != {"calls"}:
        known = f"known to within {units.points(level.extra_error_ratio)} (standard error)"
    return f"{_name(level)} was made of {ways} of its trials, {known}."


def _rounds(selftest: Selftest, console: Console) -> None:
    """Say how much was measured, and what would bring more."""
    budget = units.time(selftest.budget_ns)
    count = f"{selftest.rounds_count} round(s), each with one trial of every benchmark"
    _say(console, f"{count}, in {units.time(selftest.duration_ns)}.", "dim")
    if selftest.interrupted:
        _say(console, "Interrupted: what was complete is shown.", "yellow")
    elif selftest.wanted_count is None:
        _say(
            console,
            f"No further round fitted into {budget}; --budget gives more, and narrower intervals.",
            "dim",
        )
    elif selftest.rounds_count < selftest.wanted_count:
        _say(
            console,
            f"{selftest.wanted_count} round(s) were wanted: they take about {units.time(selftest.needed_ns)}, and "
            f"the budget was {budget} (--budget).",
            "yellow",
        )
    if selftest.void_count:
        _say(console, f"A gate would have been void {selftest.void_count} time(s).", "yellow")


def _say(console: Console, sentence: str, style: str = "") -> None:
    console.print(text(visible(sentence, _LIMIT), style))
