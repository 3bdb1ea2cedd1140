"""What py-spy's raw stacks say of lines."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from perfwatch.collect.ownership import Ownership
from perfwatch.collect.stacks import (
    RATE_AT_MOST_HERTZ,
    line_stats,
    of_subject,
    parse_raw,
    rate_for,
    sampled_lines,
    with_sampled_times,
)
from perfwatch.records.profile import LineStat

OWNERSHIP = Ownership(root=Path("/p"), libraries=("/usr/lib/python3.11",))
MAIN = ("<module>", "/p/a.py", 10)
HOT = ("hot", "/p/a.py", 3)
LIBRARY = ("sum", "/usr/lib/python3.11/statistics.py", 7)


def test_a_row_is_a_stack_from_the_outermost_in_with_its_count():
    text = "thread (71): MainThread;<module> (/p/a.py:10);hot (/p/a.py:3) 12\n"
    assert parse_raw(text) == {(MAIN, HOT): 12}


def test_equal_stacks_of_several_rows_are_added_up():
    row = "thread (71): MainThread;<module> (/p/a.py:10)"
    assert parse_raw(f"{row} 2\n{row} 3\n") == {(MAIN,): 5}


def test_other_threads_do_not_count():
    text = (
        "thread (71): MainThread;<module> (/p/a.py:10) 4\n"
        "thread (72): Thread-1 (work);run (/usr/lib/python3.11/threading.py:900);work (/p/a.py:20) 4\n"
    )
    assert parse_raw(text) == {(MAIN,): 4}


def test_without_names_the_process_s_own_thread_counts():
    text = "thread (92);work (/p/a.py:20) 4\nthread (71);<module> (/p/a.py:10) 5\n"
    assert parse_raw(text) == {(MAIN,): 5}


@pytest.mark.parametrize(
    ("frame", "parsed"),
    [
        ("f (/p/with space.py:3)", ("f", "/p/with space.py", 3)),
        ("f (/p/odd (copy).py:3)", ("f", "/p/odd (copy).py", 3)),
        ("f (/p/semi;colon.py:3)", ("f", "/p/semi;colon.py", 3)),
        ("f (/p/ü.py:3)", ("f", "/p/ü.py", 3)),
        ("<lambda> (/p/a.py:3)", ("<lambda>", "/p/a.py", 3)),
        (
            "<listcomp> (<frozen importlib._bootstrap>:241)",
            ("<listcomp>", "<frozen importlib._bootstrap>", 241),
        ),
        ("f (/p/a.py)", ("f", "/p/a.py", 0)),
        ("f (C:\\p\\a.py:3)", ("f", "C:\\p\\a.py", 3)),
    ],
)
def test_odd_names_are_read(frame, parsed):
    assert parse_raw(f"thread (1): MainThread;{frame} 1\n") == {(parsed,): 1}


@pytest.mark.parametrize(
    "text", ["", "\n", "no stack at all\n", "thread (1): MainThread;f (/p/a.py:1) x\n", "f (a:1) 3\n"]
)
def test_what_is_no_stack_is_passed_over(text):
    assert parse_raw(text) == {}


def test_a_thread_without_frames_has_no_stack():
    assert parse_raw("thread (1): MainThread 7\n") == {}


def test_a_subjects_stacks_begin_below_its_own_frame():
    worker = ("measure", "/w/stacks.py", 40)
    first, second = ("perfwatch_subject_0", "<perfwatch>", 2), ("perfwatch_subject_1", "<perfwatch>", 2)
    stacks = Counter({(worker, first, MAIN, HOT): 3, (worker, second, MAIN): 4, (worker,): 9})
    assert of_subject(stacks, 0) == {(MAIN, HOT): 3}
    assert of_subject(stacks, 1) == {(MAIN,): 4}


def test_a_tenth_subject_is_not_the_first():
    tenth = ("perfwatch_subject_10", "<perfwatch>", 2)
    assert of_subject(Counter({(tenth, MAIN): 3}), 1) == {}


def test_own_samples_are_the_innermost_of_the_users_lines():
    found = sampled_lines(Counter({(MAIN, HOT): 6, (MAIN,): 4}), OWNERSHIP)
    assert (found["/p/a.py", 3].own, found["/p/a.py", 3].total) == (6, 6)
    assert (found["/p/a.py", 10].own, found["/p/a.py", 10].total) == (4, 10)


def test_library_frames_belong_to_the_line_that_called_them():
    found = sampled_lines(Counter({(MAIN, HOT, LIBRARY): 6}), OWNERSHIP)
    assert set(found) == {("/p/a.py", 3), ("/p/a.py", 10)}
    assert found["/p/a.py", 3].own == 6


def test_a_recursive_line_counts_once_in_a_stack():
    found = sampled_lines(Counter({(MAIN, HOT, HOT, HOT): 6}), OWNERSHIP)
    assert (found["/p/a.py", 3].own, found["/p/a.py", 3].total) == (6, 6)


def test_a_stack_without_a_line_of_the_users_is_nobodys():
    assert sampled_lines(Counter({(LIBRARY,): 6}), OWNERSHIP) == {}


def test_times_are_shares_of_the_clean_execution():
    stats = line_stats(Counter({(MAIN, HOT): 30, (MAIN,): 10, (LIBRARY,): 60}), 1_000_000, OWNERSHIP)
    times = {one.line: (one.time_ns, one.total_ns) for one in stats}
    assert times == {3: (300_000, 300_000), 10: (100_000, 400_000)}
    assert {one.file for one in stats} == {"a.py"}


def test_no_samples_give_no_lines():
    assert line_stats(Counter(), 1_000_000, OWNERSHIP) == ()


def traced(line, hits):
    return LineStat(file="a.py", line=line, function="hot", time_ns=9.0, total_ns=9.0, hits_count=hits)


def test_sampled_times_replace_traced_ones_and_hits_stay():
    stacks = Counter({(MAIN, HOT): 10})
    merged = with_sampled_times([traced(3, 500.0), traced(4, 7.0)], stacks, 1_000, OWNERSHIP)
    found = {one.line: (one.time_ns, one.hits_count) for one in merged}
    assert found == {3: (1_000, 500.0), 4: (0.0, 7.0), 10: (0.0, None)}


def test_merged_lines_come_in_the_order_of_the_file():
    stacks = Counter({(MAIN, HOT): 10, (("g", "/p/a.py", 1),): 1})
    merged = with_sampled_times([traced(3, 500.0)], stacks, 1_000, OWNERSHIP)
    assert [one.line for one in merged] == [1, 3, 10]


@pytest.mark.parametrize("seconds", [0.0, 0.01, 1.0, 15.0, 60.0, 1e6])
def test_the_rate_is_never_more_than_does_not_disturb(seconds):
    assert 20 <= rate_for(seconds) <= RATE_AT_MOST_HERTZ
