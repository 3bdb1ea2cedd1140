"""Stretches share the time, and a sampler's failure comes back in its own words."""

from __future__ import annotations

import os
import stat
import sys
from collections import Counter

import pytest

from perfwatch.collect.stacks import Mode, parse_rows
from perfwatch.measure.attach_stretch import Sampler, Stretch, cause_in, stretches, whole_rows, why_not

if sys.platform == "win32":
    pytest.skip("perfwatch attach is not for Windows", allow_module_level=True)

SECOND = 1_000_000_000


def spy(folder, text):
    """A program that stands for py-spy."""
    path = folder / "py-spy"
    path.write_text(f"#!{sys.executable}\nimport signal, sys, time\n{text}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def watched(program, folder, seconds=0.2, **more):
    stretch = Stretch(mode=Mode.ALL, duration_ns=round(seconds * SECOND))
    return Sampler(program=program, pid=os.getpid(), folder=folder, **more).watch(stretch)


@pytest.mark.parametrize("seconds", [1, 3, 4, 10, 30, 600])
def test_stretches_fill_the_time_with_three_fifths_for_all_threads(seconds):
    spent = Counter()
    for one in stretches(seconds * SECOND):
        spent[one.mode] += one.duration_ns
    assert spent[Mode.ALL] == pytest.approx(0.6 * seconds * SECOND, rel=1e-6)
    assert spent[Mode.ACTIVE] == spent[Mode.GIL] == pytest.approx(0.2 * seconds * SECOND, rel=1e-6)


def test_a_watch_of_four_seconds_and_more_looks_at_each_thing_twice():
    assert len(stretches(3 * SECOND)) == 3
    assert len(stretches(4 * SECOND)) == 6
    assert max(one.duration_ns for one in stretches(3600 * SECOND)) <= 10 * SECOND


def test_native_frames_take_the_place_of_all_threads():
    assert {one.mode for one in stretches(SECOND, native=True)} == {Mode.NATIVE, Mode.ACTIVE, Mode.GIL}


WRITES = """
def end(*_):
    open(sys.argv[sys.argv.index("-o") + 1], "w").write('process 5:"python";thread (5): Main;f (/a.py:3) 7\\n')
    sys.exit(0)
signal.signal(signal.SIGINT, end)
print("py-spy> Sampling process 100 times a second", flush=True)
time.sleep(60)
"""


def test_at_the_end_of_its_time_a_sampler_is_told_to_write(tmp_path):
    seen = watched(spy(tmp_path, WRITES), tmp_path)
    (row,) = seen.rows
    assert (row.process, row.count, row.stack) == (5, 7, (("f", "/a.py", 3),))
    assert seen.watched_ns >= 0.2 * SECOND
    assert seen.trouble == ""


def test_a_stretch_that_is_stopped_keeps_what_was_seen(tmp_path):
    seen = watched(spy(tmp_path, WRITES), tmp_path, 60, stopped=stopping_after(3))
    assert [row.count for row in seen.rows] == [7]
    assert 0 < seen.watched_ns < 60 * SECOND


def stopping_after(looks):
    """The answer becomes yes once it was asked so often."""
    asked = iter(range(looks))
    return lambda: next(asked, None) is None


def test_who_runs_is_asked_without_stopping_anybody(tmp_path):
    program = spy(tmp_path, "sys.exit(' '.join(sys.argv))")
    sampler = Sampler(program=program, pid=1, folder=tmp_path)
    said = {mode: sampler.watch(Stretch(mode=mode, duration_ns=SECOND)).trouble for mode in Mode}
    assert [mode for mode, options in said.items() if "--nonblocking" in options] == [Mode.ACTIVE]


def test_the_samplers_own_limit_ends_it_soon_after_ours(tmp_path):
    # Whatever becomes of us, it does not stay.
    said = watched(spy(tmp_path, "sys.exit('limit ' + sys.argv[sys.argv.index('-d') + 1])"), tmp_path).trouble
    assert said == "limit 2"


def test_a_version_that_the_sampler_does_not_know_is_named(tmp_path):
    program = spy(
        tmp_path, "print('Error: Unsupported version of Python: 3.99.0', file=sys.stderr); sys.exit(1)"
    )
    assert watched(program, tmp_path).trouble == "Unsupported version of Python: 3.99.0"
    assert why_not(program, 1) == "Unsupported version of Python: 3.99.0"


def test_a_sampler_that_does_not_start_says_so(tmp_path):
    assert "does not start" in why_not(str(tmp_path / "none"), 1)


def test_the_cause_is_the_error_and_the_first_thing_behind_it():
    words = b"noise\nError: Failed to suspend\n\nCaused by:\n    0: EPERM: not permitted\n    1: EPERM: not permitted\n\nStack backtrace:\n   0: py_spy::main\n"
    assert cause_in(words) == "Failed to suspend: EPERM: not permitted"
    assert cause_in(b"Permission Denied: try sudo\n") == "Permission Denied: try sudo"
    assert cause_in(b"") == ""


def test_a_command_line_with_line_ends_does_not_tear_its_rows():
    text = 'process 5:"python -c \nimport x\nx.run()";thread (5);f (<string>:3) 7\nprocess 5:"python -c \nimport x\nx.run()";thread (6): other;g (/a.py:4) 2\n'
    rows = parse_rows(whole_rows(text))
    assert [(row.thread, row.count) for row in rows] == [(5, 7), (6, 2)]
