"""Diagnosis → text for a terminal: the answer in the first line, then one line a check.

It must not judge: states come with the record. Facts hold words of other
programs, so all text is made visible first. Commands are never broken, because
they are copied.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.doctor import CheckGroup, CheckState
from perfwatch.report.columns import text, width_of
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.text import Text

    from perfwatch.records.doctor import Check, Diagnosis

_WIDTH_AT_MOST = 80
_FACT_LIMIT = 300
_COMMAND_LIMIT = 1000
#: Beside names as long as the screen, facts still get this much.
_LEAST_ROOM = 20
_MARKS = {
    CheckState.OK: "\N{CHECK MARK}",
    CheckState.WARNING: "!",
    CheckState.BROKEN: "\N{MULTIPLICATION SIGN}",
    CheckState.ABSENT: "\N{EN DASH}",
}
_CALM = frozenset({CheckState.OK, CheckState.ABSENT})
_PLAIN = str.maketrans(
    {_MARKS[CheckState.OK]: "+", _MARKS[CheckState.BROKEN]: "x", "\N{EN DASH}": "-", "µ": "u"}
)
_STYLES = {
    CheckState.OK: "green",
    CheckState.WARNING: "yellow",
    CheckState.BROKEN: "bold red",
    CheckState.ABSENT: "dim",
}
_TITLES = {
    CheckGroup.COLLECTORS: "What perfwatch measures with",
    CheckGroup.GPU: "GPU",
    CheckGroup.CLOCK: "Clock",
    CheckGroup.PROCESSOR: "Processor",
    CheckGroup.MEMORY: "Memory",
    CheckGroup.PLACE: "Around it",
    CheckGroup.THREADS: "Threads",
    CheckGroup.INTERPRETER: "Interpreter",
}


def render_diagnosis(diagnosis: Diagnosis, console: Console) -> None:
    """Print the diagnosis, no wider than 80 columns but for what must stay whole."""
    width = min(_WIDTH_AT_MOST, console.width)
    style = "bold" if diagnosis.timing else "bold red"
    for line in _wrapped(headline(diagnosis), width):
        _print(console, line, style)
    if diagnosis.warnings:
        for line in _wrapped(f"To know before measuring: {', '.join(diagnosis.warnings)}.", width):
            _print(console, line, "yellow")
    _print(
        console,
        f"{visible(diagnosis.interpreter, 200)}, examined in {units.time(diagnosis.duration_ns)}",
        "dim",
    )
    names = max((width_of(check.name) for check in diagnosis.checks), default=0)
    for group in CheckGroup:
        checks = [check for check in diagnosis.checks if check.group is group]
        if checks:
            console.print()
            _print(console, _TITLES[group], "bold")
        for check in checks:
            _check(console, check, names, width)


def render_checks(checks: Sequence[Check], console: Console) -> None:
    """Print checks without groups, those that want attention first."""
    width = min(_WIDTH_AT_MOST, console.width)
    names = max((width_of(check.name) for check in checks), default=0)
    for calm in (False, True):
        for check in checks:
            if (check.state in _CALM) is calm:
                _check(console, check, names, width)


def headline(diagnosis: Diagnosis) -> str:
    """Return in words what works, what does not, and what there is nothing of."""
    if not diagnosis.timing:
        words = ["Nothing can be measured here: timing does not work."]
    else:
        words = [f"Works: {', '.join(diagnosis.works)}."]
    if diagnosis.broken:
        words.append(f"Broken: {', '.join(diagnosis.broken)}.")
    if diagnosis.absent:
        words.append(f"Not here: {', '.join(diagnosis.absent)}.")
    return " ".join(words)


def _check(console: Console, check: Check, names: int, width: int) -> None:
    head = (
        f"{_MARKS[check.state]} {check.state.value:7}  {check.name}{' ' * (names - width_of(check.name))}  "
    )
    margin = " " * width_of(head)
    room = max(_LEAST_ROOM, width - width_of(head))
    first, *others = _wrapped(visible(check.fact, _FACT_LIMIT), room) or [""]
    line = text(head, _STYLES[check.state])
    line.append_text(text(first))
    calm = check.state in _CALM
    source = visible(check.source, _FACT_LIMIT)
    # Of what needs no attention the place is shown where that costs no line; the document has it always.
    if calm and source and not others and width_of(f"{first}  {source}") <= room:
        line.append_text(text(f"  {source}", "dim"))
    _put(console, line)
    for other in others:
        _print(console, margin + other)
    if calm:
        return
    for sentence in _wrapped(visible(check.means, _FACT_LIMIT), room):
        _print(console, margin + sentence)
    if check.do:
        _print(console, f"{margin}$ {visible(check.do, _COMMAND_LIMIT)}", "bold")
    for place in _wrapped(source, room):
        _print(console, margin + place, "dim")


def _wrapped(content: str, width: int) -> list[str]:
    return textwrap.wrap(content, width, break_long_words=False, break_on_hyphens=False)


def _print(console: Console, content: str, style: str = "") -> None:
    _put(console, text(content, style))


def _put(console: Console, line: Text) -> None:
    try:
        line.plain.encode(console.encoding)
    except UnicodeEncodeError:
        # A terminal that is not UTF-8 gets what it can show, letter for letter, so that columns stay.
        line.plain = line.plain.translate(_PLAIN).encode(console.encoding, "replace").decode(console.encoding)
    console.print(line, soft_wrap=True, crop=False)
