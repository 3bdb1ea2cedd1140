"""Says which benchmarks compile in their warm calls, too: then their time is no time of their own work.

It must not judge: a benchmark that compiles at every call is judged by its time like
any other, and the reader is told what that time is made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.pairing import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.pairing import PairTiming, Turn

#: Less of the warm time than this is what a stray compilation makes, and no habit.
SHARE = 0.01


def recompiling(timings: Sequence[PairTiming], names: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence for each benchmark of which a side spends 1% of its warm time or more on compiling."""
    found = []
    for name in names:
        sides = [
            (side, said)
            for side in (Side.BASE, Side.HEAD)
            if (said := _said([one for one in timings if one.benchmark == name], side))
        ]
        if sides:
            told = "; ".join(f"{side.value}: {said}" for side, said in sides)
            found.append(
                f"{name} compiles in its warm calls, too ({told}): what is traced or compiled anew at each call, "
                "such as a function that is made and compiled inside the call, takes its time each time"
            )
    return tuple(found)


def _said(timings: Sequence[PairTiming], side: Side) -> str:
    """How often and how long a side compiles when warm; "" where it hardly does."""
    pairs = [one for one in timings if one.against is Side.HEAD]
    turns = [
        turn for one in pairs for quad in one.warm for turn in (quad.base if side is Side.BASE else quad.head)
    ]
    calls = sum(one.loops_count * 2 * len(one.warm) for one in pairs)
    compile_ns, wall_ns = _total(turns, "compile_ns"), _total(turns, "wall_ns")
    if not wall_ns or compile_ns < SHARE * wall_ns:
        return ""
    often = _total(turns, "compiles_count") / calls
    times = f"{units.count(often)} times a call, " if often else ""
    return f"{times}{units.percent(compile_ns / wall_ns)} of its time"


def _total(turns: Sequence[Turn], field: str) -> int:
    return sum(getattr(turn, field) for turn in turns)
