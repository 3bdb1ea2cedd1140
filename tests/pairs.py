"""Pairs of processes made by hand or by a simulated machine, as the engine would have measured them."""

from __future__ import annotations

import math
from dataclasses import replace

from perfwatch.records.pairing import PairTiming, Quad, Side, Stage, Turn

#: What a turn of base takes.
TURN_NS = 5_000_000


def make_turn(wall=0.0, cpu=None, **changes):
    """A turn whose times are ``TURN_NS`` by exp of a logarithm; processor time follows wall time unless told."""
    cpu_ns = round(TURN_NS * math.exp(wall if cpu is None else cpu))
    facts = {
        "wall_ns": round(TURN_NS * math.exp(wall)),
        "cpu_ns": cpu_ns,
        "thread_ns": cpu_ns,
        "started_ns": 0,
    }
    return Turn(**{**facts, **changes})


def make_pair(shift=0.0, *, cpu=None, quads=10, base=None, head=None, **changes):
    """A pair in which head takes exp(``shift``) times as long; ``cpu`` is its shift on the processor clock."""
    still = base or make_turn()
    moved = head or make_turn(shift, shift if cpu is None else cpu)
    facts = {"benchmark": "work", "pair": 0, "loops_count": 1, "cold_ns": (1, 1), "spent_ns": 700_000_000}
    quad = Quad(base=(still, still), head=(moved, moved))
    return PairTiming(**{**facts, "quads": (quad,) * quads, **changes})


class Machine:
    """Simulates the pairs of one benchmark: process luck, drift, a neighbour's bursts, heavy tails.

    ``spread`` is the standard deviation of a pair's luck. A burst lengthens wall
    time alone; drift and luck are on both clocks.
    """

    def __init__(self, random, *, spread=0.01, drift=0.0, burst=0.0, tails=None, quads=8):
        self.random, self.spread, self.drift, self.burst = random, spread, drift, burst
        self.tails, self.quads = tails, quads
        self.count = 0

    def pair(self, shift=0.0, **changes):
        """The next pair of fresh processes, head slower by the factor exp(``shift``)."""
        luck = self._draw(2) * self.spread / math.sqrt(2)
        quads = tuple(self._quad(luck[0], luck[1] + shift) for _ in range(self.quads))
        self.count += 1
        return replace(make_pair(pair=self.count, **changes), quads=quads)

    def _draw(self, count):
        if self.tails is None:
            return self.random.standard_normal(count)
        return self.random.standard_t(self.tails, count)

    def _quad(self, base, head):
        drifting = self.random.normal(0, self.drift, 4).cumsum() if self.drift else [0.0] * 4
        noise = self.random.normal(0, 0.003, 4)
        hit = (self.random.random(4) < self.burst) * self.random.exponential(0.5, 4)
        levels = (base, head, head, base)
        b1, h1, h2, b2 = (
            make_turn(level + moved + wiggle + stolen, level + moved + wiggle)
            for level, moved, wiggle, stolen in zip(levels, drifting, noise, hit, strict=True)
        )
        return Quad(base=(b1, b2), head=(h1, h2))


def measured(machine, names_and_shifts, wanted, *, policy, twin_shift=0.0, pairs_at_most=10_000):
    """All pairs that ``wanted`` asks for, in its order, from a machine that never tires."""
    names = tuple(names_and_shifts)
    timings = []
    while wants := wanted(timings, names, policy):
        for want in wants:
            shift = twin_shift if want.against is Side.TWIN else names_and_shifts[want.benchmark]
            timings.append(
                machine.pair(shift, benchmark=want.benchmark, stage=want.stage, against=want.against)
            )
        if len(timings) > pairs_at_most:
            break
    return timings


def screened(timings):
    """The pairs of the screening against head."""
    return [one for one in timings if one.stage is Stage.SCREEN and one.against is Side.HEAD]
