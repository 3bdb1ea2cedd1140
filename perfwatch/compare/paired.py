"""Says which pairs of processes, measured in turns, are still wanted, and on which clock they are judged.

It must not measure, and must not pronounce: ``verdicts`` does. All is answered from
the pairs alone, so that whoever has them comes to the same answer.

Screening: a benchmark is looked at after 4, 10, 16, 24 and 32 pairs (``stats.looks``). One
that is inside the margin is ``same``; one that seems to be beyond it, a *red*, is
measured afresh with a number of pairs fixed before the first of them, from the
screen's spread. The verdict comes from these pairs alone, by Holm over all reds
at 1%: peeking, the choice of clock and the number of benchmarks cannot make false
ones. What is neither stays ``undecided``, with how much more time would decide.

Clock. Wall time is the headline. Processor time decides where it must agree with
it on a calm machine: see ``clock_for``. It is chosen in the screen, then frozen;
where wall time then contradicts it beyond the margin, nothing is decided.

The twin, a copy of base, is a veto: where base differs from its own copy beyond
the margin, the run is void.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.compare.policies import policy_for
from perfwatch.records.pairing import Side, Stage, Want
from perfwatch.stats.looks import Looks, Sign, look
from perfwatch.stats.paired import pair_value, paired, quad_value
from perfwatch.stats.power import pairs_for

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from perfwatch.records.pairing import PairTiming, Quad, Turn
    from perfwatch.records.plan import Policy

SCREEN = Looks()
#: The rate at which some red of a suite may be confirmed though it is none.
CONFIRM_RATE = 0.01
CONFIRM_POWER = 0.95
CONFIRM_AT_LEAST, CONFIRM_AT_MOST = 10, 24
#: A shift of so many times the spread is beyond doubt with fewer than that, even where four pairs of the screen
#: told too small a spread.
PLAIN_RATIO, CONFIRM_PLAIN = 10, 4
#: One pair in so many is followed by one of base and its twin.
TWIN_EVERY = 4
VETO_RATE = 0.01
#: How far two clocks may differ and still be said to agree.
AGREEMENT = 0.02
#: This share of turns may be unlike the others, and a benchmark still be of their kind.
STRAY_RATIO = 0.1
CALM_TURNS = 8
WALL, CPU = "wall", "cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """How the screening of one benchmark stands.

    ``count`` pairs were looked at; ``sign`` is what they showed on ``clock``.
    ``wanted`` is how many pairs the next look needs, ``None`` where it is over.
    """

    sign: Sign
    count: int
    clock: str
    why: str
    wanted: int | None = None


def wanted(
    timings: Sequence[PairTiming], names: Sequence[str], policy: Policy, over: Container[str] = ()
) -> tuple[Want, ...]:
    """Return the pairs that would bring these benchmarks further; none where all is said.

    The screening of those that are ``over`` has ended where it stands: they
    failed, or had their time.

    Reds are confirmed when every benchmark has been screened: how many there
    are decides how strict each confirmation is.
    """
    screened = {name: screen(_of(timings, name), policy_for(name, policy)) for name in names}
    wants = [
        want
        for name, seen in screened.items()
        if seen.wanted is not None and name not in over
        for want in (
            Want(benchmark=name, stage=Stage.SCREEN, pairs_count=seen.wanted),
            Want(
                benchmark=name,
                stage=Stage.SCREEN,
                against=Side.TWIN,
                pairs_count=-(-seen.wanted // TWIN_EVERY),
            ),
        )
    ]
    if not wants:
        reds = [name for name, seen in screened.items() if seen.sign in (Sign.UP, Sign.DOWN)]
        wants = [
            Want(
                benchmark=name,
                stage=Stage.CONFIRM,
                pairs_count=confirming_pairs(
                    _of(timings, name), screened[name], len(reds), policy_for(name, policy)
                ),
            )
            for name in reds
        ]
    return tuple(want for want in wants if _have(timings, want) < want.pairs_count)


def screen(timings: Sequence[PairTiming], policy: Policy, looks: Looks = SCREEN) -> Screened:
    """Go through the looks that one benchmark's screening pairs allow, until one shows something."""
    pairs = [one for one in timings if one.stage is Stage.SCREEN and one.against is Side.HEAD]
    margin = math.log1p(policy.margin_ratio)
    # Pairs too few for any look are still told on the clock that they ask for.
    clock, why = clock_for(pairs[: looks.counts[0]])
    for count in looks.counts:
        if len(pairs) < count:
            return Screened(sign=Sign.OPEN, count=len(pairs), clock=clock, why=why, wanted=count)
        clock, why = clock_for(pairs[:count])
        values = pair_values(pairs[:count], clock)
        sign = Sign.OPEN if values is None else look(values, margin, looks)
        if sign is not Sign.OPEN:
            return Screened(sign=sign, count=count, clock=clock, why=why)
    return Screened(sign=Sign.OPEN, count=looks.last, clock=clock, why=why)


