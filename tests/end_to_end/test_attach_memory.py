"""memray goes into a live process and comes out again; nobody who does so may end that process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attaching import (
    attach,
    benchmark_of,
    living_target,
    marks_in,
    passes_of,
    scratch_of,
    start_attach,
)
from bad_input import wait_until
from tools import need_module, need_program

import perfwatch

if sys.platform != "linux":
    pytest.skip("elsewhere only an administrator may look into a process", allow_module_level=True)
need_program("gdb", "gdb")
need_module("memray", "memray")

GUARD = Path(perfwatch.__file__).parent / "measure" / "attach_guard.py"
#: It holds four megabytes at most; at its end it says whether a tracker was left in it.
ALLOCATING = """
import json, threading, time
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), over.set())).start()

def allocate():
    return bytearray(4_000_000)

print("ready", flush=True)
while not over.is_set():
    block = allocate()
    del block
    time.sleep(0.005)
tracker = getattr(sys.modules.get("memray"), "_last_tracker", None)
print(json.dumps({"tracker": repr(tracker), "threads": threading.active_count()}))
"""
SLEEPING = """
import time
print("ready", flush=True)
time.sleep(7)
text = [str(number) for number in range(100_000)]
print("awake", len(text))
"""


def assert_left_alone(target):
    """The target ends as it would have, with no tracker and no thread of memray's, and has printed nothing."""
    status, out, err = target.end()
    assert (status, err) == (0, "")
    assert marks_in(out) == {"tracker": "None", "threads": 1}
    assert len(out.splitlines()) == 1


def test_allocations_are_told_by_line_and_the_process_is_left_alone(tmp_path):
    with living_target(tmp_path, ALLOCATING) as target:
        done = attach(target.pid, "--duration", "2s", "--memory", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert_left_alone(target)
    made = passes_of(tmp_path)["memory"]
    assert made["state"] == "done", made
    assert "stood still" in " ".join(made["warnings"])
    profiles = benchmark_of(tmp_path)["profiles"]
    assert {one["file"] for one in profiles["lines"]} == {"target.py"}
    assert "peak_memory_bytes" not in benchmark_of(tmp_path)["metrics"]
    assert profiles["memory"]["peak_bytes"] == pytest.approx(4_000_000, rel=0.25)
    (line,) = [one for one in profiles["lines"] if one["function"] == "allocate" and one["peak_bytes"]]
    assert line["source"].strip() == "return bytearray(4_000_000)"
    assert line["peak_bytes"] == pytest.approx(4_000_000, rel=0.01)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "SIGKILL"])
def test_cut_short_under_memray_it_takes_memray_out(tmp_path, ending):
    with living_target(tmp_path, ALLOCATING) as target:
        watching = start_attach(target.pid, "--duration", "1s", "--memory", cwd=tmp_path)
        maps = Path(f"/proc/{target.pid}/maps")
        assert wait_until(lambda: "_inject.abi3.so" in maps.read_text(), 60)
        os.kill(watching.pid, ending)
        watching.communicate(timeout=100)
        assert watching.returncode == (130 if ending is signal.SIGINT else -9)
        assert wait_until(lambda: not guards_of(target.pid), 60)
        assert list(scratch_of(tmp_path).iterdir()) == []
        assert_left_alone(target)


def guards_of(pid):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it has just ended
        if b"attach_guard.py" in command and f"\0{pid}\0".encode() in command:
            found.append(folder.name)
    return found


def test_a_process_that_lets_nobody_in_in_time_sleeps_on_and_lives(tmp_path):
    # A debugger that is ended the wrong way leaves breakpoints, and the first allocation would be fatal.
    with living_target(tmp_path, SLEEPING) as target:
        capture = tmp_path / "capture.bin"
        guard = [sys.executable, "-I", "-S", GUARD, sys.executable, str(target.pid), capture, "2"]
        done = subprocess.run(
            guard, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60
        )
        (answer,) = map(json.loads, done.stdout.splitlines())
        assert not answer["worked"]
        assert "did not come back to the interpreter in time" in answer["said"]
        assert target.lives()
        assert target.end() == (0, "awake 100000\n", "")


def test_an_interpreter_without_memray_is_named_with_the_line_that_installs_it(tmp_path):
    environment = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=60)
    python = environment / "bin" / "python"
    with living_target(tmp_path, ALLOCATING, command=(str(python),)) as target:
        done = attach(target.pid, "--duration", "1s", "--memory", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert_left_alone(target)
    made = passes_of(tmp_path)["memory"]
    assert made["state"] == "unavailable"
    assert "memray is not installed in the interpreter that runs the process" in made["reason"]
    assert f"{python} -m pip install memray" in made["reason"]


def test_a_process_that_dies_under_memray_is_told_in_part(tmp_path):
    with living_target(tmp_path, ALLOCATING) as target:
        watching = start_attach(target.pid, "--duration", "4s", "--memory", "-q", cwd=tmp_path)
        maps = Path(f"/proc/{target.pid}/maps")
        # The stacks come first; then it is memray's turn.
        assert wait_until(lambda: "_inject.abi3.so" in maps.read_text(), 90)
        time.sleep(1)
        target.process.kill()
        target.process.wait()
        _, err = watching.communicate(timeout=100)
    assert (watching.returncode, err) == (0, "")
    made = passes_of(tmp_path)["memory"]
    assert made["state"] in {"partial", "failed"}, made
    assert made["reason"]
