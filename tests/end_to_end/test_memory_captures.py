"""Captures past their cap or too long to be read singly, children, native threads, the garbage collector."""

from __future__ import annotations

import sys

import pytest
from tracing import marked, read_function, read_script, reading_of, traced

from perfwatch.collect.memory import capture_files

if sys.platform == "win32":
    pytest.skip("memray does not exist for Windows", allow_module_level=True)


def line_of(source, reading, mark):
    (line,) = [one for one in reading.lines if one.line == marked(source, mark)]
    return line


# Captures that grow past the cap

LONG = """\
import time
def phase(size):
    return bytearray(size)
early = phase(30_000_000)
deadline = time.monotonic() + 20
import os, glob
while not glob.glob("*.rest") and time.monotonic() < deadline:
    time.sleep(0.05)
late = bytearray(50_000_000)  # late
time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def capped(tmp_path_factory):
    return read_script(tmp_path_factory.mktemp("capped") / "it", LONG, options={"cap_bytes": 1})


def test_past_the_cap_the_peak_goes_on_to_be_traced(capped):
    assert capped.profile.peak_bytes == pytest.approx(80_000_000, rel=0.04)
    assert line_of(LONG, capped, "late").peak_bytes == pytest.approx(50_000_000, rel=0.01)
    assert max(moment.heap_bytes for moment in capped.profile.moments) <= capped.profile.peak_bytes


def test_what_the_cap_loses_is_said_and_no_figure_is_made_up(capped):
    assert "the capture reached its greatest size" in capped.warnings[0]
    assert "at most what is given here" in capped.warnings[1]
    late = line_of(LONG, capped, "late")
    assert (capped.profile.allocated_bytes, capped.profile.leaked_bytes) == (None, None)
    assert (late.allocated_bytes, late.without_bytes, late.leaked_bytes) == (None, None, None)


# More allocations than are read one by one

MANY = """\
import time
held = bytearray(20_000_000)  # held
time.sleep(0.05)
for _ in range(2_000):
    bytearray(2_000)
burst = bytearray(30_000_000)  # burst
time.sleep(0.05)
del burst
time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """One capture read one allocation at a time, and as if it held too many for that."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "s.py").write_text(MANY, encoding="utf-8")
    _, record = traced(folder, {"kind": "script", "path": "s.py"})
    return reading_of(folder, record), reading_of(folder, record, limit=10)


def test_what_memray_adds_up_agrees_with_what_is_read_singly(both):
    single, many = both
    assert many.profile.peak_bytes == single.profile.peak_bytes
    assert many.profile.allocated_bytes == single.profile.allocated_bytes
    assert many.profile.allocations_count == single.profile.allocations_count
    assert many.profile.leaked_bytes == single.profile.leaked_bytes
    assert many.profile.temporary_count == single.profile.temporary_count
    for mark in ("held", "burst"):
        one, other = line_of(MANY, single, mark), line_of(MANY, many, mark)
        assert other.peak_bytes == one.peak_bytes
        assert other.without_bytes == pytest.approx(one.without_bytes, rel=0.05)


def test_what_was_not_read_singly_is_counted_and_said(both):
    _, many = both
    assert many.lost_count >= 4_000
    assert "too many to be read one by one" in many.warnings[0]
    assert all(one.allocated_bytes is None for one in many.lines)


# Children

FORKS = """\
import os
def work(size):
    return bytearray(size)  # child
base = bytearray(10_000_000)
for size in (20_000_000, 40_000_000, 30_000_000):
    child = os.fork()
    if child == 0:
        work(size)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_forked_children_are_counted_and_their_peaks_kept_apart(tmp_path):
    reading = read_script(tmp_path / "it", FORKS)
    assert reading.profile.children_count == 3
    assert reading.profile.children_peak_bytes == pytest.approx(40_000_000, rel=0.01)
    assert reading.profile.peak_bytes == pytest.approx(10_000_000, rel=0.05)
    child = line_of(FORKS, reading, "child")
    assert child.allocated_bytes == pytest.approx(90_000_000, rel=0.01)
    assert child.peak_bytes == 0
    assert reading.warnings == ()


POOL = """\
import multiprocessing
def work(size):
    return len(bytearray(size))  # child
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(work, [15_000_000] * 6, chunksize=1) == [15_000_000] * 6
        pool.close()
        pool.join()
"""


def test_the_workers_of_a_forked_pool_are_followed(tmp_path):
    reading = read_script(tmp_path / "it", POOL)
    assert reading.profile.children_count == 2
    assert reading.profile.children_peak_bytes == pytest.approx(15_000_000, rel=0.1)
    assert line_of(POOL, reading, "child").allocated_bytes == pytest.approx(90_000_000, rel=0.02)


