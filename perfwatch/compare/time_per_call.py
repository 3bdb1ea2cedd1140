"""How far a time per call lies apart on two sides, by their processes.

The process is what is repeated: each has one time per call, and Welch's t holds those of
base against those of head. Samples alone would say less than they seem to: those of
one process share its hash seed and its memory layout. The interval is never narrower
than the binomial error of all samples of both sides (Jeffreys' share), and is widened by
what the pairs leave open of the ratio, by which the call trees are scaled. This module
must not know what a time belongs to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch.records.profile_difference import TimeDifference
from perfwatch.stats.difference import Difference, interval, p_beyond, welch
from perfwatch.stats.location import mean
from perfwatch.stats.multiplicity import q_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.profile_difference import SideProfile

#: Of all that is called a difference, this share may be none.
FALSE_RATE = 0.05
_NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What one side's shares are shares of: the time of a call, and all samples.

    ``error_ratio`` is the standard error of the time beside the other side's.
    """

    time_ns: float
    samples_count: int
    error_ratio: float = 0.0


def level_of(time_ns: float, profiles: Sequence[SideProfile]) -> Level:
    """Return the level of a side from its time per call in the comparison."""
    return Level(time_ns=time_ns, samples_count=sum(one.samples_count for one in profiles))


def ratio_error(bounds: tuple[float, float] | None) -> float:
    """Return the standard error of a ratio's logarithm from its 95% interval; a little large, for that is Student's."""
    if bounds is None or min(bounds) <= 0:
        return 0.0
    return (math.log(bounds[1]) - math.log(bounds[0])) / 2 / _NORMAL_95


def time_difference(
    before: Sequence[float], after: Sequence[float], base: Level, head: Level
) -> TimeDifference:
    """Return head minus base, from one time per call of each process.

    Edge cases: with fewer than two processes on a side there is no interval and no
    p value; processes that do not differ at all leave the samples' own error.
    """
    plain = TimeDifference(
        base_ns=mean(before), head_ns=mean(after), difference_ns=mean(after) - mean(before)
    )
    between = welch(before, after)
    if between is None:
        return plain
    sampled = math.hypot(_sampling_error(base, plain.base_ns), _sampling_error(head, plain.head_ns))
    error = math.hypot(max(between.standard_error, sampled), plain.head_ns * head.error_ratio)
    wide = Difference(value=between.value, standard_error=error, dof=between.dof)
    return replace(plain, interval_ns=interval(wide), p_value=p_beyond(wide, 0.0))


def _sampling_error(side: Level, time_ns: float) -> float:
    """The standard error of a time, by the count of all samples of its side alone."""
    count = side.samples_count
    if not count:
        return 0.0
    share = time_ns / side.time_ns
    if share > 1:  # several threads at once: the error of a count
        return side.time_ns * math.sqrt(share / count)
    share = (share * count + 0.5) / (count + 1)
    return side.time_ns * math.sqrt(share * (1 - share) / count)


def with_q(differences: Sequence[TimeDifference]) -> list[TimeDifference]:
    """Return the differences with the false discovery rate of each among them."""
    told = [one.p_value for one in differences if one.p_value is not None]
    answers = iter(q_values(told))
    return [one if one.p_value is None else replace(one, q_value=next(answers)) for one in differences]


def is_more(difference: TimeDifference) -> bool:
    """Whether head takes longer, by the evidence."""
    return (
        difference.q_value is not None and difference.q_value <= FALSE_RATE and difference.difference_ns > 0
    )
