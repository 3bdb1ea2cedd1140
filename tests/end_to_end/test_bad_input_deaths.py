"""Targets that are killed, crash, leave, hang, or leave processes behind: named, stored, and nobody is left."""

from __future__ import annotations

import subprocess
import sys

import pytest
from bad_input import ENDED_THERE, assert_failed, assert_nobody_left, flat, new_token, stored_of, write
from memory_limit import memory_limited
from running import PERFWATCH, perfwatch, report_of, surroundings

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)
linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux can make us the reaper of orphans"
)

TIMING = ("--passes", "timing")
WORK = """
import os, sys, time

def work(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

def hold(n):
    return [bytearray(1000) for _ in range(n)]

kept = hold(2_000)
for _ in range(20):
    work(40_000)
"""


def test_a_target_killed_by_sigkill_is_named_so(tmp_path):
    write(tmp_path, "import os, signal\nprint('begun', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n")
    done = perfwatch("run", *TIMING, "bad.py", cwd=tmp_path)
    assert_failed(
        done,
        tmp_path,
        said=("The target was killed by SIGKILL", ENDED_THERE, "Next: Something outside ended it"),
        kind="signal",
        signal="SIGKILL",
        exit_code=-9,
    )
    assert done.stdout == "begun\n"


@linux_only
def test_a_target_killed_at_a_memory_limit_is_named_so(tmp_path):
    write(tmp_path, "held = [bytearray(b'x' * 10_000_000) for _ in range(200)]\n")
    with memory_limited(400_000_000) as move_in:
        done = subprocess.run(
            [*PERFWATCH, "run", *TIMING, "bad.py"],
            cwd=tmp_path,
            env=surroundings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            preexec_fn=move_in,
        )
    failure = assert_failed(
        done,
        tmp_path,
        said=(
            "The system killed the target at a memory limit (SIGKILL); it had reached",
            ENDED_THERE,
            "Next: Use a smaller input, or raise the limit",
        ),
        kind="memory-limit",
        signal="SIGKILL",
    )
    assert " MB." in failure["message"]


def test_memory_that_is_refused_is_an_exception_with_advice_about_memory(tmp_path):
    write(
        tmp_path,
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (300_000_000,) * 2)\nbytearray(10**9)\n",
    )
    done = perfwatch("run", *TIMING, "bad.py", cwd=tmp_path)
    assert_failed(
        done,
        tmp_path,
        said=(
            "The target raised MemoryError.",
            ENDED_THERE,
            "Next: Use a smaller input, or raise the memory limit",
        ),
        kind="exception",
    )


@pytest.mark.parametrize(
    "crash", ["import ctypes; ctypes.string_at(0)", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]
)
def test_a_segmentation_fault_is_named_so(crash, tmp_path):
    write(tmp_path, crash)
    done = perfwatch("run", *TIMING, "bad.py", cwd=tmp_path)
    assert_failed(
        done,
        tmp_path,
        said=("The target was killed by SIGSEGV", ENDED_THERE, "PYTHONFAULTHANDLER=1"),
        kind="signal",
        signal="SIGSEGV",
        exit_code=-11,
    )


