"""Conduct one pair of processes: whose turn it is, how long each lasts, until when.

It must not judge what comes of it. Base and head are the two *sides*; either may
be started first. While one plays the other one's process group is stopped. Where
one thread does all the work, both play on the same processor: two processors of a
shared machine differ by more than a change is worth, and not always by as much.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from typing import TYPE_CHECKING, Any

from perfwatch.measure.chair import Chair, Played, Rules, Seat, TurnLost
from perfwatch.measure.extra import weighed
from perfwatch.records.pairing import FirstCall, PairTiming, Quad, Side, Turn
from perfwatch.stats.paired import quad_value
from perfwatch.stats.warmup import warmup_length

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: A turn's length. The speed of a shared processor changes at every scale of time, so the sides are the
#: more alike the sooner they follow each other; below this, changing places costs more than it brings.
TURN_NS = 1_000_000
QUADS_AT_MOST = 400
#: The median of fewer quads than this moves with each of them: long turns are given more time.
QUADS_WANTED = 12
STRETCH = 3
#: The calling thread did all the work where the whole process took no more time than this beyond it.
ALONE_RATIO, ALONE_NS = 0.02, 50_000
#: So long may a thread of a pool look for work: OpenBLAS's do for 2^26 ticks of the processor's counter.
LOOKING_FOR_WORK_NS = 60_000_000


def play(base: Seat, head: Seat, names: tuple[str, ...], rules: Rules) -> Played:
    """Measure the benchmarks in this order in one pair of fresh processes, as far as they get."""
    played = Played()
    slept = slept_ns()
    seats = {Side.BASE: base, rules.against: head}
    order = (rules.first, *(side for side in seats if side is not rules.first))
    with contextlib.ExitStack() as stack:
        table = {side: Chair(stack, side, seats[side], rules, played) for side in order}
        # Nobody is measured yet: both import at once.
        for chair in table.values():
            chair.start()
        for chair in table.values():
            chair.begin()
        for name in names:
            came = [chair.announced(name) for chair in table.values()]
            if all(came):
                _benchmark(table, name, rules, played)
            if played.too_much:
                return played  # leaving the context ends both
            # Nobody is measured now: what one tears down and sets up does not wait for the other.
            for chair in table.values():
                chair.leave(name)
            for chair in table.values():
                chair.arrive()
        for side, chair in table.items():
            if (outcome := chair.end()) is not None:
                played.outcomes[side] = outcome
    played.suspended = abs(slept_ns() - slept) > 50_000_000
    return played


def rehearse(seats: Mapping[Side, Seat], name: str, rules: Rules) -> None:
    """Let each side come to a benchmark and call it once, one side after the other.

    What a first process finds unlike all later ones is so done with: imports that
    have no byte code yet, in the call too, and files that are not in memory. What
    goes wrong here goes wrong again where it counts, and is told then.
    """
    for side, seat in seats.items():
        played = Played()
        with contextlib.ExitStack() as stack:
            chair = Chair(stack, side, seat, rules, played)
            chair.start()
            chair.begin()
            if chair.announced(name):
                with contextlib.suppress(TurnLost):
                    chair.ask(cold=True)
                chair.leave(name)
                chair.arrive()
            chair.end()


def _benchmark(table: Mapping[Side, Chair], name: str, rules: Rules, played: Played) -> None:
    """Let both sides make their first call, then play quads of the benchmark until its time is over."""
    base, head = table[Side.BASE], table[rules.against]
    processor = None
    try:
        told: dict[Side, dict[str, Any]] = {}
        for side, chair in table.items():
            told[side] = chair.ask(cold=True)
            if not may_live_together(told[side], rules.room_bytes):
                played.too_much = True
                return
        if any(one["single"] for one in told.values()):
            head.extra = weighed(table.values(), name, 1, rules)
            first, other = only_call(base, told[Side.BASE]), only_call(head, told[rules.against])
            loops, quads = 1, [Quad(base=(first, first), head=(other, other))]
        else:
            loops = rules.loops.get(name) or calibrated(base, head)
            if alone((base, head), told.values(), loops) and pinned((base, head), rules.processor):
                processor = rules.processor
            with conducted_from(processor):
                head.extra = weighed(table.values(), name, loops, rules)
                quads = _quads(base, head, loops, rules.quads_ns)
    except TurnLost:
        return  # what was measured of a benchmark that then failed is no measurement of it
    played.timings.append(
        PairTiming(
            benchmark=name,
            pair=rules.pair,
            stage=rules.stage,
            against=rules.against,
            first=rules.first,
            loops_count=loops,
            quads=tuple(quads),
            warmup_count=warmup_of(quads),
            cold_ns=(told[Side.BASE]["cold_ns"], told[rules.against]["cold_ns"]),
            first_calls=first_calls(told[Side.BASE], told[rules.against]),
            accelerator=any(one["accelerator"] for one in told.values()),
            processor=processor,
            extra=head.extra,
        )
    )


def calibrated(base: Chair, head: Chair) -> int:
    """Return how many of base's calls make a turn; head calibrates too, so that neither has made more calls."""
    loops, _ = base.ask(calibrate=TURN_NS)["loops"], head.ask(calibrate=TURN_NS)
    return int(loops)


def may_live_together(told: Mapping[str, Any], room_bytes: int | None) -> bool:
    """Whether a second process like this one may join it: there is room for two, and no accelerator to share."""
    if told["accelerator"]:
        return False
    return room_bytes is None or told["peak_bytes"] is None or 2 * told["peak_bytes"] <= room_bytes


