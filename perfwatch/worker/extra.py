"""Work beyond a turn's calls that is known because it is counted: for a gate that is tried on a slowdown of our making.

So many whole calls more, and for what is less than one call rounds of an empty
loop. What a round costs beside a call is found by playing both alternately, on the
processor clock where one thread does all the work and waits for nothing, else on
the wall clock. It does not decide how much is wanted.
"""

from __future__ import annotations

import math
import statistics
import time
from itertools import repeat
from typing import TYPE_CHECKING

from .processor import ALONE_RATIO

if TYPE_CHECKING:
    from collections.abc import Callable

    Times = dict[str, int]

#: How long calls and rounds are played alternately, and how often at least and at most.
WEIGHING_NS = 60_000_000
AT_LEAST, AT_MOST = 3, 200
#: A turn that takes longer is played once: pairs differ from each other, and tell how far it was off.
LONG_NS = 500_000_000
#: Rounds from which their number is first guessed: a fraction of a millisecond.
GUESSING_ROUNDS = 20_000
#: A tenth of the turns may have waited, and the work still be of a kind that waits for nothing.
STRAY_RATIO = 0.1
#: The standard error of a median is this many median absolute deviations over the root of the count, for
#: values that are normal.
_ERROR_OF_MEDIAN = 1.2533 * 1.4826


def spin(rounds: int) -> None:
    """Make so many rounds of an empty loop."""
    for _ in repeat(None, rounds):
        pass


def weigh(
    play: Callable[[int, int], Times],
    loops: int,
    percent: int,
    *,
    whole: bool = True,
    known: Times | None = None,
) -> dict[str, float | int]:
    """Say what a turn of ``loops`` calls must hold besides, so that it holds ``percent`` in a hundred more.

    ``play`` plays a turn of so many calls and rounds. Without ``whole`` no call may be
    added. ``known`` are the times of a call that cannot be made again.
    Returns ``calls`` and ``rounds``, and as ``uncertainty`` the standard error of
    what the rounds add, as a share of the turn.
    """
    calls, rest = divmod(loops * percent, 100) if whole else (0, loops * percent)
    share = rest / 100 / loops
    if not rest:
        return {"calls": calls, "rounds": 0, "uncertainty": 0.0}
    turn, spun = known or play(loops, 0), play(0, GUESSING_ROUNDS)
    if turn["wall"] > LONG_NS:
        known = turn
    guess = max(1, round(share * turn["wall"] * GUESSING_ROUNDS / max(1, spun["wall"])))
    turns, spins = _alternately(play, loops, guess, known)
    clock = "cpu" if _alone(turns) else "wall"
    idle = statistics.median(play(0, 0)[clock] for _ in range(AT_LEAST))
    ratios = [max(1, one[clock] - idle) / max(1, turn[clock]) for turn, one in zip(turns, spins, strict=True)]
    middle = statistics.median(ratios)
    spread = statistics.median(abs(one - middle) for one in ratios)
    error = _ERROR_OF_MEDIAN * spread / math.sqrt(len(ratios))
    return {"calls": calls, "rounds": round(guess * share / middle), "uncertainty": share * error / middle}


def _alternately(
    play: Callable[[int, int], Times], loops: int, rounds: int, known: Times | None
) -> tuple[list[Times], list[Times]]:
    turns: list[Times] = []
    spins: list[Times] = []
    end = time.perf_counter_ns() + WEIGHING_NS
    while len(turns) < AT_LEAST or (len(turns) < AT_MOST and time.perf_counter_ns() < end):
        turns.append(known or play(loops, 0))
        spins.append(play(0, rounds))
    return turns, spins


def _alone(turns: list[Times]) -> bool:
    """Whether the calling thread did all the work, and hardly ever waited."""
    waiting = sum(one["waits"] > 0 for one in turns)
    elsewhere = sum(one["cpu"] - one["thread"] for one in turns)
    return (
        not any(one["children"] for one in turns)
        and waiting <= STRAY_RATIO * len(turns)
        and elsewhere <= ALONE_RATIO * sum(one["cpu"] for one in turns)
        and all(one["cpu"] > 0 for one in turns)
    )
