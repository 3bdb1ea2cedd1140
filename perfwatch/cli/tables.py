"""Tables on the terminal: columns and rows of text, nothing of it taken for markup or control codes.

It must not know what it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

_FREE_MIN_WIDTH = 16
_GAP = 2


def print_table(console: Console, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table without frames.

    A column whose name ends in ``>`` is set to the right. One whose name ends
    in ``…`` gives way where the terminal is narrow; the others stay whole even
    if that makes a line too long, because ids are copied from here.
    """
    from rich.table import Table
    from rich.text import Text

    cells = [[Text(plain(cell)) for cell in row] for row in rows]
    titles = [column.rstrip(">…") for column in columns]
    widths = [max([len(title), *(row[i].cell_len for row in cells)]) for i, title in enumerate(titles)]
    excess = sum(widths) + _GAP * (len(widths) - 1) - console.width
    for i, column in enumerate(columns):
        if column.endswith("…") and excess > 0:
            widths[i] = max(min(widths[i], _FREE_MIN_WIDTH), widths[i] - excess)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    table.width = sum(widths) + _GAP * (len(widths) - 1)
    for column, title, width in zip(columns, titles, widths, strict=True):
        right = column.endswith(">")
        table.add_column(
            title, justify="right" if right else "left", width=width, no_wrap=True, overflow="ellipsis"
        )
    for row in cells:
        table.add_row(*row)
    console.print(table, crop=False, soft_wrap=True)


def plain(text: str) -> str:
    """Return the text with each character that a terminal would obey replaced."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