def test_more_children_than_are_traced_are_counted_and_said(tmp_path):
    source = "import os\nfor _ in range(70):\n    child = os.fork()\n    if child == 0:\n        os._exit(0)\n    os.waitpid(child, 0)\n"
    reading = read_script(tmp_path / "it", source)
    assert reading.profile.children_count == 70
    assert any("6 of 70 forked children" in warning for warning in reading.warnings)


def test_a_child_that_runs_to_the_end_of_the_script_does_not_spoil_its_parents_capture(tmp_path):
    source = "import os\nchild = os.fork()\nif child:\n    os.waitpid(child, 0)\nown = bytearray(9_000_000)\n"
    reading = read_script(tmp_path / "it", source)
    assert reading.profile.peak_bytes == pytest.approx(9_000_000, rel=0.05)
    assert reading.profile.children_count == 1


def test_children_that_cannot_be_followed_are_said(tmp_path):
    source = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'pass'], check=True)\n"
    reading = read_script(tmp_path / "it", source)
    assert reading.profile.children_count == 0
    assert any("not forked" in warning for warning in reading.warnings)


# Native threads

NATIVE = """\
import ctypes
threads = ctypes.CDLL(None)
start = ctypes.cast(ctypes.pythonapi.PyMem_RawMalloc, ctypes.c_void_p)
thread = ctypes.c_ulong()
assert threads.pthread_create(ctypes.byref(thread), None, start, ctypes.c_void_p(25_000_000)) == 0
assert threads.pthread_join(thread, None) == 0
own = bytearray(10_000_000)
"""


def test_what_a_native_thread_allocates_is_shown_and_belongs_to_no_line(tmp_path):
    reading = read_script(tmp_path / "it", NATIVE)
    assert reading.profile.native_bytes == pytest.approx(25_000_000, rel=0.02)
    assert reading.profile.peak_bytes == pytest.approx(35_000_000, rel=0.05)
    assert sum(one.peak_bytes for one in reading.lines) < 12_000_000


# The garbage collector, and what the target may notice

COLLECTED = """\
import atexit, gc, threading
class Node:
    def __init__(self):
        self.itself = self
gc.disable()
for _ in range(3):
    nodes = [Node() for _ in range(1_000)]
    del nodes
    gc.collect()
print(threading.active_count())
atexit.register(lambda: print(len(gc.callbacks)))
"""


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collected")
    (folder / "s.py").write_text(COLLECTED, encoding="utf-8")
    done, record = traced(folder, {"kind": "script", "path": "s.py"})
    return done, record, reading_of(folder, record)


def test_collections_are_counted_and_timed_by_generation(collected):
    (whole,) = [one for one in collected[2].profile.collections if one.generation == 2]
    assert whole.collections_count == 3
    assert whole.collected_count >= 3_000
    assert 0 < whole.longest_pause_ns <= whole.pause_ns


def test_the_target_sees_no_thread_of_ours_and_no_callback_stays(collected):
    done, record, _ = collected
    assert done.stdout.split() == ["1", "0"]
    assert record["collections_cost_ns"] > 0


# Further calls of a callable


def test_a_call_that_takes_long_is_not_repeated_and_that_is_said(tmp_path):
    source = "import time\ndef slow():\n    time.sleep(0.2)\n"
    reading = read_function(tmp_path / "it", source, "slow", options={"leak_seconds": 0.1})
    assert any("takes too long to be repeated" in warning for warning in reading.warnings)


def test_a_function_that_fails_when_called_again_keeps_its_figures(tmp_path):
    source = "calls = []\ndef twice():\n    calls.append(1)\n    if len(calls) > 2:\n        raise ValueError('no')\n    return bytearray(5_000_000)\n"
    reading = read_function(tmp_path / "it", source, "twice")
    assert reading.profile.peak_bytes >= 5_000_000
    assert any("raised ValueError" in warning for warning in reading.warnings)


def test_calls_that_make_very_many_small_objects_are_compared_by_their_bigger_blocks(tmp_path):
    source = """\
kept = []
def busy():
    kept.append(bytearray(100_000))  # leak
    return len([(number,) for number in range(300_000)])
"""
    reading = read_function(tmp_path / "it", source, "busy", options={"leak_seconds": 30.0})
    (leak,) = [one for one in reading.profile.leaks if one.line == marked(source, "leak")]
    assert leak.growing
    assert leak.leaked_bytes == pytest.approx(100_000, rel=0.02)


def test_the_files_of_a_capture_are_all_named(tmp_path):
    (tmp_path / "mod.py").write_text("def nothing():\n    pass\n", encoding="utf-8")
    case = {"name": "it", "function": "mod:nothing"}
    _, record = traced(tmp_path, {"kind": "callable", "cases": [case]})
    path = tmp_path / "capture-0.bin"
    assert record["capture"] == str(path)
    assert capture_files(path) == (path, tmp_path / "capture-0.bin.leaks")
