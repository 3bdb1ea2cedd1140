"""The estimator of bytes by line, on hand-built pairs of states."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.collect.io_lines import READ, WRITTEN, bytes_by_line, line_stats
from perfwatch.collect.ownership import Ownership

OWN = Ownership(root=Path("/project"), libraries=("/lib",))
LOOP = ("/project/s.py", "work")


def state(line, call="", function="work", library=False):
    inner = [["/lib/x.py", 1, "inner"]] if library else []
    return {"frames": [*inner, ["/project/s.py", line, function]], "call": call, "format": ""}


NOWHERE = {"frames": [], "call": "", "format": ""}
STATES = [
    NOWHERE,
    NOWHERE,
    state(2, "read"),
    state(3, "write"),
    state(4, "sin"),
    state(5, "pread"),
    state(6, "mystery", function="other"),
    {"frames": [["/lib/x.py", 9, "inner"]], "call": "read", "format": ""},
    state(7, "readinto", library=True),
]
READING, WRITING, COMPUTING, READING_TOO, UNKNOWN, LIBRARY, THROUGH_LIBRARY = range(2, 9)


def pair(before, after, *, count=1, read=0, written=0, reads=None, writes=None, squares=0):
    reads = bool(read) if reads is None else reads
    return [before, after, count, read, written, reads, bool(written) if writes is None else writes, squares]


def charged(*pairs, ended=()):
    return bytes_by_line({"states": STATES, "sampling": {"pairs": list(pairs), "ended": list(ended)}}, OWN)


def moved(found, line):
    sums = found.lines.get(("/project/s.py", line))
    return (0, 0) if sums is None else tuple(sums.moved)


def test_a_call_s_bytes_are_the_line_s_at_the_interval_s_begin():
    found = charged(pair(READING, COMPUTING, read=100))
    assert (moved(found, 2), moved(found, 4)) == ((100, 0), (0, 0))


def test_a_line_that_cannot_have_moved_them_gives_way_to_one_that_can():
    found = charged(pair(COMPUTING, READING, read=100), pair(WRITING, READING, read=50, written=7))
    assert moved(found, 2) == (150, 0)
    assert moved(found, 3) == (0, 7)


def test_what_moved_between_looks_at_computing_goes_to_the_reading_line_of_the_same_function():
    found = charged(
        pair(READING, COMPUTING, read=300, count=3), pair(COMPUTING, COMPUTING, read=600, count=6)
    )
    assert moved(found, 2) == (900, 0)
    assert moved(found, 4) == (0, 0)
    # Shared out, not seen: its square over the three looks is in the error.
    assert found.lines["/project/s.py", 2].variance == pytest.approx(600**2 / 3)


def test_several_reading_lines_share_in_proportion_to_what_they_got_otherwise():
    found = charged(
        pair(READING, COMPUTING, read=300, count=10),
        pair(READING_TOO, COMPUTING, read=100, count=10),
        pair(COMPUTING, COMPUTING, read=400, count=10),
    )
    assert (moved(found, 2)[0], moved(found, 5)[0]) == (600, 200)


def test_a_line_met_once_is_not_given_what_moved_in_a_thousand_intervals():
    found = charged(pair(READING, COMPUTING, read=10), pair(COMPUTING, COMPUTING, read=10_000, count=1_000))
    assert (moved(found, 2)[0], moved(found, 4)[0]) == (10, 10_000)


def test_an_unknown_call_keeps_its_bytes_where_no_line_around_can_read_and_they_are_in_doubt():
    found = charged(pair(UNKNOWN, UNKNOWN, read=1_000, count=1), pair(READING, READING, read=5))
    assert moved(found, 6) == (1_000, 0)
    assert found.lines["/project/s.py", 6].variance == 1_000**2


def test_library_time_is_the_calling_line_s_and_a_thread_without_the_user_s_has_no_line():
    found = charged(
        pair(THROUGH_LIBRARY, THROUGH_LIBRARY, read=70),
        pair(LIBRARY, LIBRARY, read=11),
        pair(0, 0, read=13, written=17),
    )
    assert moved(found, 7) == (70, 0)
    assert found.without_line == [24, 17]
    assert (found.total(READ), found.total(WRITTEN)) == (70, 0)


def test_nothing_is_made_or_lost_in_sharing_out():
    pairs = [
        pair(before, after, read=100 * before + after, written=before, count=2, squares=10)
        for before in range(9)
        for after in range(9)
    ]
    found = charged(*pairs)
    for way, column in ((READ, 3), (WRITTEN, 4)):
        whole = sum(row[column] for row in pairs)
        assert found.total(way) + found.without_line[way] == pytest.approx(whole)


def test_only_intervals_between_two_lines_are_in_doubt():
    steady = charged(pair(READING, READING, read=100, squares=10_000))
    assert steady.lines["/project/s.py", 2].variance == 0
    mixed = charged(pair(READING, READING_TOO, read=100, squares=10_000))
    assert [mixed.lines["/project/s.py", line].variance for line in (2, 5)] == [5_000, 5_000]


def test_a_thread_s_unseen_end_is_in_the_error():
    found = charged(pair(READING, READING, read=100), ended=[[READING, 30], [0, 999]])
    assert found.lines["/project/s.py", 2].variance == 900


def test_figures_are_those_of_one_call():
    found = charged(pair(READING, READING_TOO, read=1_000, squares=200))
    (stat,) = line_stats(found, 10, OWN)
    assert (stat.file, stat.line, stat.function) == ("s.py", 2, "work")
    assert (stat.read_bytes, stat.written_bytes, stat.io_error_bytes) == (100.0, 0.0, 1.0)


def test_without_a_sampler_there_are_no_lines():
    assert bytes_by_line({}, OWN).lines == {}


def test_many_lines_are_cut_at_those_that_moved_least():
    from perfwatch.collect.io_lines import LINES_AT_MOST

    states = [state(number + 1, "read") for number in range(LINES_AT_MOST + 50)]
    pairs = [pair(number, number, read=number + 1) for number in range(LINES_AT_MOST + 50)]
    record = {"states": states, "sampling": {"pairs": pairs}}
    stats = line_stats(bytes_by_line(record, OWN), 1, OWN)
    assert len(stats) == LINES_AT_MOST
    assert min(stat.line for stat in stats) == 51
