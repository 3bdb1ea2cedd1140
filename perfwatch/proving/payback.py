"""After how many calls a candidate with a dearer first call has paid for it; it must not measure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfwatch.records.proof import Cold
from perfwatch.stats.location import median
from perfwatch.stats.order import median_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.pairing import PairTiming


def cold_of(pairs: Sequence[PairTiming]) -> Cold | None:
    """Return the first calls of both sides; ``None`` without a pair.

    With first calls c and later calls w, candidate and reference have taken the
    same time after ``N = 1 + (c_candidate - c_reference) / (w_reference - w_candidate)``
    calls. N is taken in each pair of processes by itself; the figure is the median over pairs,
    its interval the sign test's. A pair whose candidate is not the faster one
    never pays back: its N is infinite.
    """
    if not pairs:
        return None
    reference, candidate = (median([float(one.cold_ns[side]) for one in pairs]) for side in (0, 1))
    calls = [_calls(one) for one in pairs]
    middle = median(calls)
    dearer = candidate > reference and math.isfinite(middle) and middle > 1
    return Cold(
        reference_ns=reference,
        candidate_ns=candidate,
        payback_calls_count=middle if dearer else None,
        payback_interval=median_interval(calls) if dearer else None,
    )


def _calls(pair: PairTiming) -> float:
    dearer = pair.cold_ns[1] - pair.cold_ns[0]
    if dearer <= 0:
        return 1.0
    later = [
        median([float(turn.wall_ns) for turns in side for turn in turns]) / pair.loops_count
        for side in ([quad.base for quad in pair.warm], [quad.head for quad in pair.warm])
    ]
    gain = later[0] - later[1]
    return 1 + dearer / gain if gain > 0 else math.inf
