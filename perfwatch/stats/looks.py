"""When to look at pairs that are still being measured, and what each look may cost in errors.

This module must not choose margins, and must not measure.

Method: at a few looks fixed beforehand the one-sided t of ``paired`` is compared
with a part of the error rate (weighted Bonferroni over the looks; Pocock 1977 gives
sharper bounds for normal data of known spread, which four pairs do not have). So
peeking costs nothing that was not paid for, however the looks depend on each other.
A look's part is as the square root of its pairs: what is hard to see is seen late,
and what is easy is far beyond any bound. Four pairs see the latter; the second look
is where ``paired`` begins to trim.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from perfwatch.stats.difference import p_equivalent
from perfwatch.stats.paired import p_above, p_below, paired

if TYPE_CHECKING:
    from collections.abc import Sequence


class Sign(StrEnum):
    """Which way a level seems to have moved beyond the margin, or that it has not."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """After how many pairs to look, and the error rates that all looks share.

    ``change_rate`` bounds how often a level inside the margin is called ``UP``,
    and how often ``DOWN``; ``same_rate`` how often one at or beyond the margin
    is called ``SAME``.
    """

    counts: tuple[int, ...] = (4, 10, 16, 24, 32)
    change_rate: float = 0.05
    same_rate: float = 0.01

    def __post_init__(self) -> None:
        """Refuse looks that are not increasing, that see fewer than two pairs, or rates outside (0, 0.5)."""
        if not self.counts or self.counts[0] < 2 or list(self.counts) != sorted(set(self.counts)):
            raise ValueError("looks are increasing counts of at least two pairs")
        if not (0 < self.change_rate < 0.5 and 0 < self.same_rate < 0.5):
            raise ValueError("an error rate lies strictly between 0 and a half")

    def share(self, count: int) -> float:
        """Return the part of every rate that the look after ``count`` pairs may spend; they sum to 1."""
        return math.sqrt(count) / sum(map(math.sqrt, self.counts))

    @property
    def last(self) -> int:
        """After so many pairs there is no further look."""
        return self.counts[-1]


def look(values: Sequence[float], margin: float, looks: Looks, resolution: float = 0.0) -> Sign:
    """Say what the pairs so far show at this look; ``OPEN`` between looks and where nothing is shown.

    ``values`` and ``margin`` are logarithms. Edge cases: identical values say
    ``SAME`` inside the margin and a direction beyond it; values exactly on the
    margin stay ``OPEN``.
    """
    difference = paired(values, resolution)
    if difference is None or len(values) not in looks.counts:
        return Sign.OPEN
    share = looks.share(len(values))
    change, same = share * looks.change_rate, share * looks.same_rate
    if p_above(difference, margin) <= change:
        return Sign.UP
    if p_below(difference, margin) <= change:
        return Sign.DOWN
    return Sign.SAME if p_equivalent(difference, margin) <= same else Sign.OPEN
