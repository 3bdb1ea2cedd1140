"""Survivors by call and by part of the run, on hand-built events."""

from __future__ import annotations

import pytest

from perfwatch.collect.memory_leaks import PARTS, Survivors, grows, part_of, survivors_by_call
from perfwatch.collect.memory_many import without_by_moment
from perfwatch.collect.memory_replay import LIBRARY, Kind

MARK = 9


def call(*events):
    return [(Kind.ALLOCATED, 1, 5, MARK, 0), *events, (Kind.ALLOCATED, 1, 5, MARK, 0)]


def allocated(address, size, line=0):
    return (Kind.ALLOCATED, address, size, line, 0)


def freed(address):
    return (Kind.FREED, address, 0, LIBRARY, 0)


def survivors(*calls):
    events = [event for one in calls for event in one]
    return survivors_by_call(events, lambda _size, line: line == MARK)


def test_a_leak_survives_of_each_call():
    calls, found = survivors(*(call(allocated(10 + n, 100)) for n in range(4)))
    assert calls == 4
    assert dict(found[0].bytes_in) == {0: 100, 1: 100, 2: 100, 3: 100}
    assert grows(found[0], calls)


def test_a_block_that_the_next_call_replaces_survives_of_the_last_only():
    calls, found = survivors(
        call(allocated(10, 100)),
        call(allocated(11, 100), freed(10)),
        call(allocated(12, 100), freed(11)),
    )
    assert dict(found[0].bytes_in) == {2: 100}
    assert not grows(found[0], calls)


def test_what_is_allocated_between_calls_belongs_to_none():
    calls, found = survivors([allocated(10, 100)], call(), [allocated(11, 100)], call(allocated(12, 1)))
    assert (calls, found[0].total_bytes, found[0].count) == (2, 1, 1)


def test_an_address_taken_again_between_calls_is_no_longer_the_calls():
    _, found = survivors(call(allocated(10, 100)), [allocated(10, 50)])
    assert found == {}


def test_a_call_that_was_not_finished_is_not_counted():
    calls, _ = survivors(call(), [allocated(1, 5, MARK), allocated(10, 7)])
    assert calls == 1


@pytest.mark.parametrize(
    ("bytes_in", "calls", "growing"),
    [
        ({0: 100, 1: 100}, 2, False),
        ({0: 100, 1: 90, 2: 110}, 3, True),
        ({0: 48, 1: 48, 2: 500_000}, 3, False),
        ({0: 100, 2: 100}, 3, False),
    ],
)
def test_growing_needs_a_share_of_each_of_three_calls(bytes_in, calls, growing):
    assert grows(Survivors(bytes_in), calls) is growing


def test_moments_fall_into_equal_parts_of_the_time():
    times = [float(at) for at in range(0, 1_010, 10)]
    parts = [part_of(snapshot, times) for snapshot in range(len(times) + 1)]
    assert parts == sorted(parts)
    assert set(parts) == set(range(PARTS))


def test_without_moments_there_is_one_part():
    assert part_of(3, []) == 0
    assert part_of(3, [5.0]) == 0


class Stay:
    """An interval as memray gives it."""

    def __init__(self, start, end, size):
        self.allocated_before_snapshot, self.deallocated_before_snapshot = start, end
        self.n_bytes = size


def test_the_peak_without_a_line_is_the_fullest_moment_less_what_it_held_then():
    held = [(0, [Stay(1, 3, 60)]), (1, [Stay(2, None, 30)])]
    assert without_by_moment([10, 70, 100, 40], held, [0, 1, 2]) == {0: 40, 1: 70, 2: 100}


def test_a_record_without_moments_gives_nothing():
    assert without_by_moment([], [], [0]) == {0: 0}
