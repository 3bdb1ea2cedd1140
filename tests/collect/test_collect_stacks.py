"""What py-spy's raw stacks say of lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perfwatch.collect.stacks import (
    RATE_AT_LEAST_HERTZ,
    RATE_AT_MOST_HERTZ,
    Mode,
    counted,
    of_subject,
    parse_rows,
    rate_for,
    record_options,
)

MAIN = ("<module>", "/p/a.py", 10)
HOT = ("hot", "/p/a.py", 3)


def stacks_of(text, *, native=False):
    return counted(parse_rows(text, native=native))


def test_a_row_is_a_stack_from_the_outermost_in_with_its_count():
    text = "thread (71): MainThread;<module> (/p/a.py:10);hot (/p/a.py:3) 12\n"
    assert stacks_of(text) == {(MAIN, HOT): 12}


def test_equal_stacks_of_several_rows_are_added_up():
    row = "thread (71): MainThread;<module> (/p/a.py:10)"
    assert stacks_of(f"{row} 2\n{row} 3\n") == {(MAIN,): 5}


def test_a_row_names_its_process_and_thread():
    text = (
        'process 71:"python a.py";thread (71): MainThread;<module> (/p/a.py:10) 4\n'
        'process 71:"python a.py";process 90:"python -c x";thread (91): Thread-1 (work);work (/p/a.py:20) 5\n'
    )
    first, second = parse_rows(text)
    assert (first.process, first.thread, first.is_main, first.is_root) == (71, 71, True, True)
    assert (second.process, second.command, second.thread, second.name) == (
        90,
        "python -c x",
        91,
        "Thread-1 (work)",
    )
    assert not second.is_main
    assert not second.is_root


@pytest.mark.parametrize("command", ['python "a;b".py', 'python -c print("x;y")', "python ü (copy).py"])
def test_a_command_with_quotes_and_semicolons_is_read(command):
    (row,) = parse_rows(f'process 7:"{command}";thread (7): MainThread;<module> (/p/a.py:10) 4\n')
    assert (row.process, row.command, row.stack) == (7, command, (MAIN,))


def test_without_processes_the_main_threads_stands_for_them():
    text = "thread (92): Worker;work (/p/a.py:20) 4\nthread (71): MainThread;<module> (/p/a.py:10) 5\n"
    assert {row.process for row in parse_rows(text)} == {71}


def test_without_processes_and_names_the_lowest_thread_is_the_first():
    text = "thread (92);work (/p/a.py:20) 4\nthread (71);<module> (/p/a.py:10) 5\n"
    assert [row.is_main for row in parse_rows(text)] == [False, True]


NUMPY = "0x7f20 (/v/site-packages/numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so)"


@pytest.mark.parametrize(
    ("below", "native"),
    [
        ("", False),
        (f";{NUMPY}", True),
        (f";list_sort (/usr/lib/libpython3.11.so.1.0);{NUMPY}", True),
        (";list_sort (/usr/lib/libpython3.11.so.1.0)", False),
        (";_PyEval (/usr/bin/python3.11)", False),
        (";_int_malloc (/usr/lib/x86_64-linux-gnu/libc.so.6)", False),
        (";exp (/usr/lib/x86_64-linux-gnu/libm.so.6)", False),
        (";kernel (src/loops.c:120)", True),
        (f";{NUMPY};hot (/p/a.py:3)", False),
    ],
)
def test_native_is_compiled_code_outside_the_interpreter_below_the_last_python_frame(below, native):
    (row,) = parse_rows(f"thread (1): MainThread;<module> (/p/a.py:10){below} 3\n", native=True)
    assert row.native is native


def test_native_frames_are_not_part_of_the_stack():
    text = (
        f"thread (1): MainThread;0x1 (/usr/lib/libc.so.6);<module> (/p/a.py:10);{NUMPY};hot (/p/a.py:3) 3\n"
    )
    assert stacks_of(text, native=True) == {(MAIN, HOT): 3}


def test_whether_code_was_native_is_not_known_where_nobody_asked():
    (row,) = parse_rows("thread (1): MainThread;<module> (/p/a.py:10) 3\n")
    assert row.native is None


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
    assert stacks_of(f"thread (1): MainThread;{frame} 1\n") == {(parsed,): 1}


@pytest.mark.parametrize(
    "text", ["", "\n", "no stack at all\n", "thread (1): MainThread;f (/p/a.py:1) x\n", "f (a:1) 3\n"]
)
def test_what_is_no_stack_is_passed_over(text):
    assert stacks_of(text) == {}


def test_a_thread_without_frames_has_no_stack():
    assert stacks_of("thread (1): MainThread 7\n") == {}


def row_of(*frames):
    text = ";".join(f"{name} ({file}:{line})" for name, file, line in frames)
    (row,) = parse_rows(f"thread (1): MainThread;{text} 3\n")
    return row


def test_a_subjects_stacks_begin_below_its_own_frame():
    worker = ("measure", "/w/stacks.py", 40)
    first, second = ("perfwatch_subject_0", "<perfwatch>", 2), ("perfwatch_subject_1", "<perfwatch>", 2)
    rows = [row_of(worker, first, MAIN, HOT), replace(row_of(worker, second, MAIN), count=4), row_of(worker)]
    assert counted(of_subject(rows, 0)) == {(MAIN, HOT): 3}
    assert counted(of_subject(rows, 1)) == {(MAIN,): 4}


def test_a_tenth_subject_is_not_the_first():
    tenth = ("perfwatch_subject_10", "<perfwatch>", 2)
    assert of_subject([row_of(tenth, MAIN)], 1) == []


@pytest.mark.parametrize(
    ("mode", "asked"),
    [(Mode.ALL, "--idle"), (Mode.GIL, "--gil"), (Mode.NATIVE, "--native")],
)
def test_a_mode_is_asked_of_the_sampler(mode, asked):
    assert asked in record_options(100, Path("x"), mode=mode)


def test_running_threads_are_what_the_sampler_shows_when_nothing_else_is_asked():
    assert not {"--idle", "--gil", "--native"} & set(record_options(100, Path("x"), mode=Mode.ACTIVE))


@pytest.mark.parametrize("seconds", [0.0, 0.01, 1.0, 15.0, 60.0, 1e6])
def test_the_rate_is_never_more_than_does_not_disturb(seconds):
    assert RATE_AT_LEAST_HERTZ <= rate_for(seconds) <= RATE_AT_MOST_HERTZ