def test_a_script_that_leaves_through_os_exit_with_0_has_every_pass(tmp_path):
    write(tmp_path, WORK + "os._exit(0)\n")
    done = perfwatch("run", "bad.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = report_of(tmp_path)
    assert report["failures"] == []
    (benchmark,) = report["benchmarks"]
    found = {one["name"]: one["state"] for one in benchmark["passes"]}
    found.pop("gpu")
    assert found == dict.fromkeys(("timing", "cpu", "lines", "memory", "io"), "done"), benchmark["passes"]
    assert benchmark["metrics"]["peak_memory_bytes"] > 2_000_000
    hits = {one["line"]: one["hits_count"] for one in benchmark["profiles"]["lines"]}
    assert hits[7] == 20 * 40_000
    assert any(child["function"] == "work" for child in _below(benchmark["profiles"]["cpu"]))


def _below(node):
    for child in node["children"]:
        yield child
        yield from _below(child)


def test_a_script_that_leaves_through_os_exit_with_3_failed(tmp_path):
    write(tmp_path, WORK + "os._exit(3)\n")
    done = perfwatch("run", "bad.py", cwd=tmp_path)
    assert_failed(
        done,
        tmp_path,
        said=("The target ended with exit code 3.", ENDED_THERE, "Next: Run it without perfwatch"),
        kind="exit",
        exit_code=3,
    )


def test_a_callable_that_leaves_through_os_exit_is_a_lost_measurement(tmp_path):
    write(tmp_path, "import os\ndef leave(): os._exit(0)\n", "simulation.py")
    done = perfwatch("run", *TIMING, "simulation:leave", cwd=tmp_path)
    assert_failed(
        done,
        tmp_path,
        said=(
            "The target ended its process before the measurement was handed over.",
            "It is not profiled.",
            "measure the part before it, as a function",
        ),
        kind="no-result",
    )


def test_a_target_that_hangs_is_ended_at_the_timeout(tmp_path):
    token = new_token()
    write(tmp_path, "import time\nprint('waiting', flush=True)\ntime.sleep(3600)\n")
    done = perfwatch("run", *TIMING, "--timeout", "1s", "bad.py", cwd=tmp_path, env={"MARK": token})
    assert_failed(
        done,
        tmp_path,
        said=("The target did not end within 1.0", ENDED_THERE, "Next: Give it longer with --timeout"),
        kind="timeout",
    )
    assert done.stdout == "waiting\n"
    assert_nobody_left(token)


def test_a_target_that_ignores_sigterm_is_ended_at_the_timeout_all_the_same(tmp_path):
    token = new_token()
    write(tmp_path, "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(3600)\n")
    done = perfwatch("run", *TIMING, "--timeout", "1s", "bad.py", cwd=tmp_path, env={"MARK": token})
    assert done.returncode == 4
    assert report_of(tmp_path)["failures"][0]["kind"] == "timeout"
    assert_nobody_left(token)


HANGS_WHEN_TRACED = """
import sys, time
if "memray" in sys.modules:
    time.sleep(3600)
"""


def test_a_target_that_hangs_in_one_pass_keeps_the_others(tmp_path):
    token = new_token()
    write(tmp_path, HANGS_WHEN_TRACED)
    done = perfwatch(
        *("run", "--passes", "memory,io", "--timeout", "2s", "bad.py"), cwd=tmp_path, env={"MARK": token}
    )
    (benchmark,) = stored_of(tmp_path)["benchmarks"]
    found = {one["name"]: one for one in benchmark["passes"]}
    assert (found["timing"]["state"], found["io"]["state"]) == ("done", "done")
    assert found["memory"]["state"] in ("failed", "partial")
    assert "did not end within" in found["memory"]["reason"]
    assert "did not end within" in flat(done.stderr)
    assert_nobody_left(token)


FORKS = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        time.sleep(3600)
        os._exit(0)
print("parent done")
"""
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        time.sleep(3600)
    os._exit(0)
os.wait()
print("parent done")
"""


@linux_only
@pytest.mark.parametrize(("text", "count"), [(FORKS, 3), (DAEMON, 1)], ids=["children", "daemon"])
def test_processes_that_outlive_the_target_are_ended_and_named(text, count, tmp_path):
    token = new_token()
    write(tmp_path, text)
    done = perfwatch("run", "--passes", "timing,memory,io", "bad.py", cwd=tmp_path, env={"MARK": token})
    assert_nobody_left(token)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "parent done\n"
    note = f"The target left {count} process(es) behind: python"
    assert note in flat(done.stderr)
    report = report_of(tmp_path)
    (benchmark,) = report["benchmarks"]
    assert {one["state"] for one in benchmark["passes"]} == {"done"}
