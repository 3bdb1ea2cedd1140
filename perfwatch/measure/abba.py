"""Measure whole programs in turns: a turn is one execution, from its start to its end.

It must not judge what comes of it. One pair is one quad: four fresh processes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from perfwatch.measure.chair import Played, Rules
from perfwatch.measure.extra import lengthened, percent_of
from perfwatch.records.pairing import PairTiming, Quad, Side, Turn

if TYPE_CHECKING:
    from perfwatch.measure.runner import Outcome

#: Executes one side once.
Once = Callable[[], "Outcome"]


def play_programs(sides: Mapping[Side, Once], name: str, rules: Rules) -> Played:
    """Execute the two sides in the order A B B A; an execution that fails ends the pair."""
    played = Played()
    other = next(side for side in sides if side is not rules.first)
    taken: dict[Side, list[Turn]] = {side: [] for side in sides}
    percent, extra = percent_of(name, rules), None
    for side in (rules.first, other, other, rules.first):
        outcome = sides[side]()
        played.outcomes[side] = outcome
        if outcome.exit_code != 0 or outcome.timed_out:
            return played
        turn = Turn(
            wall_ns=outcome.wall_ns,
            cpu_ns=outcome.cpu_ns,
            thread_ns=None,
            started_ns=outcome.started_ns,
            waits_count=outcome.usage.get("voluntary_switches_count", 0),
        )
        if percent and side is Side.HEAD:
            turn, extra = lengthened(turn, percent)
        taken[side].append(turn)
    base, head = ((taken[side][0], taken[side][1]) for side in (Side.BASE, rules.against))
    played.timings.append(
        PairTiming(
            benchmark=name,
            pair=rules.pair,
            stage=rules.stage,
            against=rules.against,
            first=rules.first,
            loops_count=1,
            quads=(Quad(base=base, head=head),),
            cold_ns=(base[0].wall_ns, head[0].wall_ns),
            extra=extra,
        )
    )
    return played
