"""Bytes by line, from the sampler's pairs of states and the bytes that moved between them.

It must not read counters or files. The estimator: what moved between two looks
at a thread is charged to the line it stood on at the first of them, because a
call's bytes are counted when it returns; where that line was in no call that
can move bytes in this direction and the second was, to the second; where
neither was, to the lines of the innermost function around that were seen in such
calls, in proportion to what they got otherwise.

The standard error: an interval that begins and ends on different lines, with
more calls than one line's, might be wholly the other's. Where lines alternate
at random, such intervals come up in twice the number that the binomial variance
asks for, so half their squared bytes are added to both lines' variances. What
was shared out between lines adds its square over the number of looks behind it;
what no line was seen to be able to move is wholly in doubt. A thread that ended
adds the square of the most it moved between two looks.
Lines that take less time per byte than others between two looks are
underestimated; that is not in the error.
"""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.collect.enclosing import enclosing_function
from perfwatch.records.profile import LineStat

if TYPE_CHECKING:
    from perfwatch.collect.ownership import Ownership

LINES_AT_MOST = 2_000
#: A line is believed to have moved bytes between looks at other lines if it was met once in so many of them.
MET_AT_LEAST = 1 / 30
_EITHER = r"copy\w*|sendfile|execute\w*|extract\w*|communicate|commit|sync|request|urlopen|call"
_READING = re.compile(
    rf"read\w*|p?read\w*|recv\w*|load\w*|from(?:file|buffer|txt|regex)|genfromtxt|\w*imread|fetch\w*|get_data"
    rf"|input|next|__next__|\(next\)|parse\w*|{_EITHER}",
)
_WRITING = re.compile(
    rf"p?write\w*|send\w*|dump|dump_all|save\w*|tofile|to_\w+|flush|close|print|\w*imwrite|savefig|{_EITHER}"
)
READ, WRITTEN = 0, 1
Place = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class LineBytes:
    """A line's sums over the whole stretch; index 0 is reading, 1 writing."""

    function: str
    moved: list[float] = field(default_factory=lambda: [0.0, 0.0])
    calls: list[float] = field(default_factory=lambda: [0.0, 0.0])
    variance: float = 0.0
    met: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    place: Place | None
    functions: tuple[tuple[str, str], ...]
    able: tuple[bool, bool]


@dataclass(slots=True, kw_only=True)
class BytesByLine:
    """All lines' sums, and the bytes (read, written) that threads moved with none of the user's lines on them."""

    lines: dict[Place, LineBytes] = field(default_factory=dict)
    without_line: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def total(self, way: int) -> float:
        """What the lines got in all."""
        return math.fsum(line.moved[way] for line in self.lines.values())


def bytes_by_line(record: dict[str, Any], ownership: Ownership) -> BytesByLine:
    """Charge each pair's bytes as the module says."""
    described = record.get("states", ())
    states = [_state(one, ownership) for one in described]
    names = {
        (file, line): function
        for one in described
        for file, line, function in one["frames"]
        if ownership.owns(file)
    }
    found = BytesByLine()
    pooled: list[tuple[_State, _State, int, list[Any]]] = []
    for row in record.get("sampling", {}).get("pairs", ()):
        before, after = states[row[0]], states[row[1]]
        for way in (READ, WRITTEN):
            if not row[5 + way]:
                continue
            giver = before if before.able[way] else after if after.able[way] else None
            if giver is None and (before.place or after.place):
                pooled.append((before, after, way, row))
            elif giver is None or giver.place is None:
                found.without_line[way] += row[3 + way]
            else:
                _give(found, giver.place, names, way, (row[3 + way], row[5 + way], row[2]))
        _doubt(found, (before.place, after.place), names, row[7])
    _share_out(found, states, names, pooled)
    for state, most_bytes in record.get("sampling", {}).get("ended", ()):
        place = states[state].place
        if place is not None and most_bytes:
            _line(found, place, names).variance += most_bytes**2
    return found


