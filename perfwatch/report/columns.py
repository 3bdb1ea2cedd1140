"""Columns for a terminal: what must stay whole does, names fold, and what is least needed goes first.

It must not know what it shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from perfwatch.report.visible import encodable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.text import Text

#: Between two columns.
_GAP = 2
#: A name gets this much before a column is left out for it; words get the same.
_NAME_WIDTH = 20
_LEAST_WIDTH = 8
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
_PARAMETERS = re.compile(r"(?<=\S)(?=[\[(])")

#: A text and its style.
Cell = tuple[str, str]


class Gives(Enum):
    """How a column gives way where the terminal is narrow."""

    NOT = "stays whole"
    NAME = "folds before its parameters, then is cut in its middle"
    WORDS = "wraps between words"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title; the one with the highest ``spare`` is left out first, 0 never."""

    title: str
    right: bool = False
    gives: Gives = Gives.NOT
    spare: int = 0


def text(content: str, style: str = "") -> Text:
    """Return rich's text of ``content``, in which nothing is read as markup."""
    from rich.text import Text

    return Text(encodable(content), style=style)


def width_of(content: str) -> int:
    """Return how many places of the terminal a text takes."""
    from rich.cells import cell_len

    return cell_len(encodable(content))


def cut_left(content: str, width: int) -> str:
    """Return the end of a text that is too wide: of a path it is what tells."""
    if width_of(content) <= width:
        return content
    while content and width_of(content) > width - 1:
        content = content[1:]
    return f"{_ELLIPSIS}{content}"


def cut_middle(content: str, width: int) -> str:
    """Return both ends of a text that is too wide."""
    if width_of(content) <= width:
        return content
    head = content
    while head and width_of(head) > (width - 1) // 2:
        head = head[:-1]
    return head + cut_left(content[len(head) :], width - width_of(head))


def folded(name: str, width: int) -> list[str]:
    """Return a name in one line where it fits, else its parameters below it."""
    if width_of(name) <= width:
        return [name]
    indent = " " * (len(name) - len(name.lstrip()))
    head, *parameters = _PARAMETERS.split(name, maxsplit=1)
    lines = [head, *(f"{indent}  {each}" for each in parameters)]
    return [cut_middle(line, width) for line in lines]


def _wrapped(content: str, width: int) -> list[str]:
    lines = [""]
    for word in content.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(cut_middle(word, width))
    return [line for line in lines if line] or [""]


def _chosen(columns: Sequence[Column], widths: list[int], room: int) -> list[int]:
    """Return the columns that fit, by number, when those that give way have shrunk as far as they may."""
    least = [
        width if column.gives is Gives.NOT else min(width, _NAME_WIDTH)
        for column, width in zip(columns, widths, strict=True)
    ]
    kept = list(range(len(columns)))
    while sum(least[i] for i in kept) + _GAP * (len(kept) - 1) > room:
        spared = max(kept, key=lambda i: columns[i].spare)
        if columns[spared].spare == 0:
            break
        kept.remove(spared)
    return kept


def _shrunk(columns: Sequence[Column], widths: list[int], room: int) -> list[int]:
    """Return the widths with what is too much taken from the columns that give way, the widest first."""
    widths = list(widths)
    excess = sum(widths) + _GAP * (len(widths) - 1) - room
    giving = [i for i, column in enumerate(columns) if column.gives is not Gives.NOT]
    while excess > 0 and giving:
        widest = max(giving, key=lambda i: widths[i])
        if widths[widest] <= _LEAST_WIDTH:
            break
        widths[widest] -= 1
        excess -= 1
    return widths


def _lines(column: Column, content: str, width: int) -> list[str]:
    if column.gives is Gives.NAME:
        return folded(content, width)
    return _wrapped(content, width) if column.gives is Gives.WORDS else [content]


def print_table(console: Console, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a table without a frame, as wide as it needs to be and no wider than the terminal."""
    widths = [
        max([width_of(column.title), *(width_of(row[i][0]) for row in rows)])
        for i, column in enumerate(columns)
    ]
    kept = _chosen(columns, widths, console.width)
    columns = [columns[i] for i in kept]
    widths = _shrunk(columns, [widths[i] for i in kept], console.width)
    _print_row(console, columns, widths, [(column.title, "dim") for column in columns])
    rule = "\N{BOX DRAWINGS LIGHT HORIZONTAL}" * (sum(widths) + _GAP * (len(widths) - 1))
    console.print(text(rule, "dim"), no_wrap=True, overflow="crop")
    for row in rows:
        _print_row(console, columns, widths, [row[i] for i in kept])


def _print_row(
    console: Console, columns: Sequence[Column], widths: Sequence[int], cells: Sequence[Cell]
) -> None:
    made = [_lines(*each) for each in zip(columns, (cell for cell, _ in cells), widths, strict=True)]
    for number in range(max(map(len, made))):
        line = text("")
        for i, (column, width) in enumerate(zip(columns, widths, strict=True)):
            content = made[i][number] if number < len(made[i]) else ""
            space = " " * max(0, width - width_of(content))
            before, after = (space, "") if column.right else ("", space)
            line.append_text(text(f"{' ' * _GAP if i else ''}{before}"))
            line.append_text(text(content, cells[i][1]))
            line.append_text(text(after))
        line.rstrip()
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
