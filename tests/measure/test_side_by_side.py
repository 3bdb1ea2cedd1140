"""Real processes that take turns: both sides play, one sleeps meanwhile, and whoever fails is named."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from random import Random

import pytest
from side_tables import WAIT, WORK, CrampedTable, asking_for, played, table_of

from perfwatch.measure.layout import PADDING_BYTES, PAGE_BYTES
from perfwatch.measure.turns import may_live_together
from perfwatch.records.pairing import Side, Stage, Want
from perfwatch.records.plan import Plan, Recorded
from perfwatch.records.run import FailureKind

if sys.platform == "win32":
    pytest.skip("turns need named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

pytestmark = pytest.mark.smoke


def test_each_pair_has_turns_of_both_sides_with_the_same_number_of_calls(tmp_path):
    table = table_of(tmp_path, WORK.format(rounds=2_000), WORK.format(rounds=4_000))
    found = played(table, asking_for(2))
    assert found.failures == []
    first, second = found.timings
    assert first.loops_count == second.loops_count
    assert first.loops_count > 1
    for timing in (first, second):
        assert len(timing.quads) > 1
        assert min(timing.cold_ns) > 0
        assert timing.spent_ns > 0
        for quad in timing.quads:
            starts = [turn.started_ns for turn in (*quad.base, *quad.head)]
            outer, inner = (quad.base, quad.head) if min(starts) == starts[0] else (quad.head, quad.base)
            # A B B A: the side that begins also ends.
            assert outer[0].started_ns < inner[0].started_ns < inner[1].started_ns < outer[1].started_ns


def test_a_head_that_does_twice_the_work_takes_about_twice_the_processor_time(tmp_path):
    table = table_of(tmp_path, WORK.format(rounds=20_000), WORK.format(rounds=40_000))
    (timing,) = played(table, asking_for(1)).timings
    base = sum(turn.cpu_ns for quad in timing.warm for turn in quad.base)
    head = sum(turn.cpu_ns for quad in timing.warm for turn in quad.head)
    assert 1.6 < head / base < 2.5


SPINNING = """
import threading, time

def spin():
    while True:
        sum(range(1000))

threading.Thread(target=spin, daemon=True).start()

def work():
    time.sleep(0.001)
"""


def test_whoever_waits_is_stopped_with_all_its_threads(tmp_path):
    """A helper thread that computes all the time gets no processor while the other side plays."""
    table = table_of(tmp_path, SPINNING, WORK.format(rounds=20_000))
    (timing,) = played(table, asking_for(1)).timings
    for quad in timing.quads:
        # Between its two turns base slept: its processor time is that of its turns alone.
        for turn in quad.base:
            assert turn.cpu_ns < 1.5 * turn.wall_ns


PADDED = (
    WORK
    + """
import os
from pathlib import Path

with Path("paddings").open("a") as file:
    file.write(str(len(os.environ['PERFWATCH_PADDING'])) + ' ')
"""
)


def test_both_processes_of_a_pair_have_the_same_padding_and_each_pair_another(tmp_path):
    """The first two starts are rehearsals of base and head; the twin rehearses, and plays no pair."""
    table = table_of(tmp_path, PADDED.format(rounds=1000), PADDED.format(rounds=1000))
    played(table, asking_for(6))
    base, head = (
        [int(one) for one in (tmp_path / side / "paddings").read_text().split()] for side in ("base", "head")
    )
    assert base == head
    assert len(base) == 1 + 6
    assert len(set(base[1:])) > 1
    assert all(PADDING_BYTES <= one < PADDING_BYTES + PAGE_BYTES for one in base)


def test_the_twin_takes_the_place_of_head(tmp_path):
    table = table_of(tmp_path, WORK.format(rounds=20_000), WORK.format(rounds=40_000))
    (timing,) = played(table, asking_for(1, against=Side.TWIN)).timings
    assert timing.against is Side.TWIN


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("def work():\n    raise ValueError('no data')\n", FailureKind.EXCEPTION, "ValueError: no data"),
        ("import nothing_of_that_name\n", FailureKind.IMPORT, "nothing_of_that_name"),
        ("def work(:\n", FailureKind.SYNTAX, "SyntaxError"),
        ("import os\ndef work():\n    os._exit(3)\n", FailureKind.NO_RESULT, ""),
        ("import os\ndef work():\n    os.kill(os.getpid(), 11)\n", FailureKind.SIGNAL, "SIGSEGV"),
    ],
)
def test_a_head_that_fails_is_named_and_not_asked_again_and_again(tmp_path, source, kind, words):
    found = played(table_of(tmp_path, WORK.format(rounds=1000), source), asking_for(4))
    assert found.timings == []
    assert {side for side, _ in found.failures} == {Side.HEAD}
    assert {failure.kind for _, failure in found.failures} == {kind}
    assert len(found.failures) <= 3
    assert words in found.failures[0][1].message


FAILS_LATER = """
calls = []

def work():
    calls.append(1)
    if len(calls) > 50:
        raise RuntimeError("worn out")
"""


def test_a_benchmark_that_fails_in_the_middle_of_its_turns_is_a_failure(tmp_path):
    found = played(table_of(tmp_path, WORK.format(rounds=1000), FAILS_LATER), asking_for(2))
    assert found.timings == []
    assert "RuntimeError: worn out" in found.failures[0][1].message
    assert found.failed() == {"bench:work"}


HANGS = """
import time

