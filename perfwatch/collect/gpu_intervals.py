"""Arithmetic on intervals of time, in integers, so that parts add up to their whole.

An interval is ``(start, end)`` with ``start < end``, in nanoseconds of any one
clock; a union is sorted and its intervals do not touch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Interval = tuple[int, int]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The time in at least one of the intervals; empty and backward ones count for nothing."""
    found: list[Interval] = []
    for start, end in sorted(one for one in intervals if one[0] < one[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def length(parts: Iterable[Interval]) -> int:
    """The time in a union."""
    return sum(end - start for start, end in parts)


def gaps(parts: Sequence[Interval], within: Interval) -> list[Interval]:
    """The time of ``within`` that lies outside a union."""
    found: list[Interval] = []
    at = within[0]
    for start, end in parts:
        if start > at:
            found.append((at, min(start, within[1])))
        at = max(at, end)
        if at >= within[1]:
            break
    if at < within[1]:
        found.append((at, within[1]))
    return [one for one in found if one[0] < one[1]]


def overlap(first: Sequence[Interval], second: Sequence[Interval]) -> list[Interval]:
    """The time in both of two unions."""
    found: list[Interval] = []
    here = there = 0
    while here < len(first) and there < len(second):
        start = max(first[here][0], second[there][0])
        end = min(first[here][1], second[there][1])
        if start < end:
            found.append((start, end))
        if first[here][1] <= second[there][1]:
            here += 1
        else:
            there += 1
    return found
