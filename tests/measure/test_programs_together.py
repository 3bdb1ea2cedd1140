"""Whole programs at the same time on one processor: which may, what is taken of them, and what happens where it goes wrong."""

from __future__ import annotations

import os
import statistics
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("the supervisor needs fork, which Windows has not", allow_module_level=True)

from side_tables import asking_for, played, queues_are_told, table_of

from perfwatch.compare.paired import CPU, WALL, clock_for
from perfwatch.measure import abba, side_by_side
from perfwatch.measure.abba import may_run_together, play_together
from perfwatch.measure.chair import Rules
from perfwatch.measure.runner import Execution, Outcome
from perfwatch.measure.side_by_side import Table
from perfwatch.records.pairing import Side, Stage
from perfwatch.records.plan import Plan, Recorded
from perfwatch.records.run import FailureKind
from perfwatch.worker import processor

MS = 1_000_000
#: Enough that the interpreter's start is a small part of it.
WORK = """
total = 0
for number in range({rounds}):
    total += number * number
"""
SOME = WORK.format(rounds=1_000_000)
RULES = Rules(
    pair=0,
    stage=Stage.SCREEN,
    against=Side.HEAD,
    first=Side.BASE,
    quads_ns=1,
    timeout_ns=1,
    loops={},
    processor=0,
)


def outcome(wall_ms=1_000, cpu_ms=990, thread_ms=None, queued_ms=0, **changes):
    plain = {
        "wall_ns": round(wall_ms * MS),
        "started_ns": 0,
        "exit_code": 0,
        "thread_ns": round((cpu_ms if thread_ms is None else thread_ms) * MS),
        "queued_ns": round(queued_ms * MS),
        "waits_count": 2,
        "usage": {
            "user_cpu_ns": round(cpu_ms * MS),
            "system_cpu_ns": 0,
            "peak_resident_bytes": 50_000_000,
        },
    }
    return Outcome(**(plain | changes))


# Which may


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (outcome(), True),
        # Neighbours took the processor for half of the time: that is no waiting of the program's.
        (outcome(wall_ms=2_000, queued_ms=1_000), True),
        (outcome(exit_code=1), False),
        (outcome(exit_code=-9), False),
        (outcome(timed_out=True), False),
        # Two threads, or a child process, and one thread that hardly did more than the first.
        (outcome(wall_ms=550, cpu_ms=1_000, thread_ms=500), False),
        (outcome(cpu_ms=990, thread_ms=985), True),
        # A tenth of it slept.
        (outcome(cpu_ms=900), False),
        (outcome(cpu_ms=960), True),
        # This system tells nothing of threads.
        (outcome(thread_ns=None, queued_ns=None), False),
    ],
)
def test_programs_run_together_where_they_compute_in_one_thread_and_hardly_wait(one, told):
    assert may_run_together([one]) is told
    assert may_run_together([outcome(), one]) is told


def test_two_need_room_for_two():
    assert may_run_together([outcome()], room_bytes=100_000_000)
    assert not may_run_together([outcome()], room_bytes=99_999_999)


def test_nothing_that_was_seen_is_no_leave():
    assert not may_run_together([])


# What is taken of them


@queues_are_told
def test_both_sides_run_at_once_on_one_processor_twice_in_a_pair(tmp_path):
    # Much longer than a busy machine takes to start one after the other.
    work = WORK.format(rounds=5_000_000)
    found = played(table_of(tmp_path, work, work, whole=True), asking_for(2, name="bench.py"), "bench.py")
    assert found.failures == []
    for timing in found.timings:
        assert timing.processor in os.sched_getaffinity(0)
        (quad,) = timing.quads
        for one, two in zip(quad.base, quad.head, strict=True):
            assert abs(one.started_ns - two.started_ns) < min(one.cpu_ns, two.cpu_ns)
        assert quad.base[0].started_ns + quad.base[0].cpu_ns < quad.base[1].started_ns
    assert clock_for(found.timings)[0] == CPU


