"""Extra work that head's side makes on purpose, so that a gate can be tried on a slowdown that is known.

How much is asked for stands in the rules; what it comes to is found in the
processes that play. It must not judge whether it was seen.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfwatch.records.pairing import ExtraWork, Side, Turn
from perfwatch.worker.extra import spin, weigh

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from perfwatch.measure.chair import Chair, Rules


def percent_of(name: str, rules: Rules) -> int:
    """How many percent of extra work head makes of a benchmark; the twin makes none."""
    return rules.slowed.get(name, 0) if rules.against is Side.HEAD else 0


def weighed(chairs: Iterable[Chair], name: str, loops: int, rules: Rules) -> ExtraWork | None:
    """Find what head's turns hold beyond their calls; every side weighs, so that none has made more calls.

    ``None`` where head makes no extra work, or is none of these. Raises ``TurnLost``
    where a side cannot go on.
    """
    percent = percent_of(name, rules)
    if not percent:
        return None
    began = time.monotonic_ns()
    told = {chair.side: chair.ask(weigh=percent, loops=loops) for chair in chairs}
    spent_ns = time.monotonic_ns() - began
    return _extra(told[Side.HEAD], percent, spent_ns) if Side.HEAD in told else None


def lengthened(turn: Turn, percent: int) -> tuple[Turn, ExtraWork]:
    """Add rounds to the turn of a whole program: nothing of ours runs in it, so they are made here, after its end.

    They are weighed against this very turn, by its wall time.
    """
    began = time.monotonic_ns()
    known = {"wall": turn.wall_ns, "cpu": turn.cpu_ns, "thread": turn.cpu_ns, "waits": 1, "children": 0}
    told = weigh(lambda _calls, rounds: _spun(rounds), 1, percent, whole=False, known=known)
    more = _spun(int(told["rounds"]))
    longer = replace(
        turn,
        wall_ns=turn.wall_ns + more["wall"],
        cpu_ns=turn.cpu_ns + more["cpu"],
        thread_ns=None if turn.thread_ns is None else turn.thread_ns + more["thread"],
    )
    return longer, _extra(told, percent, time.monotonic_ns() - began - more["wall"])


def _spun(rounds: int) -> dict[str, int]:
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    spin(rounds)
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    return {"wall": wall, "cpu": cpu, "thread": cpu, "waits": 0, "children": 0}


def _extra(told: Mapping[str, Any], percent: int, spent_ns: int) -> ExtraWork:
    return ExtraWork(
        percent=percent,
        calls_count=told["calls"],
        rounds_count=told["rounds"],
        error_ratio=told["uncertainty"],
        spent_ns=spent_ns,
    )