def confirming_pairs(
    timings: Sequence[PairTiming], screened: Screened, reds_count: int, policy: Policy
) -> int:
    """Return how many fresh pairs a red is given, from its screen alone.

    Enough to find the shift that the screen saw, less one standard error, with
    95% power at the rate that Holm leaves to the least of the reds. A shift far beyond the
    spread gets fewer than others at least.
    """
    pairs = [one for one in timings if one.stage is Stage.SCREEN and one.against is Side.HEAD]
    seen = paired(pair_values(pairs[: screened.count], screened.clock) or [])
    if seen is None:
        return CONFIRM_AT_MOST
    spread = seen.standard_error * math.sqrt(screened.count)
    shift = abs(seen.value) - seen.standard_error - math.log1p(policy.margin_ratio)
    count = pairs_for(shift, spread, CONFIRM_RATE / max(1, reds_count), CONFIRM_POWER)
    least = CONFIRM_PLAIN if shift > PLAIN_RATIO * spread else CONFIRM_AT_LEAST
    return min(CONFIRM_AT_MOST, max(least, count or CONFIRM_AT_MOST))


def clock_for(timings: Sequence[PairTiming]) -> tuple[str, str]:
    """Choose the clock that decides, and say why.

    A neighbour that takes the processor away lengthens wall time and leaves
    processor time alone. It may decide where the benchmark had nothing to wait
    for: no accelerator was open, no child ran, in nine of ten turns the process
    never gave the processor away by itself and the calling thread did all the
    work; and some calm turns of either side show that wall and processor time
    then agree. So waiting, input and output, locks and thread pools are judged by
    wall time.
    """
    turns = [turn for timing in timings for quad in timing.warm for turn in (*quad.base, *quad.head)]
    if not turns:
        return WALL, "nothing was measured"
    if any(timing.accelerator for timing in timings):
        return WALL, "an accelerator was open"
    if any(turn.children_ns for turn in turns):
        return WALL, "child processes ran"
    strays = STRAY_RATIO * len(turns)
    if sum(turn.waits_count > 0 for turn in turns) > strays:
        return WALL, "it waits for something"
    if any(turn.thread_ns is None for turn in turns):
        return WALL, "a whole program's threads are not told apart"
    if sum(not _agree(turn.cpu_ns, turn.thread_ns or 0) for turn in turns) > strays:
        return WALL, "more than one thread computes"
    for side in (Side.BASE, Side.HEAD):
        calm = sum(_calm(turn) for timing in timings for quad in timing.warm for turn in _turns(quad, side))
        if calm < min(CALM_TURNS, len(turns) // 4):
            return WALL, "wall and processor time hardly ever agreed"
    return CPU, "it computes in one thread and waits for nothing"


def _turns(quad: Quad, side: Side) -> tuple[Turn, Turn]:
    return quad.base if side is Side.BASE else quad.head


def _calm(turn: Turn) -> bool:
    return _agree(turn.wall_ns, turn.cpu_ns)


def _agree(one: int, other: int) -> bool:
    return abs(one - other) <= AGREEMENT * max(one, other)


def pair_values(timings: Sequence[PairTiming], clock: str) -> list[float] | None:
    """Return each pair's logarithm of head over base; ``None`` where a pair saw no tick of the clock."""
    values = [pair_value([_quad_value(quad, clock) for quad in timing.warm]) for timing in timings]
    told = [value for value in values if value is not None]
    return told if told and len(told) == len(values) else None


def _quad_value(quad: Quad, clock: str) -> float | None:
    (b1, b2), (h1, h2) = quad.base, quad.head
    return quad_value(_time(b1, clock), _time(h1, clock), _time(h2, clock), _time(b2, clock))


def _time(turn: Turn, clock: str) -> int:
    return turn.cpu_ns if clock == CPU else turn.wall_ns


def _of(timings: Sequence[PairTiming], name: str) -> list[PairTiming]:
    return [one for one in timings if one.benchmark == name]


def _have(timings: Sequence[PairTiming], want: Want) -> int:
    wanted_of = (want.benchmark, want.stage, want.against)
    return sum((one.benchmark, one.stage, one.against) == wanted_of for one in timings)