@queues_are_told
def test_the_wall_time_is_without_what_the_other_one_took(tmp_path):
    found = played(table_of(tmp_path, SOME, SOME, whole=True), asking_for(3, name="bench.py"), "bench.py")
    turns = [turn for timing in found.timings for quad in timing.quads for turn in (*quad.base, *quad.head)]
    # Each took about twice as long to its end.
    assert statistics.median(turn.wall_ns / turn.cpu_ns for turn in turns) < 1.3


@queues_are_told
def test_twice_the_work_takes_twice_the_time_in_every_pair(tmp_path):
    base, head = WORK.format(rounds=2_000_000), WORK.format(rounds=4_000_000)
    found = played(table_of(tmp_path, base, head, whole=True), asking_for(3, name="bench.py"), "bench.py")
    assert {timing.processor is not None for timing in found.timings} == {True}
    for timing in found.timings:
        (quad,) = timing.quads
        ratio = sum(turn.cpu_ns for turn in quad.head) / sum(turn.cpu_ns for turn in quad.base)
        assert 1.6 < ratio < 2.1


@queues_are_told
def test_a_program_that_sleeps_a_little_is_judged_by_wall_time_with_its_sleep_in_it(tmp_path):
    # Who is kept from the processor just before it would sleep finds that the time has passed: once, not twice.
    sleepy = f"import time\n{SOME}\ntime.sleep(0.004)\ntime.sleep(0.004)\n"
    found = played(table_of(tmp_path, sleepy, sleepy, whole=True), asking_for(2, name="bench.py"), "bench.py")
    assert clock_for(found.timings) == (WALL, "it waits for something")
    for timing in found.timings:
        for turn in (*timing.quads[0].base, *timing.quads[0].head):
            assert turn.wall_ns - turn.cpu_ns >= 4 * MS


@queues_are_told
def test_one_hiccup_of_the_machine_is_no_waiting():
    played_ = abba.Played()
    calm, late, stolen = outcome(cpu_ms=999), outcome(cpu_ms=980), outcome(cpu_ms=980, waits_count=0)
    order = (Side.BASE, Side.HEAD, Side.HEAD, Side.BASE)
    abba._take(played_, list(zip(order, (late, calm, calm, calm), strict=True)), "s", RULES)
    abba._take(played_, list(zip(order, (late, calm, calm, late), strict=True)), "s", RULES)
    # It never gave the processor up: who took the time is not known, and it was no waiting.
    abba._take(played_, list(zip(order, (stolen,) * 4, strict=True)), "s", RULES)
    once, always, never = (
        [turn.waits_count for turn in (*one.quads[0].base, *one.quads[0].head)] for one in played_.timings
    )
    assert once == never == [0, 0, 0, 0]
    assert always == [2, 2, 0, 0]


# Where it goes wrong


@queues_are_told
def test_programs_that_get_in_each_other_s_way_are_played_one_after_the_other_and_fail_nothing(tmp_path):
    exclusive = f"import os\nos.close(os.open({str(tmp_path / 'lock')!r}, os.O_CREAT | os.O_EXCL))\n{SOME}\nos.unlink({str(tmp_path / 'lock')!r})\n"
    found = played(
        table_of(tmp_path, exclusive, exclusive, whole=True), asking_for(2, name="bench.py"), "bench.py"
    )
    assert found.failures == []
    assert [timing.processor for timing in found.timings] == [None, None]


@queues_are_told
def test_programs_that_would_share_an_accelerator_are_played_one_after_the_other(tmp_path, monkeypatch):
    # What a device is called is all that tells one: here, one that every machine has.
    monkeypatch.setattr(processor, "_ACCELERATORS", ("/dev/zero",))
    opening = f"held = open('/dev/zero')\n{SOME}"
    found = played(table_of(tmp_path, SOME, opening, whole=True), asking_for(1, name="bench.py"), "bench.py")
    assert (found.failures, [timing.processor for timing in found.timings]) == ([], [None])


