"""Replay single allocations in order: totals, survivors, the peak, and the peak without a line.

Numbers in, numbers out: it must not know memray, nor whose lines they are.

The peak without a line is exact for the allocations seen: with ``h(t)`` the heap
after event ``t`` and ``c(t)`` what the line holds then, it is the greatest
``h(t) - c(t)``. What other lines would allocate less, or more, once the line is
gone cannot be seen from here.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: What is charged to no line: allocations without the user's code on the stack, and without any stack.
LIBRARY = -1
NATIVE = -2


class Kind(IntEnum):
    """What an event does: blocks go back by address alone, mapped ranges by address and size."""

    ALLOCATED = 0
    FREED = 1
    MAPPED = 2
    UNMAPPED = 3


#: ``(kind, address, size_bytes, line, thread)``; ``line`` of an event that gives memory back is not read.
Event = tuple[Kind, int, int, int, int]


@dataclass(slots=True)
class Tally:
    """What one line did in all: bytes and counts."""

    allocated_bytes: int = 0
    allocations_count: int = 0
    temporary_bytes: int = 0
    temporary_count: int = 0
    leaked_bytes: int = 0
    leaked_count: int = 0


@dataclass(slots=True)
class Replayed:
    """The heap's course, an entry for each event that changed it, and a tally for each line."""

    deltas: array[int] = field(default_factory=lambda: array("q"))
    lines: array[int] = field(default_factory=lambda: array("q"))
    tallies: dict[int, Tally] = field(default_factory=dict)

    def peak(self) -> tuple[int, dict[int, int]]:
        """The greatest heap in bytes, and what each line held the first time it was reached."""
        heap, deltas, lines = self._course()
        if not len(heap) or heap.max() <= 0:
            return 0, {}
        at = int(heap.argmax())
        np = _numpy()
        found, places = np.unique(lines[: at + 1], return_inverse=True)
        sums = np.zeros(len(found), dtype=np.int64)
        np.add.at(sums, places, deltas[: at + 1])
        held = zip(found.tolist(), sums.tolist(), strict=True)
        return int(heap[at]), {line: size for line, size in held if size}

    def peaks_without(self, chosen: Sequence[int]) -> dict[int, int]:
        """For each of the chosen lines the peak in bytes that its allocations had not been part of."""
        heap, deltas, lines = self._course()
        np = _numpy()
        without = {}
        for line in chosen:
            own = np.flatnonzero(lines == line)
            if not len(own):
                without[line] = max(0, int(heap.max(initial=0)))
                continue
            # Between two of its own events the line holds the same; before the first it holds nothing.
            held = np.cumsum(deltas[own])
            before = int(heap[: own[0]].max(initial=0))
            without[line] = max(before, int((np.maximum.reduceat(heap, own) - held).max()))
        return without

    def _course(self) -> tuple[Any, Any, Any]:
        np = _numpy()
        deltas = np.frombuffer(self.deltas, dtype=np.int64) if self.deltas else np.zeros(0, np.int64)
        lines = np.frombuffer(self.lines, dtype=np.int64) if self.lines else np.zeros(0, np.int64)
        return np.cumsum(deltas), deltas, lines


def _numpy() -> Any:
    import numpy as np

    return np


def replay(events: Iterable[Event]) -> Replayed:
    """Replay events in order; memory that is given back and was never seen allocated is passed over.

    Temporary is what the same thread gives back before it allocates anything else.
    """
    done = Replayed()
    live: dict[int, tuple[int, int]] = {}
    mapped = _Mapped()
    newest: dict[int, int] = {}
    deltas, lines, tallies = done.deltas, done.lines, done.tallies
    for kind, address, size, line, thread in events:
        if kind is Kind.ALLOCATED or kind is Kind.MAPPED:
            tally = tallies.get(line)
            if tally is None:
                tally = tallies[line] = Tally()
            tally.allocated_bytes += size
            tally.allocations_count += 1
            newest[thread] = address
            if kind is Kind.ALLOCATED:
                live[address] = (size, line)
            else:
                mapped.add(address, size, line)
            deltas.append(size)
            lines.append(line)
            continue
        if kind is Kind.FREED:
            gone = live.pop(address, None)
            pieces = [] if gone is None else [gone]
        else:
            pieces = mapped.remove(address, size)
        for freed, owner in pieces:
            deltas.append(-freed)
            lines.append(owner)
            if newest.get(thread) == address:
                tallies[owner].temporary_bytes += freed
                tallies[owner].temporary_count += 1
        if newest.get(thread) == address:
            del newest[thread]
    for size, line in (*live.values(), *mapped.left()):
        tallies[line].leaked_bytes += size
        tallies[line].leaked_count += 1
    return done


class _Mapped:
    """Mapped ranges, which may go back in parts and several at once."""

    def __init__(self) -> None:
        self.ranges: dict[int, list[tuple[int, int]]] = {}

    def add(self, start: int, size: int, line: int) -> None:
        self.ranges.setdefault(start, []).append((size, line))

    def remove(self, start: int, size: int) -> list[tuple[int, int]]:
        """Take out what overlaps with the range; return the pieces' sizes and lines."""
        exact = self.ranges.get(start)
        if exact is not None and len(exact) == 1 and exact[0][0] == size:
            del self.ranges[start]
            return exact
        end = start + size
        gone: list[tuple[int, int]] = []
        hit = [first for first, held in self.ranges.items() if first < end and first + max(held)[0] > start]
        for first in hit:
            for length, line in self.ranges.pop(first):
                for piece, stop in pairwise(
                    (first, *_cuts(first, first + length, start, end), first + length)
                ):
                    if piece == stop:
                        continue
                    if start <= piece < end:
                        gone.append((stop - piece, line))
                    else:
                        self.add(piece, stop - piece, line)
        return gone

    def left(self) -> list[tuple[int, int]]:
        return [one for held in self.ranges.values() for one in held]


def _cuts(first: int, last: int, start: int, end: int) -> list[int]:
    return [cut for cut in (start, end) if first < cut < last]
