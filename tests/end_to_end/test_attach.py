"""A live process is watched, told truly, and runs on to its own end as if nobody had looked."""

from __future__ import annotations

import os
import signal
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
from bad_input import flat, stored_of, wait_until
from running import report_of

from perfwatch.store import open_store
from perfwatch.workloads.catalogue import find_workload

if sys.platform != "linux":
    pytest.skip("elsewhere only an administrator may look into a process", allow_module_level=True)

#: Thread "split" sorts: three quarters of its time in one function, a quarter in another, by the clock,
#: which it writes down; thread "idle" waits. The result is a figure that any disturbance would change.
THREADS = """
import json, threading, time
import numpy as np

DATA = np.random.default_rng(1).random(20_000)
marks = {"three": 0.0, "one": 0.0, "wrong": 0}
over = threading.Event()

def three():
    began = time.perf_counter()
    while time.perf_counter() < began + 0.030:
        ordered = np.sort(DATA)
    marks["three"] += time.perf_counter() - began
    return ordered

def one():
    began = time.perf_counter()
    while time.perf_counter() < began + 0.010:
        ordered = np.sort(DATA)
    marks["one"] += time.perf_counter() - began
    return ordered

def split():
    while not over.is_set():
        marks["wrong"] += int((three() != one()).any())

threads = [threading.Thread(target=split, name="split"), threading.Thread(target=over.wait, name="idle")]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.readline()
over.set()
for thread in threads:
    thread.join()
print(json.dumps(marks))
sys.exit(7)
"""
#: The bundled workload's stage in a loop, each variant in turn as ``perfwatch run`` takes them. It writes down
#: the results' digests and the time spent in each, from the first call after "ready" to the end.
WORKLOAD = """
import hashlib, importlib, json, threading, time
import numpy as np
from perfwatch.workloads.catalogue import find_workload

def named(text):
    module, _, function = text.partition(":")
    return getattr(importlib.import_module(module), function)

cases = find_workload("workload:digital-twin/physics")
functions = {case.function.partition(":")[2]: named(case.function) for case in cases}
recipes = named(cases[0].inputs)("small", 0)
digests = {name: set() for name in functions}
spent = dict.fromkeys(functions, 0.0)

def call(name):
    began = time.perf_counter()
    result = functions[name](recipes)
    spent[name] += time.perf_counter() - began
    digests[name].add(hashlib.sha256(np.asarray(result.radius_nm).tobytes()).hexdigest())

for name in functions:
    call(name)
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), over.set())).start()
spent = dict.fromkeys(functions, 0.0)
print("ready", flush=True)
while not over.is_set():
    for name in functions:
        call(name)
print(json.dumps({"digests": {name: sorted(seen) for name, seen in digests.items()}, "spent": spent}))
"""
BUSY = """
import threading
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), over.set())).start()

def work():
    return sum(range(2_000))

print("ready", flush=True)
while not over.is_set():
    work()
print("done")
"""


def time_in(benchmark, function):
    return sum(
        line["time_ns"] or 0 for line in benchmark["profiles"]["lines"] if line["function"] == function
    )