def work():
    time.sleep(600)
"""


def test_a_benchmark_that_hangs_is_ended_at_the_time_limit(tmp_path):
    plan = Plan(timeout_ns=1_000_000_000)
    found = played(table_of(tmp_path, WORK.format(rounds=1000), HANGS, plan=plan), asking_for(2))
    assert found.timings == []
    assert {failure.kind for _, failure in found.failures} == {FailureKind.TIMEOUT}


def test_a_benchmark_gets_no_more_than_its_time(tmp_path):
    plan = Plan(per_benchmark_ns=1)
    found = played(
        table_of(tmp_path, WORK.format(rounds=1000), WORK.format(rounds=1000), plan=plan), asking_for(4)
    )
    assert len(found.timings) == 1


WHERE = """
import os
from pathlib import Path

def work():
    stat = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    with open("ran_on", "a") as file:
        file.write(stat[36] + "\\n")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a thread be kept on one processor")
def test_both_sides_of_one_thread_play_on_the_same_processor(tmp_path):
    (timing,) = played(table_of(tmp_path, WHERE, WHERE), asking_for(1)).timings
    assert timing.processor in os.sched_getaffinity(0)
    for side in (Side.BASE, Side.HEAD):
        ran_on = (tmp_path / side.value / "ran_on").read_text(encoding="utf-8").split()
        assert set(ran_on[-100:]) == {str(timing.processor)}


MANY_THREADS = """
import hashlib
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(2)
DATA = bytes(2_000_000)

def work():
    for done in [pool.submit(lambda: hashlib.sha256(DATA).digest()) for _ in range(2)]:
        done.result()
"""


def test_a_side_that_computes_in_several_threads_keeps_all_processors_and_so_does_the_other(tmp_path):
    (timing,) = played(table_of(tmp_path, WORK.format(rounds=20_000), MANY_THREADS), asking_for(1)).timings
    assert timing.processor is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a thread be kept on one processor")
def test_the_conductor_has_its_processors_back_afterwards(tmp_path):
    before = os.sched_getaffinity(0)
    played(table_of(tmp_path, WORK.format(rounds=20_000), WORK.format(rounds=20_000)), asking_for(1))
    assert os.sched_getaffinity(0) == before


def test_a_benchmark_that_had_its_time_holds_no_other_one_back(tmp_path):
    """What is wanted is asked again with the names that get no more for their screening."""
    told = []

    def wanted(timings, over):
        told.append(over)
        return () if over else (Want(benchmark="bench:work", stage=Stage.SCREEN, pairs_count=9),)

    plan = Plan(per_benchmark_ns=1)
    table = table_of(tmp_path, WORK.format(rounds=1000), WORK.format(rounds=1000), plan=plan)
    played(table, wanted)
    assert told == [frozenset(), frozenset({"bench:work"})]


def test_where_there_is_no_room_for_two_one_process_is_alive_at_a_time(tmp_path):
    """A side plays all its turns at once, when the machine may be twice as fast as for the other: both wait."""
    roomy = table_of(tmp_path, WAIT.format(seconds=0.002), WAIT.format(seconds=0.004))
    table = CrampedTable(roomy._target, roomy._settings, Plan(), Recorded(), Random(1))
    found = played(table, asking_for(3))
    assert found.failures == []
    assert found.one_alive
    assert len(found.timings) == 3
    fastest = []
    for timing in found.timings:
        stretches = [
            [
                [quad.base[0].started_ns for quad in timing.quads],
                [quad.base[1].started_ns for quad in timing.quads],
            ],
            [
                [quad.head[0].started_ns for quad in timing.quads],
                [quad.head[1].started_ns for quad in timing.quads],
            ],
        ]
        outer, inner = stretches if timing.first is Side.BASE else stretches[::-1]
        order = [outer[0], inner[0], inner[1], outer[1]]
        for before, after in pairwise(order):
            assert max(before) < min(after)
        base, head = (
            min(turn.wall_ns for quad in timing.quads for turn in getattr(quad, side))
            for side in ("base", "head")
        )
        fastest.append((base, head))
        assert 1.5 < head / base < 2.7
    assert max(base for base, _ in fastest) < min(head for _, head in fastest)
    assert {timing.loops_count for timing in found.timings} == {1}


def test_a_failure_is_named_where_one_process_is_alive_at_a_time_too(tmp_path):
    roomy = table_of(tmp_path, WORK.format(rounds=1000), FAILS_LATER)
    table = CrampedTable(roomy._target, roomy._settings, Plan(), Recorded(), Random(1))
    found = played(table, asking_for(2))
    assert found.timings == []
    assert "RuntimeError: worn out" in found.failures[0][1].message
    assert {side for side, _ in found.failures} == {Side.HEAD}


@pytest.mark.parametrize(
    ("told", "room_bytes", "together"),
    [
        ({"accelerator": False, "peak_bytes": 100}, 200, True),
        ({"accelerator": False, "peak_bytes": 101}, 200, False),
        ({"accelerator": False, "peak_bytes": None}, 200, True),
        ({"accelerator": False, "peak_bytes": 101}, None, True),
        ({"accelerator": True, "peak_bytes": 1}, None, False),
    ],
)
def test_two_live_together_where_there_is_room_and_no_device_to_share(told, room_bytes, together):
    assert may_live_together(told, room_bytes) is together
