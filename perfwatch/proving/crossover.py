"""The size from which on a candidate is the faster one; it must not measure.

Method: between the two nearest sizes on whose sides of 1 the ratio lies, the logarithm of
the ratio is taken to be linear in the logarithm of the size: costs that are powers of the
size are straight lines there, and their ratio nearly so over less than a doubling. The
bounds are where the ends of the ratios' intervals cross 1 in the same way.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from perfwatch.records.proof import Crossover

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.proof import SizeProof

#: Sizes nearer to each other than this need no further one between them.
NEAR_RATIO = 1.6


def crossover_of(sizes: Sequence[SizeProof]) -> Crossover | None:
    """Return where the ratio crosses 1; ``None`` where it does not, more than once, or where sizes are no numbers."""
    points = _points(sizes)
    brackets = [(one, other) for one, other in itertools.pairwise(points) if (one[1] < 0) != (other[1] < 0)]
    if len(brackets) != 1:
        return None
    (low, high) = brackets[0]
    middle = _crossing(low, high, 1)
    ends = sorted(_bound(points, column, low, high) for column in (2, 3))
    return Crossover(
        size=math.exp(middle),
        interval=(math.exp(min(ends[0], middle)), math.exp(max(ends[1], middle))),
        above=high[1] < 0,
    )


def next_size(sizes: Sequence[SizeProof]) -> int | None:
    """Return the size whose ratio would narrow the crossover most; ``None`` where it is narrow enough."""
    points = _points(sizes)
    for low, high in itertools.pairwise(points):
        if (low[1] < 0) != (high[1] < 0) and high[0] - low[0] > math.log(NEAR_RATIO):
            middle = round(math.exp((low[0] + high[0]) / 2))
            return middle if math.exp(low[0]) < middle < math.exp(high[0]) else None
    return None


_Point = tuple[float, float, float, float]


def _points(sizes: Sequence[SizeProof]) -> list[_Point]:
    """Logarithms of size, ratio and the ends of its interval, by size."""
    found = []
    for one in sizes:
        if one.ratio is None or one.interval is None or not one.size.replace(".", "", 1).isdigit():
            continue
        size = float(one.size)
        if size > 0 and one.ratio > 0 and one.interval[0] > 0:
            low, high = one.interval
            found.append((math.log(size), math.log(one.ratio), math.log(low), math.log(high)))
    return sorted(found)


def _crossing(low: Sequence[float], high: Sequence[float], column: int) -> float:
    """Where the line through two points is 0."""
    rise = high[column] - low[column]
    return low[0] if rise == 0 else low[0] - low[column] * (high[0] - low[0]) / rise


def _bound(points: Sequence[_Point], column: int, low: _Point, high: _Point) -> float:
    """Where an end of the intervals crosses 0, nearest to the bracket; the farthest size where it does not."""
    found = [
        _crossing(one, other, column)
        for one, other in itertools.pairwise(points)
        if (one[column] < 0) != (other[column] < 0)
    ]
    if found:
        middle = (low[0] + high[0]) / 2
        return min(found, key=lambda place: abs(place - middle))
    falls = high[1] < 0
    return points[-1][0] if (points[-1][column] > 0) == falls else points[0][0]