def is_settled(pid):
    """Whether nobody traces the process and it is not stopped."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines if ":" in line)
    return status["TracerPid"].strip() == "0" and status["State"].split()[0] not in {"T", "t"}


def begun(folder):
    """Whether something has been seen: a run is stored from then on."""
    if not (folder / ".perfwatch" / "perfwatch.db").exists():
        return False
    with open_store(folder / ".perfwatch" / "perfwatch.db") as store:
        return bool(store.runs())


def test_threads_and_shares_are_told_and_the_target_ends_as_it_would_have(tmp_path):
    with living_target(tmp_path, THREADS) as target:
        done = attach(target.pid, "--duration", "9s", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert is_settled(target.pid)
        status, out, err = target.end()
    witnessed = marks_in(out)
    assert (status, err, witnessed["wrong"]) == (7, "", 0)

    benchmark = benchmark_of(tmp_path)
    assert benchmark["name"] == f"pid {target.pid} (python target.py)"
    use = benchmark["profiles"]["cpu_use"]
    threads = {one["name"]: one for one in use["threads"]}
    assert set(threads) == {"MainThread", "split", "idle"}
    assert {one["pid"] for one in threads.values()} == {target.pid}
    # Nine seconds give about 540 samples of each thread; four standard errors are 8 points.
    three, one = time_in(benchmark, "three"), time_in(benchmark, "one")
    truth = witnessed["three"] / (witnessed["three"] + witnessed["one"])
    assert three / (three + one) == pytest.approx(truth, abs=0.08)
    assert three + one == pytest.approx(threads["split"]["wall_ns"], rel=0.1)
    assert threads["split"]["running_ns"] > 0.6 * threads["split"]["wall_ns"]
    for sleeper in (threads["idle"], threads["MainThread"]):
        assert sleeper["running_ns"] < 0.05 * sleeper["wall_ns"]
    assert threads["split"]["gil_ns"] >= threads["idle"]["gil_ns"]
    assert use["waiting_ratio"] > 0.9
    assert use["cpu_ns"] > 0


def test_the_report_says_what_was_watched_and_that_times_carry_no_verdict(tmp_path):
    with living_target(tmp_path, BUSY) as target:
        done = attach(target.pid, "--duration", "2s", "--json", "also.json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    report = report_of(tmp_path)
    assert (tmp_path / "also.json").read_text() == next(
        (tmp_path / ".perfwatch/reports").glob("*/report.json")
    ).read_text()
    (described,) = report["run"]["targets"]
    assert described["kind"] == "process"
    assert report["run"]["state"] == "complete"
    assert any("sampled, not for verdicts" in note for note in report["honesty"]["notes"])
    assert "sampled, not for verdicts" in flat(done.stderr)
    states = {name: one["state"] for name, one in passes_of(tmp_path).items()}
    assert (states["cpu"], states["lines"], states["io"]) == ("done", "done", "done")
    assert (states["timing"], states["memory"]) == ("skipped", "skipped")
    benchmark = benchmark_of(tmp_path)
    assert benchmark["timing"] is None
    assert len(benchmark["profiles"]["io"]["moments"]) > 1
    # Its own source is the user's, with its text.
    assert any(
        line["source"].strip() == "return sum(range(2_000))" for line in benchmark["profiles"]["lines"]
    )
    assert stored_of(tmp_path)["benchmarks"] == report["benchmarks"]


@pytest.mark.long
def test_two_watches_of_a_process_are_never_held_against_each_other(tmp_path):
    with living_target(tmp_path, BUSY) as target:
        for _ in range(2):
            assert attach(target.pid, "--duration", "1s", "-q", cwd=tmp_path).returncode == 0
    assert report_of(tmp_path)["benchmarks"][0]["comparison"] == []


def test_the_workload_in_a_loop_gives_the_same_results_and_runs_on(tmp_path):
    with living_target(tmp_path, WORKLOAD) as target:
        done = attach(target.pid, "--duration", "4s", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert is_settled(target.pid)
        status, out, err = target.end()
    told = marks_in(out)
    assert (status, err) == (0, "")
    forms = [case.function.partition(":")[2] for case in find_workload("workload:digital-twin/physics")]
    assert {"reference", "vectorised"} <= set(forms)
    assert {name: len(seen) for name, seen in told["digests"].items()} == dict.fromkeys(forms, 1)
    benchmark = benchmark_of(tmp_path)
    inside = [
        one for one in benchmark["profiles"]["lines"] if one["file"].endswith("digital_twin/physics.py")
    ]
    assert sum(line["time_ns"] for line in inside) > 0.5 * benchmark["profiles"]["cpu_use"]["wall_ns"]
    # A function's own lines, with what they call, are what its calls took.
    within = {
        name: sum(line["total_ns"] for line in inside if line["function"] == name) for name in told["spent"]
    }
    truth = told["spent"]["reference"] / sum(told["spent"].values())
    assert within["reference"] / sum(within.values()) == pytest.approx(truth, abs=0.1)


def test_native_frames_are_told_from_the_interpreter(tmp_path):
    with living_target(tmp_path, THREADS) as target:
        done = attach(target.pid, "--duration", "4s", "--native", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert target.end()[0] == 7
    lines = [one for one in benchmark_of(tmp_path)["profiles"]["lines"] if "np.sort" in one["source"]]
    assert max(one["native_ratio"] or 0 for one in lines) > 0.5


def test_ctrl_c_keeps_what_was_seen_and_leaves_the_target_running(tmp_path):
    with living_target(tmp_path, BUSY) as target:
        watching = start_attach(target.pid, "--duration", "60s", cwd=tmp_path)
        assert wait_until(lambda: begun(tmp_path), 60)
        os.killpg(watching.pid, signal.SIGINT)
        time.sleep(0.05)
        os.killpg(watching.pid, signal.SIGINT)  # somebody who types it twice
        out, err = watching.communicate(timeout=60)
        assert watching.returncode == 130, err
        assert list(scratch_of(tmp_path).iterdir()) == []
        assert out == ""
        assert "itself failed" not in err
        assert is_settled(target.pid)
        assert target.end() == (0, "done\n", "")
    kept = stored_of(tmp_path)
    assert kept["run"]["state"] == "interrupted"
    (benchmark,) = kept["benchmarks"]
    cpu = next(one for one in benchmark["passes"] if one["name"] == "cpu")
    assert cpu["state"] == "interrupted"
    assert cpu["samples_count"] > 20


def test_termination_exits_143_and_leaves_the_target_running(tmp_path):
    with living_target(tmp_path, BUSY) as target:
        watching = start_attach(target.pid, "--duration", "60s", cwd=tmp_path)
        assert wait_until(lambda: begun(tmp_path), 60)
        watching.terminate()
        watching.communicate(timeout=60)
        assert watching.returncode == 143
        assert list(scratch_of(tmp_path).iterdir()) == []
        assert is_settled(target.pid)
        assert target.end() == (0, "done\n", "")


def test_killed_outright_it_leaves_no_sampler_and_the_target_runs_on(tmp_path):
    def samplers():
        commands = map(_command, Path("/proc").glob("[0-9]*"))
        return [one for one in commands if "py-spy" in one and f"-p\0{target.pid}\0" in one]

    with living_target(tmp_path, BUSY) as target:
        watching = start_attach(target.pid, "--duration", "60s", cwd=tmp_path)
        assert wait_until(samplers)
        watching.kill()
        watching.communicate(timeout=60)
        assert wait_until(lambda: not samplers(), 10)
        assert wait_until(lambda: is_settled(target.pid), 10)
        assert target.end() == (0, "done\n", "")


def _command(folder):
    try:
        return (folder / "cmdline").read_text(errors="replace")
    except OSError:
        return ""  # it has just ended


def test_a_process_that_ends_while_it_is_watched_is_reported_with_what_was_seen(tmp_path):
    with living_target(tmp_path, BUSY) as target:
        watching = start_attach(target.pid, "--duration", "60s", "-q", cwd=tmp_path)
        assert wait_until(lambda: begun(tmp_path), 60)
        assert target.end()[0] == 0
        _, err = watching.communicate(timeout=60)
    # How it ended, only its parent is told: nothing is known to have failed.
    assert (watching.returncode, err) == (0, "")
    cpu = passes_of(tmp_path)["cpu"]
    assert cpu["state"] == "partial"
    assert "the process ended after" in cpu["reason"]
    assert cpu["samples_count"] > 20
    assert report_of(tmp_path)["run"]["state"] == "complete"
