"""Noise → text for a terminal: what this machine can see now, then what would lower it.

It must not compute: every figure is in the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.doctor import CheckState
from perfwatch.report.columns import Cell, Column, Gives, print_table, text
from perfwatch.report.doctor_text import render_checks
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from perfwatch.records.noise import BodyNoise, ClockNoise, Noise

_LIMIT = 1_000
_CLOCK_NAMES = {"wall": "wall", "cpu": "processor"}


def render_noise(noise: Noise, console: Console) -> None:
    """Print the smallest visible changes, how they were found, and what bends times here."""
    power, alarms = units.portion(noise.power), units.portion(noise.false_alarm_rate)
    _say(
        console, f"The smallest change that shows here now: found in {power} of cases, {alarms} false alarms."
    )
    console.print()
    print_table(console, _columns(noise), [row for body in noise.bodies for row in _rows(body)])
    for body in noise.bodies:
        _say(
            console,
            f"{body.body}: {units.time(body.call_ns)} a call, {body.pairs_count} pairs of processes with the same "
            f"code, {units.time(body.pair_ns)} of turns each; a gate would judge it by the "
            f"{_CLOCK_NAMES[body.judged_by]} clock ({body.why}).",
            "dim",
        )
    _say(console, f"{noise.interpreter}, in {units.time(noise.duration_ns)}", "dim")
    for note in noise.notes:
        _say(console, f"{note}.", "yellow")
    console.print()
    worse = any(cause.state is CheckState.WARNING for cause in noise.causes)
    title = "What would lower it" if worse else "Nothing that can be seen here makes it worse than it must be"
    _say(console, title, "bold")
    render_checks(noise.causes, console)


def _columns(noise: Noise) -> list[Column]:
    budgets = [one.budget_ns for one in noise.bodies[0].clocks[0].visible] if noise.bodies else []
    return [
        Column("code", gives=Gives.NAME),
        Column("clock"),
        Column("pairs differ by", right=True),
        *(Column(f"in {units.time(budget_ns)}", right=True) for budget_ns in budgets),
    ]


def _rows(body: BodyNoise) -> Iterator[list[Cell]]:
    for clock in body.clocks:
        style = "bold" if clock.clock == body.judged_by else ""
        yield [
            (visible(body.body, _LIMIT), ""),
            (_CLOCK_NAMES[clock.clock], style),
            (units.percent(clock.spread_ratio), ""),
            *((units.percent(change), style) for change in _changes(clock)),
        ]


def _changes(clock: ClockNoise) -> list[float | None]:
    return [one.change_ratio for one in clock.visible]


def _say(console: Console, sentence: str, style: str = "") -> None:
    console.print(text(visible(sentence, _LIMIT), style))
