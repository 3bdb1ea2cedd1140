"""What ``monitor(…).summary()`` answers: a record that prints as a table.

It must not compute anything: the figures come from the spans as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.run import Span

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSummary:
    """The spans of one monitor: itself first, then those inside it, each path once."""

    spans: tuple[Span, ...]

    def __str__(self) -> str:
        if not self.spans:
            return "no span has been opened"
        columns = [column for column in _COLUMNS if any(column[1](span) is not None for span in self.spans)]
        top = len(self.spans[0].path)
        rows = [("span", *(title for title, _ in columns))]
        for span in self.spans:
            name = "  " * (len(span.path) - top) + _visible(span.path[-1])
            rows.append((name, *(read(span) or units.size(None) for _, read in columns)))
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, *figures = row
    cells = (figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True))
    return "  ".join((name.ljust(widths[0]), *cells))


def _visible(name: str) -> str:
    """Show a name on one line: it may hold anything, a terminal's commands too."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)


def _bytes_of(field: str) -> Callable[[Span], str | None]:
    def read(span: Span) -> str | None:
        value = getattr(span, field)
        return None if value is None else units.size(value)

    return read


_COLUMNS: tuple[tuple[str, Callable[[Span], str | None]], ...] = (
    ("count", lambda span: units.count(span.count)),
    ("wall", lambda span: units.time(span.wall_ns)),
    ("cpu", lambda span: units.time(span.cpu_ns)),
    ("resident change", _bytes_of("resident_change_bytes")),
    ("peak", _bytes_of("peak_resident_bytes")),
    ("read", _bytes_of("read_bytes")),
    ("written", _bytes_of("written_bytes")),
)
