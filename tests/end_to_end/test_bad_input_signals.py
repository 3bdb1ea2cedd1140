"""Ctrl-C and SIGTERM in each pass: finished passes are kept, the exit code says why, and nobody is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from bad_input import assert_nobody_left, flat, new_token, stored_of, stored_run, wait_until, write
from running import PERFWATCH, living, report_of, surroundings

if sys.platform != "linux":
    pytest.skip("what is left of a target is looked for in /proc", allow_module_level=True)

#: The script finds out which pass it is in, and waits in the one that it is told to, with a child
#: in a session of its own: whoever ends the target's process group alone will miss that one.
SCRIPT = """
import os, subprocess, sys, time
from pathlib import Path

TOOLS = {"line_profiler": "lines", "memray": "memory"}

def work(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

def current():
    for module, name in TOOLS.items():
        if module in sys.modules:
            return name
    if "py-spy" in Path(f"/proc/{os.getppid()}/comm").read_text():
        return "cpu"
    if Path("seen memory").exists():
        return "io"
    return "later timing" if Path("seen timing").exists() else "timing"

name = current()
Path(f"seen {name}").touch()
if name == os.environ["WAIT_IN"]:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
    Path("waiting").touch()
    time.sleep(3600)
for _ in range(30):
    work(40_000)
"""
#: Where the target waits, the passes that are asked for, and those that are complete by then.
PASSES = {
    "timing": ("timing", ()),
    "later timing": ("timing", ("timing",)),
    "cpu": ("timing,cpu", ("timing",)),
    "lines": ("timing,cpu,lines", ("timing", "cpu")),
    "memory": ("timing,memory", ("timing",)),
    "io": ("timing,memory,io", ("timing", "memory")),
}


def to_the_group(process):
    """What a terminal does when somebody types Ctrl-C."""
    os.killpg(process.pid, signal.SIGINT)


def to_perfwatch_alone(process):
    process.send_signal(signal.SIGINT)


def twice_in_a_row(process):
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.05)  # somebody who types it twice
    os.killpg(process.pid, signal.SIGINT)


def to_terminate(process):
    process.send_signal(signal.SIGTERM)


def started(folder, token, place):
    """A perfwatch whose target waits in the pass that is named."""
    write(folder, SCRIPT, "waits.py")
    (folder / "scratch").mkdir()
    process = subprocess.Popen(
        [*PERFWATCH, "run", "--passes", PASSES[place][0], "waits.py"],
        cwd=folder,
        env=surroundings({"WAIT_IN": place, "MARK": token, "TMPDIR": str(folder / "scratch")}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert wait_until((folder / "waiting").exists, 60), process.communicate(timeout=1)
    return process


INTERRUPTED, TERMINATED = (to_the_group, 130, "Interrupted"), (to_terminate, 143, "Terminated")
ALONE = (to_perfwatch_alone, 130, "Interrupted")


def ways_out():
    """Each pass is left by Ctrl-C; the other ways, alike in all of them, are tried in two as a rule."""
    for place in PASSES:
        for send, code, word in (INTERRUPTED, ALONE, TERMINATED):
            usual = send is to_the_group or place in {"timing", "memory"}
            name = f"{place}-{send.__name__}"
            yield pytest.param(place, send, code, word, marks=() if usual else pytest.mark.long, id=name)


@pytest.mark.parametrize(("place", "send", "code", "word"), list(ways_out()))
def test_a_signal_ends_the_pass_keeps_the_finished_ones_and_leaves_nobody(place, send, code, word, tmp_path):
    token = new_token()
    process = started(tmp_path, token, place)
    assert len(living(token)) >= 4  # perfwatch, its supervisor, the target, the target's child
    send(process)
    _, told = process.communicate(timeout=60)
    assert_nobody_left(token)
    assert process.returncode == code, told
    report = report_of(tmp_path)
    note = (
        f"{word} in the {place.split()[-1]} pass of waits.py: that pass is lost, and finished ones are kept."
    )
    assert note in flat(told)
    assert "Run again for the rest." in flat(told)
    assert "itself failed" not in told
    assert list((tmp_path / "scratch").glob("perfwatch-*")) == []
    done = PASSES[place][1]
    kept = {one["name"]: one["state"] for each in report["benchmarks"] for one in each["passes"]}
    assert {name: kept.get(name) for name in done} == dict.fromkeys(done, "done")
    assert report["failures"] == []
    stored = stored_run(tmp_path, report["run"]["id"])
    assert stored.state == "interrupted"
    assert {one.name: one.state for each in stored.benchmarks for one in each.passes} == kept


def test_ctrl_c_twice_in_a_row_leaves_nobody_either(tmp_path):
    token = new_token()
    process = started(tmp_path, token, "cpu")
    twice_in_a_row(process)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert wait_until(lambda: living(token) == [], 20)
    (benchmark,) = stored_of(tmp_path)["benchmarks"]
    assert benchmark["timing"]["median_ns"] > 0


def test_a_perfwatch_that_is_killed_leaves_nobody_and_its_finished_passes(tmp_path):
    token = new_token()
    process = started(tmp_path, token, "memory")
    process.kill()
    process.communicate(timeout=60)
    assert wait_until(lambda: living(token) == [], 20)
    (benchmark,) = stored_of(tmp_path)["benchmarks"]
    assert benchmark["timing"]["median_ns"] > 0
