"""Unions, gaps and overlaps of intervals."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from perfwatch.collect.gpu_intervals import gaps, length, overlap, union

times = st.integers(0, 200)
intervals = st.lists(st.tuples(times, times), max_size=12)


def covered(parts):
    return {at for start, end in parts for at in range(start, end)}


@given(intervals)
def test_a_union_holds_each_moment_once_and_its_parts_do_not_touch(some):
    parts = union(some)
    assert covered(parts) == covered(some)
    assert length(parts) == len(covered(some))
    assert all(first[1] < second[0] for first, second in itertools.pairwise(parts))


@given(intervals, times, times)
def test_gaps_are_what_a_union_leaves_of_a_span(some, one, other):
    span = (min(one, other), max(one, other))
    assert covered(gaps(union(some), span)) == covered([span]) - covered(some)


@given(intervals, intervals)
def test_an_overlap_is_what_two_unions_share(some, others):
    shared = overlap(union(some), union(others))
    assert covered(shared) == covered(some) & covered(others)
    assert length(shared) == len(covered(shared))


def test_of_nothing_there_is_nothing():
    assert union([]) == []
    assert length([]) == 0
    assert gaps([], (3, 3)) == []
    assert gaps([], (3, 5)) == [(3, 5)]
    assert overlap([], [(1, 2)]) == []
