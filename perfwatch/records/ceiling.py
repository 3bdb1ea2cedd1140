"""How much faster a benchmark could be at most, if its hottest lines cost nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCeiling:
    """One line: the share of the benchmark's time that it spends itself, and what is to be won there at most.

    ``ceiling_ratio`` is how many times as fast the whole would be: 1 / (1 - share), Amdahl 1967; never above 100.
    """

    file: str
    line: int
    share_ratio: float
    ceiling_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The hottest lines of one benchmark, the hottest first, and the ceiling if all of them cost nothing."""

    target: str
    benchmark: str
    lines: tuple[LineCeiling, ...]
    share_ratio: float
    ceiling_ratio: float
