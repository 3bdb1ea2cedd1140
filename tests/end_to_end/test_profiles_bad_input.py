"""Targets that meddle with what profilers use: they run as they would alone, and the report says what it could see."""

from __future__ import annotations

import math
import sys
import timeit
from hashlib import sha256

import pytest
from bad_input import flat, write
from meddling import HOT, ONCE, assert_hot, assert_told, assert_untouched, ran
from running import perfwatch, report_of
from tools import need_module

if sys.platform != "linux":
    pytest.skip("what is left of a target is looked for in /proc", allow_module_level=True)

#: What each does before, while or after it works 200 rounds.
MEDDLING = {
    "installs its own tracer": """
        seen = []
        def tracer(frame, event, value):
            if event == "call" and frame.f_code is work.__code__:
                seen.append(event)
        sys.settrace(tracer)
        work(200)
        print(len(seen), sys.gettrace() is tracer)
    """,
    "replaces sys.settrace": """
        sys.settrace = lambda function: None
        work(200)
        sys.settrace(print)
        print("ran")
    """,
    "installs its own profile function": """
        seen = []
        def profiler(frame, event, value):
            if event == "call" and frame.f_code is work.__code__:
                seen.append(event)
        sys.setprofile(profiler)
        work(200)
        print(len(seen), sys.getprofile() is profiler)
    """,
    "replaces sys.setprofile": """
        sys.setprofile = lambda function: None
        work(200)
        sys.setprofile(print)
        print("ran")
    """,
    "uses SIGALRM": """
        import signal
        rung = []
        signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        work(200)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(len(rung) > 2)
    """,
    "uses SIGPROF": """
        import signal
        rung = []
        signal.signal(signal.SIGPROF, lambda *_: rung.append(1))
        signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
        work(200)
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(len(rung) > 2)
    """,
    "uses SIGUSR1": """
        import signal
        rung = []
        signal.signal(signal.SIGUSR1, lambda *_: rung.append(1))
        os.kill(os.getpid(), signal.SIGUSR1)
        work(200)
        print(len(rung))
    """,
    "handles SIGTERM": """
        import signal
        rung = []
        signal.signal(signal.SIGTERM, lambda *_: rung.append(1))
        os.kill(os.getpid(), signal.SIGTERM)
        work(200)
        print(len(rung))
    """,
    "changes directory": """
        os.mkdir("elsewhere") if not os.path.exists("elsewhere") else None
        os.chdir("elsewhere")
        work(200)
        print(os.path.basename(os.getcwd()))
    """,
    "is in a folder that it deletes": """
        import tempfile
        os.chdir(tempfile.mkdtemp())
        os.rmdir(os.getcwd())
        work(200)
        print("ran")
    """,
    "closes file descriptors": """
        os.closerange(3, 256)
        work(200)
        print("ran")
    """,
    "replaces sys.stdout": """
        import io
        sys.stdout = io.StringIO()
        print("kept for itself")
        work(200)
        sys.__stdout__.write("ran\\n")
    """,
    "has no streams": """
        print("ran", flush=True)
        sys.stdout = sys.stderr = sys.stdin = None
        work(200)
    """,
    "closes standard input": """
        sys.stdin.close()
        os.close(0)
        work(200)
        print("ran")
    """,
    "redirects standard input": """
        os.dup2(os.open("bad.py", os.O_RDONLY), 0)
        work(200)
        print(len(sys.stdin.read()))
    """,
    "may open few files": """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
        work(200)
        print("ran")
    """,
    "may open no more files": """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        work(200)
        print("ran")
    """,
    "changes its name and arguments": """
        import ctypes
        ctypes.CDLL(None).prctl(15, b"disguised", 0, 0, 0)
        sys.argv[:] = ["disguised", "entirely"]
        work(200)
        print(sys.argv)
    """,
    "recurses": """
        sys.setrecursionlimit(30_000)
        def down(levels):
            return down(levels - 1) if levels else work(200)
        down(900)
        print("ran")
    """,
    "is asynchronous": """
        import asyncio
        async def piece():
            for _ in range(2):
                work(50)
                await asyncio.sleep(0.001)
        async def main():
            await asyncio.gather(*(piece() for _ in range(2)))
        asyncio.run(main())
        print("ran")
    """,
}