@queues_are_told
def test_threads_that_compute_keep_all_processors(tmp_path):
    threads = """
import hashlib, threading
data = bytes(60_000_000)
both = [threading.Thread(target=lambda: hashlib.sha256(data).digest()) for _ in range(2)]
for one in both: one.start()
for one in both: one.join()
"""
    found = played(
        table_of(tmp_path, threads, threads, whole=True), asking_for(1, name="bench.py"), "bench.py"
    )
    assert [timing.processor for timing in found.timings] == [None]
    assert clock_for(found.timings)[0] == WALL


@queues_are_told
def test_a_program_that_fails_on_one_side_is_that_side_s_failure(tmp_path):
    found = played(
        table_of(tmp_path, SOME, f"{SOME}\nraise SystemExit(3)", whole=True),
        asking_for(1, name="bench.py"),
        "bench.py",
    )
    assert [side for side, _ in found.failures] == [Side.HEAD]
    assert found.timings == []


def in_one_folder(tmp_path, base, head, plan=None):
    roomy = table_of(tmp_path, base, head, whole=True)
    shared = {side: replace(one, cwd=tmp_path) for side, one in roomy._settings.items()}
    table = Table(roomy._target, shared, plan or Plan(), Recorded(), Random(1))
    return played(table, asking_for(1, name="bench.py"), "bench.py")


@queues_are_told
def test_sides_in_one_folder_that_write_nothing_there_run_at_the_same_time(tmp_path):
    found = in_one_folder(tmp_path, SOME, SOME)
    assert found.failures == []
    assert [timing.processor is not None for timing in found.timings] == [True]


@pytest.mark.parametrize(
    "does",
    [
        "open('made', 'a').write('x')",
        "open('there', 'w').write('y')",
        "import os\nos.path.exists('there') and os.unlink('there')",
    ],
    ids=["a-new-file", "a-file-that-was-there", "a-file-that-goes"],
)
@pytest.mark.parametrize("side", [Side.BASE, Side.HEAD])
def test_sides_that_write_into_one_folder_are_played_one_after_the_other(side, does, tmp_path):
    (tmp_path / "there").write_text("text")
    texts = {Side.BASE: SOME, Side.HEAD: SOME, side: f"{SOME}\n{does}\n"}
    found = in_one_folder(tmp_path, texts[Side.BASE], texts[Side.HEAD])
    assert (found.failures, [timing.processor for timing in found.timings]) == ([], [None])


def test_sides_in_one_folder_too_large_to_look_at_are_played_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.setattr(abba, "FILES_AT_MOST", 2)
    found = in_one_folder(tmp_path, SOME, SOME)
    assert (found.failures, [timing.processor for timing in found.timings]) == ([], [None])


@queues_are_told
def test_sides_in_one_folder_too_long_to_be_rehearsed_both_are_played_one_after_the_other(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(side_by_side, "REHEARSAL_SHARE", 0.0)
    found = in_one_folder(tmp_path, SOME, SOME)
    assert (found.failures, [timing.processor for timing in found.timings]) == ([], [None])


def test_two_at_a_time_have_the_time_of_two(tmp_path):
    execution = Execution(
        command=(sys.executable, "-c", "import time; time.sleep(30)"),
        cwd=tmp_path,
        environment=os.environ,
        folder=tmp_path,
        stdin=0,
        timeout_ns=200 * MS,
    )
    assert abba._kept(execution, RULES).timeout_ns == 400 * MS
    with Path(os.devnull).open() as nothing:
        once = replace(execution, stdin=nothing.fileno())
        found = play_together({Side.BASE: lambda: once, Side.HEAD: lambda: once}, "bench.py", RULES)
    assert (found.too_much, found.timings, found.outcomes) == (True, [], {})


def test_a_program_that_hangs_is_ended_once_and_that_is_told(tmp_path):
    hanging = "import time\ntime.sleep(60)\n"
    table = table_of(tmp_path, SOME, hanging, plan=Plan(timeout_ns=1_000 * MS), whole=True)
    found = played(table, asking_for(2, name="bench.py"), "bench.py")
    assert [(side, failure.kind) for side, failure in found.failures] == [(Side.HEAD, FailureKind.TIMEOUT)]
    assert found.timings == []
