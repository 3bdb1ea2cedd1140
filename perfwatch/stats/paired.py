"""What pairs of processes, measured in turns, say of a change.

A pair is one fresh process of each side; its value is one logarithm of a ratio.
This module must not compare sides that were not paired: ``difference`` does.

Method: Student's one-sample t on the values of the pairs (Student 1908), because
the pair is what is repeated: values from inside one process share its luck. From
ten pairs on, an eighth of them is trimmed from each end (Tukey and McLaughlin
1963): a process that is slow for its whole life, or a neighbour that came in
the middle of a pair, moves one value by ten times the spread of the others.
There is no bootstrap, and no trimming of fewer: a percentile bootstrap of 6
values misses 8% at a nominal 1%.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfwatch.stats.difference import Difference
from perfwatch.stats.interval import variance
from perfwatch.stats.location import mean, median
from perfwatch.stats.student import tail

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The standard deviation of a rounding error is the step over this.
_ROUNDING = math.sqrt(12)
#: Of so many pairs at least, this part is trimmed from each end.
TRIMMED_FROM, TRIMMED_PART = 10, 8


def quad_value(first_base: float, first_head: float, second_head: float, second_base: float) -> float | None:
    """Return log(head / base) of four turns taken as base, head, head, base.

    It is log(H1 * H2 / (B1 * B2)) / 2, in which a drift that is linear over the
    four turns cancels. The turns are times per call, in any unit; a turn of 0
    (a clock that did not tick) has no logarithm: ``None``. A negative turn
    raises ``ValueError``.
    """
    turns = (first_base, first_head, second_head, second_base)
    if min(turns) < 0:
        raise ValueError("a time below 0 is not defined")
    if min(turns) == 0:
        return None
    logs = [math.log(turn) for turn in turns]
    return (logs[1] + logs[2] - logs[0] - logs[3]) / 2


def pair_value(quads: Sequence[float | None]) -> float | None:
    """Return the median over the quads of one pair; ``None`` where most of them saw no tick of the clock.

    A burst of a neighbour falls into a few quads, and the median lets them go.
    """
    told = [quad for quad in quads if quad is not None]
    return median(told) if told and 2 * len(told) > len(quads) else None


def paired(values: Sequence[float], resolution: float = 0.0) -> Difference | None:
    """Return the level of the pairs' values with its standard error and degrees of freedom.

    Below ``TRIMMED_FROM`` values the mean, with n - 1 degrees of freedom; else the
    mean of what trimming k values from each end leaves, its standard error from
    the values with the ends drawn in (winsorised), s_w / ((1 - 2k/n) sqrt(n)), with
    n - 2k - 1.

    ``resolution`` is the step in which one value can be told, in its own unit
    (the clock's tick over the length of a turn). A value that was rounded to it
    carries an error of resolution / sqrt(12), which pairs that happen to agree
    do not show: their spread is never taken for less.

    Edge cases: fewer than two values give ``None``: one pair says nothing of
    its luck. Identical values without a resolution have a standard error of 0:
    counts, or times of a clock that is exact. Where only the ends differ nothing is
    trimmed: they are all that is known of the spread. A negative resolution raises
    ``ValueError``.
    """
    if resolution < 0:
        raise ValueError("a resolution below 0 is not defined")
    spread = variance(values)
    if spread is None:
        return None
    floor = (resolution / _ROUNDING) ** 2
    count = len(values)
    ends = count // TRIMMED_PART if count >= TRIMMED_FROM else 0
    kept = sorted(values)[ends : count - ends]
    drawn_in = variance([kept[0]] * ends + kept + [kept[-1]] * ends)
    if not ends or not drawn_in:
        error = math.sqrt(max(spread, floor) / count)
        return Difference(value=mean(values), standard_error=error, dof=count - 1)
    error = math.sqrt(max(drawn_in, floor) / count) / (1 - 2 * ends / count)
    return Difference(value=mean(kept), standard_error=error, dof=len(kept) - 1)


def p_above(difference: Difference, margin: float) -> float:
    """Return the one-sided p value against "the true difference is ``margin`` or less".

    With a standard error of 0 it is 0 above the margin and 1 elsewhere.
    ``p_above(-d, margin)`` in the mirror: see ``p_below``.
    """
    excess = difference.value - margin
    if difference.standard_error == 0:
        return 0.0 if excess > 0 else 1.0
    return tail(excess / difference.standard_error, difference.dof)


def p_below(difference: Difference, margin: float) -> float:
    """Return the one-sided p value against "the true difference is ``-margin`` or more"."""
    mirrored = Difference(
        value=-difference.value, standard_error=difference.standard_error, dof=difference.dof
    )
    return p_above(mirrored, margin)
