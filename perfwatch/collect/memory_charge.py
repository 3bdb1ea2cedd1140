"""Charge allocations to the user's lines: to the innermost frame of the user's own code.

It must not read a capture file, only the records that a reader hands out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.collect.enclosing import enclosing_function
from perfwatch.collect.memory_replay import LIBRARY, NATIVE, Kind, Tally
from perfwatch.collect.ownership import Ownership
from perfwatch.records.profile import LineStat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from perfwatch.collect.memory_replay import Event

#: memray's numbers for what gives memory back, and for what works on ranges.
_FREES = frozenset({1, 5})
_MMAP, _MUNMAP = 14, 15


@dataclass(slots=True)
class LineBytes:
    """What one line of the user's did; ``None`` where it could not be told."""

    file: str
    line: int
    function: str
    tally: Tally = field(default_factory=Tally)
    peak_bytes: int = 0
    without_bytes: int | None = None


@dataclass(slots=True)
class Charger:
    """Numbers the user's lines as they are met, over all captures of one execution."""

    ownership: Ownership
    lines: list[LineBytes] = field(default_factory=list)
    known: dict[tuple[str, int], int] = field(default_factory=dict)

    def finder(self) -> Callable[[Any], int]:
        """A function from a record to its line's number; one for each pass of a reader, whose ids it keeps."""
        places: dict[tuple[int, int], int] = {}

        def line_of(record: Any) -> int:
            key = (record.stack_id, record.native_stack_id)
            place = places.get(key)
            if place is None:
                place = places[key] = self._charged(record.stack_trace())
            return place

        return line_of

    def _charged(self, stack: list[tuple[str, str, int]]) -> int:
        if not stack:
            return NATIVE
        mine = next(((f, path, n) for f, path, n in stack if self.ownership.owns(path)), None)
        if mine is None:
            return LIBRARY
        told, path, number = mine
        if (path, number) not in self.known:
            function = enclosing_function(self.ownership.absolute(path), number, told)
            self.known[path, number] = len(self.lines)
            self.lines.append(LineBytes(file=path, line=number, function=function))
        return self.known[path, number]

    def add(self, tallies: dict[int, Tally], *, survivors: bool) -> None:
        """Add tallies to the lines; what an ended child left behind did not survive."""
        for number, more in tallies.items():
            if number < 0:
                continue
            mine = self.lines[number].tally
            mine.allocated_bytes += more.allocated_bytes
            mine.allocations_count += more.allocations_count
            mine.temporary_bytes += more.temporary_bytes
            mine.temporary_count += more.temporary_count
            if survivors:
                mine.leaked_bytes += more.leaked_bytes
                mine.leaked_count += more.leaked_count

    def stats(self, *, complete: bool, survivors: bool) -> tuple[LineStat, ...]:
        """The lines as records, by file and number.

        Without ``complete`` what each allocated in all is not known, without
        ``survivors`` what is left of it.
        """
        return tuple(
            LineStat(
                file=self.ownership.shorten(one.file),
                line=one.line,
                function=one.function,
                allocated_bytes=one.tally.allocated_bytes if complete else None,
                allocations_count=one.tally.allocations_count if complete else None,
                temporary_bytes=one.tally.temporary_bytes,
                temporary_count=one.tally.temporary_count,
                leaked_bytes=one.tally.leaked_bytes if survivors else None,
                peak_bytes=one.peak_bytes,
                without_bytes=one.without_bytes,
            )
            for one in sorted(self.lines, key=lambda one: (one.file, one.line))
        )


def events_of(reader: Any, line_of: Callable[[Any], int]) -> Iterator[Event]:
    """A reader's single allocations, in order, as the replay takes them."""
    allocated, freed, mapped, unmapped = Kind.ALLOCATED, Kind.FREED, Kind.MAPPED, Kind.UNMAPPED
    for record in reader.get_allocation_records():
        allocator = record.allocator
        if allocator in _FREES:
            yield freed, record.address, 0, LIBRARY, record.tid
        elif allocator == _MUNMAP:
            yield unmapped, record.address, record.size, LIBRARY, record.tid
        else:
            kind = mapped if allocator == _MMAP else allocated
            yield kind, record.address, record.size, line_of(record), record.tid