def _state(described: dict[str, Any], ownership: Ownership) -> _State:
    own = [(file, line, function) for file, line, function in described["frames"] if ownership.owns(file)]
    call = described["call"]
    return _State(
        place=own[0][:2] if own else None,
        functions=tuple(dict.fromkeys((file, function) for file, _, function in own)),
        able=(_READING.fullmatch(call) is not None, _WRITING.fullmatch(call) is not None),
    )


def _line(found: BytesByLine, place: Place, names: dict[Place, str]) -> LineBytes:
    return found.lines.setdefault(place, LineBytes(function=names.get(place, "")))


def _give(
    found: BytesByLine, place: Place, names: dict[Place, str], way: int, amounts: tuple[float, float, int]
) -> None:
    line = _line(found, place, names)
    line.moved[way] += amounts[0]
    line.calls[way] += amounts[1]
    line.met += amounts[2]


def _doubt(
    found: BytesByLine, places: tuple[Place | None, Place | None], names: dict[Place, str], squares: float
) -> None:
    if squares and places[0] != places[1]:
        for place in places:
            if place is not None:
                _line(found, place, names).variance += squares / 2


def _share_out(
    found: BytesByLine,
    states: list[_State],
    names: dict[Place, str],
    pooled: list[tuple[_State, _State, int, list[Any]]],
) -> None:
    """Give what moved between looks at other lines to lines of the same functions that can have moved it."""
    firm = {place: (list(line.moved), line.met) for place, line in found.lines.items()}
    inside: tuple[dict[tuple[str, str], set[Place]], ...] = ({}, {})
    for state in states:
        if state.place in firm:
            for way in (READ, WRITTEN):
                if state.able[way] and firm[state.place][0][way] > 0:
                    for function in state.functions:
                        inside[way].setdefault(function, set()).add(state.place)
    intervals: dict[tuple[int, frozenset[Place]], int] = {}
    chosen: list[frozenset[Place]] = []
    for before, after, way, row in pooled:
        takers = _takers(before, after, inside[way])
        chosen.append(takers)
        intervals[way, takers] = intervals.get((way, takers), 0) + row[2]
    for (before, after, way, row), takers in zip(pooled, chosen, strict=True):
        met = sum(firm[place][1] for place in takers)
        if not takers or met < MET_AT_LEAST * intervals[way, takers]:
            place = before.place or after.place
            if place is not None:
                _give(found, place, names, way, (row[3 + way], row[5 + way], 0))
                found.lines[place].variance += max(row[7], row[3 + way] ** 2 / row[2])
            continue
        whole = math.fsum(firm[place][0][way] for place in takers)
        for place in takers:
            share = firm[place][0][way] / whole
            _give(found, place, names, way, (row[3 + way] * share, row[5 + way] * share, 0))
            found.lines[place].variance += (row[3 + way] * share) ** 2 / max(1, firm[place][1])


def _takers(before: _State, after: _State, inside: dict[tuple[str, str], set[Place]]) -> frozenset[Place]:
    """The lines of the innermost function around either end that has any."""
    for pair in itertools.zip_longest(before.functions, after.functions):
        for function in pair:
            if function in inside:
                return frozenset(inside[function])
    return frozenset()


def line_stats(found: BytesByLine, calls: int, ownership: Ownership) -> tuple[LineStat, ...]:
    """Bytes of one execution by line, with their standard error; the lines that moved most, where there are many."""
    ranked = sorted(found.lines.items(), key=lambda item: -sum(item[1].moved))[:LINES_AT_MOST]
    return tuple(
        LineStat(
            file=ownership.shorten(file),
            line=number,
            function=enclosing_function(ownership.absolute(file), number, line.function),
            read_bytes=line.moved[READ] / calls,
            written_bytes=line.moved[WRITTEN] / calls,
            io_error_bytes=math.sqrt(line.variance) / calls,
        )
        for (file, number), line in sorted(ranked)
        if sum(line.moved) > 0
    )