def alone(chairs: tuple[Chair, ...], told: Iterable[Mapping[str, Any]], loops: int) -> bool:
    """Whether the calling thread does all the work on each side: then it needs one processor only.

    A first call may say otherwise though it is so: threads of a pool that was just made, or had work, look
    for more for a while before they sleep. The turns after it then tell.
    """
    told = tuple(told)
    if any(one["children_ns"] or one["accelerator"] for one in told):
        return False
    if all(_by_one_thread(one["cold_cpu_ns"], one["thread_ns"]) for one in told):
        return True
    end = time.monotonic_ns() + LOOKING_FOR_WORK_NS
    while True:
        turns = [turn_of(chair, loops) for chair in chairs]
        if all(_by_one_thread(turn.cpu_ns, turn.thread_ns or 0) for turn in turns):
            return True
        if time.monotonic_ns() >= end:
            return False


def _by_one_thread(cpu_ns: int, thread_ns: int) -> bool:
    return cpu_ns - thread_ns <= max(ALONE_NS, ALONE_RATIO * cpu_ns)


def pinned(chairs: tuple[Chair, ...], processor: int | None) -> bool:
    """Keep the players on a processor; whether there is one, and the system allows it."""
    return processor is not None and all(chair.ask(pin=processor)["pinned"] for chair in chairs)


@contextlib.contextmanager
def conducted_from(processor: int | None) -> Iterator[None]:
    """Conduct from the players' processor: to wake somebody on another one takes longer than a change of process."""
    if processor is None:
        yield
        return
    before = os.sched_getaffinity(0)
    with contextlib.suppress(OSError):  # the players could; if we may not, waking them takes longer
        os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _quads(base: Chair, head: Chair, loops: int, quads_ns: int) -> list[Quad]:
    """Play until the time is over; where that is too few, longer, yet not beyond ``STRETCH`` times as long."""
    quads: list[Quad] = []
    began = time.monotonic_ns()
    while len(quads) < QUADS_AT_MOST:
        quads.append(_quad(base, head, loops, head_first=len(quads) % 2 == 1))
        room_ns = quads_ns if len(quads) >= QUADS_WANTED else STRETCH * quads_ns
        if time.monotonic_ns() - began >= room_ns:
            break
    return quads


def only_call(chair: Chair, told: Mapping[str, Any]) -> Turn:
    """The first call as a turn: what was made for one call (a test's fixtures) has no other."""
    wall_ns, cpu_ns = told["cold_ns"], told["cold_cpu_ns"]
    if chair.extra is not None:
        more = chair.ask(batch=0, rounds=chair.extra.rounds_count)
        wall_ns, cpu_ns = wall_ns + more["wall"], cpu_ns + more["cpu"]
    return Turn(wall_ns=wall_ns, cpu_ns=cpu_ns, thread_ns=None, started_ns=0)


def first_calls(base: Mapping[str, Any], head: Mapping[str, Any]) -> tuple[FirstCall, FirstCall] | None:
    """What both tell of their first calls; ``None`` where a side has no other call."""
    if base["single"] or head["single"]:
        return None
    return _first_call(base), _first_call(head)


def _first_call(told: Mapping[str, Any]) -> FirstCall:
    compiled = told["compiled"]
    return FirstCall(
        # A thread that was queued after the last look at the clock has been told of, too.
        time_ns=max(told["cold_ns"] - told["queued_ns"], min(told["cold_ns"], told["thread_ns"])),
        compile_ns=compiled.get("ns", 0),
        compiles_count=compiled.get("compiles", 0),
        loads_count=compiled.get("loads", 0),
        misses_count=compiled.get("misses", 0),
    )


def _quad(base: Chair, head: Chair, loops: int, *, head_first: bool) -> Quad:
    outer, inner = (head, base) if head_first else (base, head)
    first = turn_of(outer, loops)
    middle = turn_of(inner, loops), turn_of(inner, loops)
    last = turn_of(outer, loops)
    around = first, last
    return Quad(base=middle, head=around) if head_first else Quad(base=around, head=middle)


def turn_of(chair: Chair, loops: int) -> Turn:
    """Let one side play one turn; raises ``TurnLost`` where it cannot."""
    extra = chair.extra
    if extra is None:
        answer = chair.ask(batch=loops)
    else:
        answer = chair.ask(batch=loops + extra.calls_count, rounds=extra.rounds_count)
    return Turn(
        wall_ns=answer["wall"],
        cpu_ns=answer["cpu"],
        thread_ns=answer["thread"],
        started_ns=answer["started"],
        children_ns=answer["children"],
        waits_count=answer["waits"],
        compile_ns=answer["compiled"].get("ns", 0),
        compiles_count=answer["compiled"].get("compiles", 0),
    )


def warmup_of(quads: list[Quad]) -> int:
    """How many leading quads give another ratio of the sides than the rest; never so many that none is left.

    A side's own level is no witness: on a shared machine it changes all the time, for both sides at once.
    """
    values = [quad_value(*(turn.cpu_ns for turn in (q.base[0], *q.head, q.base[1]))) for q in quads]
    if any(value is None for value in values):
        return 0
    return min(len(quads) - 1, warmup_length([math.exp(value or 0.0) for value in values]))


def slept_ns() -> int:
    """How long the machine has been suspended since it started; only differences mean anything."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return 0 if boot is None else time.clock_gettime_ns(boot) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
