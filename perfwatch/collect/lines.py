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

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perfwatch.collect.cpu import covered_share, hot_functions
from perfwatch.collect.enclosing import enclosing_function
from perfwatch.records.profile import LineStat

if TYPE_CHECKING:
    from perfwatch.collect.ownership import Ownership

_Place = tuple[str, int]
#: The cost is measured on lines that do nothing; a line of a long function costs up to so much more.
COST_ERROR_RATIO = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TracerCost:
    """The tracer's own nanoseconds a hit: what it counts as the line's, and what it leaves to the caller."""

    recorded_ns: float
    unrecorded_ns: float

    def scaled(self, factor: float) -> TracerCost:
        """The same cost, were it higher or lower."""
        return replace(self, recorded_ns=self.recorded_ns * factor, unrecorded_ns=self.unrecorded_ns * factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class TracerShare:
    """A line's own share of the execution as the tracer saw it; ``error_ratio`` is its standard error."""

    share_ratio: float
    error_ratio: float


@dataclass(slots=True)
class _Line:
    function: str
    hits: float = 0.0
    hits_variance: float = 0.0
    sampled: bool = False
    inclusive_ns: float = 0.0
    own_ns: float = 0.0


def line_stats(
    record: dict[str, Any], costs: TracerCost, cpu: dict[str, Any], execution_ns: float, ownership: Ownership
) -> tuple[LineStat, ...]:
    """Each traced line of one benchmark; see the module for the method.

    Where only some calls were traced, or lines were counted in windows, hits are
    estimates with their standard errors; where they were counted without times,
    times are ``None``.

    ``record`` is the line pass's, ``cpu`` the CPU pass's of the same benchmark.
    ``execution_ns`` is the time of one clean execution.
    """
    timed = record.get("timed", True)
    lines, owned = _own(record, costs, cpu)
    scale = execution_ns * _covered(record, cpu) / owned if timed and owned > 0 else 0.0
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
                time_ns=time_ns if timed else None,
                total_ns=min(max(execution_ns, time_ns), time_ns + below) if timed else None,
                hits_count=line.hits,
                hits_error_count=math.sqrt(line.hits_variance) if line.sampled else None,
            )
        )
    return tuple(sorted(found, key=lambda stat: (stat.file, stat.line)))


def tracer_shares(
    record: dict[str, Any], costs: TracerCost, cpu: dict[str, Any], ownership: Ownership
) -> dict[_Place, TracerShare]:
    """Each line's own share of the execution by (file as in a LineStat, line), to hold against the sampler's.

    Empty where the pass took no times. The standard error has two parts: the
    change that a cost off by ``COST_ERROR_RATIO`` would make, and, where only
    some calls were traced, that of the line's hits. It does not hold what no
    correction removes (see the module), nor the CPU pass's error in dividing
    callees among lines.
    """
    if not record.get("timed", True):
        return {}
    lines, owned = _own(record, costs, cpu)
    if owned <= 0:
        return {}
    covered = _covered(record, cpu)
    other = [_own(record, costs.scaled(1 + sign * COST_ERROR_RATIO), cpu) for sign in (-1, 1)]
    found = {}
    for (file, number), line in lines.items():
        share = line.own_ns / owned
        less, more = (one[(file, number)].own_ns / total if total > 0 else 0.0 for one, total in other)
        sampled = share * math.sqrt(line.hits_variance) / line.hits if line.hits else 0.0
        found[ownership.shorten(file), number] = TracerShare(
            share_ratio=share * covered, error_ratio=math.hypot((more - less) / 2, sampled) * covered
        )
    return found


def _covered(record: dict[str, Any], cpu: dict[str, Any]) -> float:
    traced = frozenset((function["file"], function["line"]) for function in record["functions"])
    return covered_share(cpu, traced)


def _own(record: dict[str, Any], costs: TracerCost, cpu: dict[str, Any]) -> tuple[dict[_Place, _Line], float]:
    """Lines with their own time under the tracer, its cost taken off, for one call; and the sum of it."""
    lines, totals = _inclusive(record, costs)
    callees = _callees(cpu, lines, totals)
    for place, line in lines.items():
        below = sum(part for _, part in callees.get(place, ()))
        line.own_ns = max(0.0, line.inclusive_ns - below - line.hits * costs.recorded_ns)
    return lines, sum(line.own_ns for line in lines.values())


def _inclusive(record: dict[str, Any], costs: TracerCost) -> tuple[dict[_Place, _Line], dict[_Place, float]]:
    """Lines by (file, line), and what functions (file, first line) cost their callers, for one call each."""
    calls = max(1, record.get("traced_calls", record["calls"]))
    lines: dict[_Place, _Line] = {}
    totals: dict[_Place, float] = {}
    for function in record["functions"]:
        key = (function["file"], function["line"])
        for number, hits, spent, *error in function["lines"]:
            line = lines.setdefault((function["file"], number), _Line(function=function["name"]))
            line.hits += hits / calls
            line.inclusive_ns += spent / calls
            if error and error[0] is not None:
                line.sampled = record.get("sampled", False)
                line.hits_variance += (error[0] / calls) ** 2
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
