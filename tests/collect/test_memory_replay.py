"""The replay of allocations against a brute-force replay, on sequences made by hypothesis and by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfwatch.collect.memory_replay import LIBRARY, NATIVE, Kind, replay

PAGE = 4_096


@st.composite
def sequences(draw):
    """Events in which each address is live at most once; some frees are of what was never seen."""
    events, live = [], {}
    for address in range(draw(st.integers(0, 40))):
        thread = draw(st.integers(0, 2))
        if live and draw(st.booleans()):
            gone = draw(st.sampled_from(sorted(live)))
            kind, size = live.pop(gone)
            back = Kind.FREED if kind is Kind.ALLOCATED else Kind.UNMAPPED
            events.append((back, gone, 0 if back is Kind.FREED else size, LIBRARY, thread))
        elif draw(st.integers(0, 9)) == 0:
            events.append((Kind.FREED, 10**9 + address, 0, LIBRARY, thread))
        else:
            kind = draw(st.sampled_from([Kind.ALLOCATED, Kind.MAPPED]))
            # Addresses lie far enough apart for no range to reach into the next.
            at = 1 + address * PAGE * 100
            live[at] = (kind, draw(st.integers(0, 1_000)))
            events.append((kind, at, live[at][1], draw(st.integers(NATIVE, 4)), thread))
    return events


def course_by_force(events, *, without=None):
    """The heap after each event where one line allocates nothing, step by step."""
    live, heap = {}, [0]
    for kind, address, size, line, _ in events:
        if kind in {Kind.ALLOCATED, Kind.MAPPED}:
            if line != without:
                live[address] = size
        else:
            live.pop(address, None)
        heap.append(sum(live.values()))
    return heap


@given(sequences())
def test_the_peak_without_each_line_is_that_of_a_replay_without_it(events):
    found = replay(events).peaks_without(range(NATIVE, 5))
    assert found == {line: max(course_by_force(events, without=line)) for line in range(NATIVE, 5)}


@given(sequences())
def test_the_peak_is_the_greatest_heap_and_its_lines_add_up_to_it(events):
    peak, held = replay(events).peak()
    assert peak == max(course_by_force(events))
    assert sum(held.values()) == peak


@given(sequences())
def test_no_line_can_raise_the_peak_or_lower_it_by_more_than_it_holds(events):
    done = replay(events)
    peak, held = done.peak()
    for line, without in done.peaks_without(range(NATIVE, 5)).items():
        assert peak - held.get(line, 0) <= without <= peak


@given(sequences())
def test_what_was_allocated_and_not_freed_survives(events):
    done = replay(events)
    taken = [event for event in events if event[0] in {Kind.ALLOCATED, Kind.MAPPED}]
    assert sum(one.allocated_bytes for one in done.tallies.values()) == sum(event[2] for event in taken)
    assert sum(one.allocations_count for one in done.tallies.values()) == len(taken)
    assert sum(one.leaked_bytes for one in done.tallies.values()) == course_by_force(events)[-1]


def allocated(address, size, line=0, thread=0):
    return (Kind.ALLOCATED, address, size, line, thread)


def freed(address, thread=0):
    return (Kind.FREED, address, 0, LIBRARY, thread)


def test_the_peak_moves_when_the_line_that_made_it_goes():
    events = [allocated(1, 60, 0), allocated(2, 40, 1), freed(1), freed(2), allocated(3, 70, 2)]
    assert replay(events).peaks_without([0, 1, 2]) == {0: 70, 1: 70, 2: 100}


def test_a_line_that_is_never_seen_changes_nothing():
    assert replay([allocated(1, 60)]).peaks_without([7]) == {7: 60}


def test_without_events_there_is_no_peak():
    assert replay([]).peak() == (0, {})
    assert replay([]).peaks_without([0]) == {0: 0}


def test_temporary_is_what_is_freed_before_the_thread_allocates_again():
    events = [
        allocated(1, 10),
        freed(1),
        allocated(2, 20),
        allocated(3, 30),
        freed(2),
        freed(3),
        allocated(4, 40, thread=1),
        allocated(5, 50, thread=2),
        freed(4, thread=1),
        freed(5, thread=1),
    ]
    tally = replay(events).tallies[0]
    assert (tally.temporary_bytes, tally.temporary_count) == (10 + 30 + 40, 3)


def test_a_range_that_goes_back_in_parts_goes_back_by_its_parts():
    events = [
        (Kind.MAPPED, 0, 10 * PAGE, 3, 0),
        (Kind.UNMAPPED, 2 * PAGE, 3 * PAGE, LIBRARY, 0),
        (Kind.UNMAPPED, 0, PAGE, LIBRARY, 0),
        (Kind.MAPPED, 2 * PAGE, PAGE, 4, 0),
        (Kind.UNMAPPED, PAGE, 100 * PAGE, LIBRARY, 0),
    ]
    done = replay(events[:-1])
    assert done.tallies[3].leaked_bytes == 6 * PAGE
    assert done.tallies[4].leaked_bytes == PAGE
    assert all(tally.leaked_bytes == 0 for tally in replay(events).tallies.values())