#: One of each kind is enough for every change; the others run with the benchmarks.
ALIKE = {
    "replaces sys.setprofile",
    "uses SIGPROF",
    "uses SIGUSR1",
    "is in a folder that it deletes",
    "has no streams",
    "closes standard input",
    "may open few files",
    "changes its name and arguments",
    "recurses",
}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=name.replace(" ", "-"), marks=[pytest.mark.long] * (name in ALIKE))
        for name, text in MEDDLING.items()
    ],
)
def test_a_target_that_meddles_runs_as_it_would_alone_and_its_hot_line_is_found(text, tmp_path):
    one = ran(tmp_path, HOT + _dedented(text))
    assert_untouched(one)
    assert_told(one)
    assert_hot(one, hits=200)


def _dedented(text):
    return "\n".join(line[8:] for line in text.splitlines()) + "\n"


DEEP = """
sys.setrecursionlimit(30_000)
def down(levels):
    return down(levels - 1) if levels else work(600)
down(6_000)
print("ran")
"""


@pytest.mark.long
def test_a_stack_too_deep_for_the_sampler_is_shown_right_or_said_to_be_lost(tmp_path):
    one = ran(tmp_path, HOT + DEEP)
    assert_untouched(one)
    assert_told(one)
    if one.passes["cpu"]["state"] == "done":
        assert_hot(one, hits=600)


GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent

def piece():
    for _ in range(4):
        work(250)  # Several times what importing all of gevent takes.
        gevent.sleep(0.001)

gevent.joinall([gevent.spawn(piece) for _ in range(2)])
print("ran")
"""


def test_a_target_of_gevent_runs_as_it_would_alone_and_its_hot_line_is_found(tmp_path):
    need_module("gevent", "gevent")
    one = ran(tmp_path, HOT + GEVENT)
    assert_untouched(one)
    assert_told(one)
    assert_hot(one, hits=2000)


FORKS = """
child = os.fork()
if child == 0:
    work(200)
    os._exit(0)
os.waitpid(child, 0)  # WAITS
print("ran")
"""


def test_a_forked_child_is_seen_with_its_lines_and_the_parent_waits(tmp_path):
    one = ran(tmp_path, HOT + FORKS, "run", "--passes", "timing,cpu,lines", "bad.py")
    assert_untouched(one)
    hot, waits = one.line("# HOT"), one.line("# WAITS")
    assert hot is not None, one.told()
    assert hot["time_ns"] > 0, one.told()
    assert waits["waiting_ratio"] > 0.8
    assert {thread["process"] for thread in one.benchmark["profiles"]["cpu_use"]["threads"]} == {0, 1}


EXECS = """
print("begun", flush=True)
os.execv(sys.executable, [sys.executable, "second.py"])
"""


def test_a_target_that_becomes_another_program_is_seen_or_said_not_to_be(tmp_path):
    write(tmp_path, HOT + "work(200)\nprint('ran')\n", "second.py")
    one = ran(tmp_path, HOT + EXECS)
    assert_untouched(one)
    assert_told(one)
    hot = one.line("# HOT")
    assert hot is not None or "exec" in one.told(), one.told()
    if hot is not None:
        assert hot["file"] == "second.py"


DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        import time
        time.sleep(4)
    os._exit(0)
os.wait()
work(200)
print("ran")
"""


def test_a_daemon_ends_with_the_run_and_does_not_hold_it_up(tmp_path):
    one = ran(tmp_path, HOT + DAEMON)
    assert_untouched(one)
    assert_told(one)
    assert_hot(one, hits=200)
    assert "The target left 1 process(es) behind: python" in flat(one.done.stderr)
    longest_ns = max(made["duration_ns"] for made in one.benchmark["passes"])
    assert longest_ns < 60e9


