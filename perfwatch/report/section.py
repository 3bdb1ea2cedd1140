"""What a section of a report is made of: sentences, facts and plain tables, in ready-made text.

It must not know what it holds: the views fill it, the renderers set it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: What ``units`` writes where there is no figure.
NONE = "\N{EN DASH}"
#: A table shows this many rows; the others are counted.
ROWS_LIMIT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A labelled figure, with a few words on it where they help."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column's title; ``kind`` is ``n`` for figures, ``code`` for names of the target's, else empty."""

    title: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of text under their headings; the first column names the row."""

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of what is shown of a benchmark; ``closing`` says what it lacks. Empty, it is not shown."""

    sentences: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    closing: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sentences or self.facts or self.tables or self.closing)


def known(pairs: Iterable[tuple[str, str]]) -> tuple[Fact, ...]:
    """Return the facts that have a figure."""
    return tuple(Fact(label=label, value=value) for label, value in pairs if value not in ("", NONE))


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Table, ...]:
    """Return a table without the columns that no row fills, or nothing where there are no rows.

    A heading that begins with ``#`` is of figures, one that begins with ``@``
    of names of the target's own. Rows beyond ``ROWS_LIMIT`` are counted.
    """
    if not rows:
        return ()
    shown = rows[:ROWS_LIMIT]
    filled = [i for i in range(len(headings)) if i == 0 or any(row[i] not in ("", NONE) for row in shown)]
    hidden = len(rows) - len(shown)
    return (
        Table(
            title=title,
            headings=tuple(_heading(headings[i]) for i in filled),
            rows=tuple(tuple(row[i] for i in filled) for row in shown),
            left_out=f"{units.count(hidden)} more are in report.json." if hidden else "",
        ),
    )


def _heading(text: str) -> Heading:
    kinds = {"#": "n", "@": "code"}
    return Heading(title=text.lstrip("#@"), kind=kinds.get(text[:1], ""))
