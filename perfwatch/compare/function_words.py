"""The sentence that names a function under a red verdict.

It must not decide which: ``functions`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.pairing import Side

if TYPE_CHECKING:
    from perfwatch.records.profile_difference import FrameDifference, ProfileDifference

MOST = 0.5


def summary_of(found: ProfileDifference, deepest: FrameDifference | None) -> str:
    """Return one sentence: the function, how much of the change it is, and by what evidence.

    ``deepest`` is the callee that spends it, where that is another function.
    """
    base_count, head_count = found.processes_counts
    samples = " and ".join(units.count(one) for one in found.samples_counts)
    evidence = f"{base_count} and {head_count} CPU passes, {samples} samples"
    if min(found.processes_counts) < 2:
        return f"no function can be named: one process says nothing of how much processes differ ({evidence})"
    if not found.frames or not found.frames[0].named:
        return f"no function stands out from what {evidence} leave open"
    first = found.frames[0]
    whole = found.head_ns - found.base_ns
    part = "most of it in" if first.charged.difference_ns >= MOST * whole else "the clearest part of it in"
    there = "" if deepest is None else f", there in {place_of(deepest)}"
    return (
        f"{part} {place_of(first)}: {_signed(first.charged.difference_ns)} of {_signed(whole)} per call"
        f"{_bounds(first)}{_state(first)}{there} ({evidence})"
    )


def place_of(frame: FrameDifference) -> str:
    """Return ``solver.py:42 step()``."""
    line = f":{frame.line}" if frame.line else ""
    called = frame.function if frame.function.startswith(("<", "(")) else f"{frame.function}()"
    return f"{frame.file}{line} {called}"


def _bounds(frame: FrameDifference) -> str:
    if frame.charged.interval_ns is None:
        return ""
    low, high = frame.charged.interval_ns
    return f", 95% interval {_signed(low)} to {_signed(high)}"


def _state(frame: FrameDifference) -> str:
    if frame.only_in is Side.HEAD:
        return ", seen in head alone"
    renamed = f", {frame.renamed_from}() in base" if frame.renamed_from else ""
    line = next((f", most at line {one.line}" for one in frame.lines if one.own.difference_ns > 0), "")
    return renamed + line + (", touched by the change" if frame.touched else "")


def _signed(time_ns: float) -> str:
    return f"{'+' if time_ns > 0 else ''}{units.time(time_ns)}"