DELETES = """
work(200)
os.remove("bad.py")
print("ran")
"""


def test_a_target_that_deletes_its_source_is_shown_with_it_where_it_is_put_back(tmp_path):
    write(tmp_path, HOT + DELETES, "kept.txt")
    one = ran(tmp_path, HOT + DELETES, *ONCE, "--prepare", "cp kept.txt bad.py", "bad.py")
    assert_untouched(one)
    assert_told(one)
    assert_hot(one, hits=200)
    assert [source["file"] for source in one.report["sources"]] == ["bad.py"]


def test_a_target_that_deletes_its_source_keeps_the_timing_and_says_why_there_is_no_more(tmp_path):
    one = ran(tmp_path, HOT + DELETES)
    assert one.done.returncode == 4, one.done.stderr
    assert one.done.stdout == "ran\n"
    assert one.passes["timing"]["state"] == "done"
    told = flat(one.done.stderr)
    assert "bad.py is gone" in told
    assert "--prepare" in told


FROM_TEXT = """
exec(compile("for _ in range(300):\\n    sha256(BLOCK)\\n", "<made>", "exec"))
piece = "piece.py"
exec(compile(open(piece).read(), os.path.abspath(piece), "exec"))
print("ran")
"""


def test_executed_code_is_shown_where_its_source_is_and_said_to_have_none_where_not(tmp_path):
    write(tmp_path, "for _ in range(300):\n    sha256(BLOCK)  # PIECE\n", "piece.py")
    one = ran(tmp_path, HOT + FROM_TEXT)
    assert_untouched(one)
    assert_told(one)
    piece, made = one.line("# PIECE"), one.line('"<made>"')
    assert piece is not None, one.told()
    assert piece["time_ns"] > 0
    assert piece["file"] == "piece.py"
    # Its own lines have no source: their time is at the line that executes them, and that is said.
    assert made["total_ns"] > 0.25 * sum(seen["time_ns"] or 0 for seen in one.benchmark["profiles"]["lines"])
    assert "<made>" in one.told()


def test_a_script_of_40_ms_is_repeated_until_there_are_samples_enough(tmp_path):
    command = ("run", "--passes", "timing,cpu,lines", "bad.py")
    # Hashing is many times as fast on processors that have instructions for it.
    once = min(
        timeit.repeat("sha256(block)", "block = bytes(1_000_000)", number=1, globals={"sha256": sha256})
    )
    one = ran(tmp_path, HOT + f"work({math.ceil(0.04 / once)})\nprint('ran')\n", *command)
    assert_untouched(one)
    hot = one.line("# HOT")
    assert hot is not None, one.told()
    use = one.benchmark["profiles"]["cpu_use"]
    assert use["executions_count"] > 5
    assert use["samples_count"] >= 100
    assert hot["time_ns"] > 0


def test_a_script_of_nothing_is_said_to_be_too_short_to_tell(tmp_path):
    one = ran(tmp_path, "print('ran')\n", "run", "--passes", "timing,cpu,lines", "bad.py")
    assert_untouched(one)
    assert "too short" in one.told()


def test_a_folder_that_cannot_be_written_needs_only_a_store_and_a_report_elsewhere(tmp_path):
    target = write(tmp_path, HOT + "work(200)\nprint('ran')\n")
    refused = perfwatch("run", "--passes", "timing", target, cwd="/proc/sys/fs")
    assert refused.returncode != 0
    assert "cannot be written" in flat(refused.stderr)
    assert "--store PATH" in flat(refused.stderr)
    elsewhere = ("--store", tmp_path / "runs.db", "--out", tmp_path / "report")
    done = perfwatch(*ONCE, *elsewhere, target, cwd="/proc/sys/fs")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ran\n"
    (benchmark,) = report_of(tmp_path / "report")["benchmarks"]
    assert [one for one in benchmark["profiles"]["lines"] if "# HOT" in one["source"]]
