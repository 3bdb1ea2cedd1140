"""From line_profiler's inclusive times to each line's own time in the clean target.

line_profiler charges a line with everything that happened until the next one,
calls included, and with its own cost for each hit. Three corrections lead from
there to the line's own time (``own = inclusive - callees - hits x recorded cost``):

1. *Callees.* What user functions called from the line took, by the same
   tracer, is taken off, with the part of the tracer's cost that it did not
   record there and that so fell to the caller. Where a function is called from several lines, the CPU
   pass's samples tell how its time divides among them. Recursive calls need no
   correction: the tracer does not count them twice.
2. *The tracer.* Both costs a hit, recorded and unrecorded, are measured in
   the same process, on lines that do next to nothing.
3. *The scale.* What remains is scaled to the clean execution's time, times the
   share of samples in which a traced function was on the stack.

``total_ns`` is the own time plus the callees' times as the CPU pass saw them.

What no correction removes: under a tracer the interpreter runs its general
instructions instead of the specialised ones, which slows some lines more than
others. So these times stand only where nobody could sample from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfwatch.collect.cpu import covered_share, hot_functions
from perfwatch.collect.enclosing import enclosing_function
from perfwatch.records.profile import LineStat

if TYPE_CHECKING:
    from perfwatch.collect.ownership import Ownership

_Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracerCost:
    """The tracer's own nanoseconds a hit: what it counts as the line's, and what it leaves to the caller."""

    recorded_ns: float
    unrecorded_ns: float


@dataclass(slots=True)
class _Line:
    function: str
    hits: float = 0.0
    inclusive_ns: float = 0.0
    own_ns: float = 0.0


def line_stats(
    record: dict[str, Any], costs: TracerCost, cpu: dict[str, Any], execution_ns: float, ownership: Ownership
) -> tuple[LineStat, ...]:
    """Each traced line of one benchmark; see the module for the method.

    ``record`` is the line pass's, ``cpu`` the CPU pass's of the same benchmark.
    ``execution_ns`` is the time of one clean execution.
    """
    calls = max(1, record["calls"])
    lines, totals = _inclusive(record, calls, costs)
    callees = _callees(cpu, lines, totals)
    for place, line in lines.items():
        below = sum(part for _, part in callees.get(place, ()))
        line.own_ns = max(0.0, line.inclusive_ns - below - line.hits * costs.recorded_ns)
    traced = frozenset((function["file"], function["line"]) for function in record["functions"])
    owned = sum(line.own_ns for line in lines.values())
    scale = execution_ns * covered_share(cpu, traced) / owned if owned > 0 else 0.0
    shares = {(function.file, function.line): function.share for function in hot_functions(cpu, ownership)}
    found = []
    for (file, number), line in lines.items():
        time_ns = line.own_ns * scale
        below = sum(
            execution_ns * shares.get(callee, 0.0) * weight
            for callee, weight in _weights(cpu, (file, number))
        )
        found.append(
            LineStat(
                file=ownership.shorten(file),
                line=number,
                function=enclosing_function(ownership.absolute(file), number, line.function),
                time_ns=time_ns,
                total_ns=min(max(execution_ns, time_ns), time_ns + below),
                hits_count=line.hits,
            )
        )
    return tuple(sorted(found, key=lambda stat: (stat.file, stat.line)))


def _inclusive(
    record: dict[str, Any], calls: int, costs: TracerCost
) -> tuple[dict[_Place, _Line], dict[_Place, float]]:
    """Lines by (file, line), and what functions (file, first line) cost their callers, for one call each."""
    lines: dict[_Place, _Line] = {}
    totals: dict[_Place, float] = {}
    for function in record["functions"]:
        key = (function["file"], function["line"])
        for number, hits, spent in function["lines"]:
            line = lines.setdefault((function["file"], number), _Line(function=function["name"]))
            line.hits += hits / calls
            line.inclusive_ns += spent / calls
            totals[key] = totals.get(key, 0.0) + (spent + hits * costs.unrecorded_ns) / calls
    return lines, totals


def _callees(
    cpu: dict[str, Any], lines: dict[_Place, _Line], totals: dict[_Place, float]
) -> dict[_Place, list[tuple[_Place, float]]]:
    """For each line, the traced functions called from it and the nanoseconds of theirs that it waited."""
    into: dict[_Place, float] = {}
    edges = [
        ((file, line), (callee_file, first), seconds)
        for file, line, callee_file, first, seconds in cpu["edges"]
        if (callee_file, first) in totals and (file, line) in lines
    ]
    for _, callee, seconds in edges:
        into[callee] = into.get(callee, 0.0) + seconds
    found: dict[_Place, list[tuple[_Place, float]]] = {}
    for place, callee, seconds in edges:
        found.setdefault(place, []).append((callee, totals[callee] * seconds / into[callee]))
    return found


def _weights(cpu: dict[str, Any], place: _Place) -> list[tuple[_Place, float]]:
    """The user functions called from a line, each with the share of its time that came from there."""
    into: dict[_Place, float] = {}
    mine: dict[_Place, float] = {}
    for file, line, callee_file, first, seconds in cpu["edges"]:
        callee = (callee_file, first)
        into[callee] = into.get(callee, 0.0) + seconds
        if (file, line) == place:
            mine[callee] = mine.get(callee, 0.0) + seconds
    return [(callee, seconds / into[callee]) for callee, seconds in mine.items()]
