"""Benchmarks that the change cannot reach: they must not have changed.

It must not find them: ``builds.reach`` does. A control that is confirmed to have
changed all the same, by the rules that hold for every benchmark, shows that
something else than the code differs between the sides; then nothing of the run
can be believed. It is a veto and no threshold: quiet controls make no change surer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.compare.stored import TIME
from perfwatch.records.comparison import TIMES, Comparison, Verdict

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

_CHANGED = (Verdict.SLOWER, Verdict.FASTER)


def controls_reason(comparisons: Sequence[Comparison], controls: Container[str]) -> str:
    """Say which control changed; "" where none did."""
    for one in comparisons:
        if one.metric == TIME and one.benchmark in controls and one.verdict in _CHANGED:
            return (
                f"{one.benchmark} ran the same code on both sides and is {one.verdict.value} by "
                f"{units.change(one.ratio)}: what was seen here is not the code's doing"
            )
    return ""


def voided(comparisons: Sequence[Comparison], reason: str) -> tuple[Comparison, ...]:
    """Return the comparisons with no verdict on time left; their figures stay."""
    return tuple(
        replace(one, verdict=Verdict.UNDECIDED, reason=reason)
        if one.metric in TIMES and one.verdict in (*_CHANGED, Verdict.SAME)
        else one
        for one in comparisons
    )
