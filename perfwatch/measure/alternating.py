"""Play a pair with one process alive at a time: for sides that need the room, or the device, for themselves.

The order is A B B A as ever, with a fresh process for each letter: a turn of the
first process of a side is held against one of the second process of the same side
and two of the other one's, so that a drift that is linear over the four cancels.
It must not judge what comes of it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from perfwatch.measure.chair import Chair, Played, Rules, Seat, TurnLost
from perfwatch.measure.extra import weighed
from perfwatch.measure.turns import (
    QUADS_AT_MOST,
    TURN_NS,
    alone,
    conducted_from,
    first_calls,
    only_call,
    pinned,
    slept_ns,
    turn_of,
    warmup_of,
)
from perfwatch.records.pairing import ExtraWork, PairTiming, Quad, Side, Turn

#: Where a process is started and asked; a new one each time.
SeatOf = Callable[[Side], Seat]
SUSPENDED_NS = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """The turns of one benchmark in one process, what was told of its first call, and what each held beyond its calls."""

    turns: tuple[Turn, ...]
    told: Mapping[str, Any]
    processor: int | None
    extra: ExtraWork | None


def play_alternating(seat_of: SeatOf, names: tuple[str, ...], rules: Rules) -> Played:
    """Measure the benchmarks in four processes, one after the other, as far as they get.

    Calls in a turn are found on base: where they are not known yet, base begins.
    """
    played = Played()
    slept, loops = slept_ns(), dict(rules.loops)
    first = rules.first if all(name in loops for name in names) else Side.BASE
    other = rules.against if first is Side.BASE else Side.BASE
    stretches: dict[str, list[_Stretch]] = {name: [] for name in names}
    for side in (first, other, other, first):
        with contextlib.ExitStack() as stack:
            chair = Chair(stack, side, seat_of(side), rules, played)
            chair.start()
            chair.begin()
            for name in names:
                if chair.announced(name) and (found := _stretch(chair, name, loops, rules)) is not None:
                    stretches[name].append(found)
                chair.leave(name)
                chair.arrive()
            if (outcome := chair.end()) is not None:
                played.outcomes[side] = outcome
    played.timings += [
        _timing(name, stretches[name], loops.get(name, 1), first, rules)
        for name in names
        if len(stretches[name]) == 4
    ]
    played.suspended = abs(slept_ns() - slept) > SUSPENDED_NS
    return played


def _stretch(chair: Chair, name: str, loops: dict[str, int], rules: Rules) -> _Stretch | None:
    """A process's first call and its turns; ``None`` where it cannot go on."""
    processor = None
    try:
        told = chair.ask(cold=True)
        if told["single"]:
            chair.extra = weighed((chair,), name, 1, rules)
            turns = [only_call(chair, told)]
        else:
            if name not in loops:
                loops[name] = chair.ask(calibrate=TURN_NS)["loops"]
            if alone((chair,), (told,), loops[name]) and pinned((chair,), rules.processor):
                processor = rules.processor
            with conducted_from(processor):
                chair.extra = weighed((chair,), name, loops[name], rules)
                turns = _turns(chair, loops[name], rules.quads_ns // 2)
    except TurnLost:
        return None
    return _Stretch(turns=tuple(turns), told=told, processor=processor, extra=chair.extra)


def _turns(chair: Chair, loops: int, length_ns: int) -> list[Turn]:
    turns: list[Turn] = []
    end = time.monotonic_ns() + length_ns
    while not turns or (len(turns) < QUADS_AT_MOST and time.monotonic_ns() < end):
        turns.append(turn_of(chair, loops))
    return turns


def _timing(name: str, found: list[_Stretch], loops: int, first: Side, rules: Rules) -> PairTiming:
    outer, inner = (found[0], found[3]), (found[1], found[2])
    base, head = (outer, inner) if first is Side.BASE else (inner, outer)
    quads = [
        Quad(base=(b1, b2), head=(h1, h2))
        for b1, b2, h1, h2 in zip(base[0].turns, base[1].turns, head[0].turns, head[1].turns, strict=False)
    ]
    return PairTiming(
        benchmark=name,
        pair=rules.pair,
        stage=rules.stage,
        against=rules.against,
        first=first,
        loops_count=loops,
        quads=tuple(quads),
        warmup_count=warmup_of(quads),
        cold_ns=(base[0].told["cold_ns"], head[0].told["cold_ns"]),
        first_calls=first_calls(base[0].told, head[0].told),
        accelerator=any(one.told["accelerator"] for one in found),
        processor=found[0].processor,
        extra=head[0].extra,
    )
