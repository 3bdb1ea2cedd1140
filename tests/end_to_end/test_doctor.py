"""`perfwatch doctor`, from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from running import PERFWATCH, living, perfwatch, surroundings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the supervisor")
INSIDE = {"timing", "CPU (pyinstrument)", "lines", "memory"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doctor")
    scratch = folder / "scratch"
    scratch.mkdir()
    token = f"perfwatch-doctor-test-{os.getpid()}"
    ended = perfwatch("doctor", "--json", cwd=folder, env={"TOKEN": token, "TMPDIR": str(scratch)})
    return ended, folder, token


@pytest.fixture
def diagnosis(asked):
    return json.loads(asked[0].stdout)["diagnosis"]


def test_it_ends_with_0_where_timing_works_and_writes_its_document_to_standard_output(asked):
    ended = asked[0]
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["schema"] == "perfwatch.doctor/1"


def test_the_collectors_inside_the_interpreter_work_here(diagnosis):
    assert set(diagnosis["works"]) >= INSIDE
    assert diagnosis["timing"] is True


def test_no_check_breaks_itself(diagnosis):
    facts = [check["fact"] for check in diagnosis["checks"]]
    assert [fact for fact in facts if "the check itself failed" in fact] == []
    assert all(check["fact"] for check in diagnosis["checks"])
    assert all(check["source"] for check in diagnosis["checks"])


def test_what_is_broken_says_what_it_means(diagnosis):
    broken = [check for check in diagnosis["checks"] if check["state"] == "broken"]
    assert [check["name"] for check in broken if not check["means"]] == []


def test_the_timer_was_measured(diagnosis):
    (timer,) = [check for check in diagnosis["checks"] if check["name"] == "timer"]
    assert 0 < timer["figures"]["overhead_ns"] < 1e9
    assert timer["figures"]["readings_count"] > 1_000


def test_it_leaves_no_process_no_scratch_and_no_store_behind(asked):
    _, folder, token = asked
    assert living(token) == []
    assert [path.name for path in (folder / "scratch").iterdir() if path.name.startswith("perfwatch")] == []
    assert not (folder / ".perfwatch").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_half_way_it_leaves_no_process_behind(tmp_path, number):
    token = f"perfwatch-doctor-stop-{os.getpid()}-{number}"
    process = subprocess.Popen(
        [*PERFWATCH, "doctor"],
        cwd=tmp_path,
        env=surroundings({"TOKEN": token, "TMPDIR": str(tmp_path)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + 60
    # More than itself: some probe is running.
    while len(living(token)) < 3 and time.monotonic() < end and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert living(token) == []
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("perfwatch")] == []


def test_an_interpreter_without_profilers_is_named_with_what_it_lacks(tmp_path):
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    token = str(environment / "bin/python")
    ended = perfwatch("doctor", "--python", token, cwd=tmp_path)
    assert ended.returncode == 0
    assert token in ended.stdout
    assert ended.stdout.splitlines()[0].startswith("Works: timing, CPU (pyinstrument)")
    assert "lent: pyinstrument, line_profiler, memray" in ended.stdout.replace("\n", " ")
    assert f"uv pip install --python {token} memray" in ended.stdout


def test_a_machine_without_py_spy_and_gdb_still_measures(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sh").symlink_to(shutil.which("sh"))
    ended = perfwatch("doctor", cwd=tmp_path, env={"PATH": str(programs)})
    assert ended.returncode == 0
    if sys.version_info < (3, 14):
        assert "neither gdb nor lldb is installed" in ended.stdout


def test_an_interpreter_that_is_none_is_a_usage_error(tmp_path):
    ended = perfwatch("doctor", "--python", "/bin/true", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "does not answer" in ended.stderr or "did not answer" in ended.stderr


@pytest.mark.long
def test_the_noise_of_the_machine_is_a_document_with_three_budgets_and_its_causes(tmp_path):
    ended = perfwatch("doctor", "--noise", "--json", cwd=tmp_path, env={"TMPDIR": str(tmp_path)})
    assert ended.returncode == 0, ended.stderr
    assert "half a minute" in ended.stderr
    document = json.loads(ended.stdout)
    assert document["schema"] == "perfwatch.noise/1"
    noise = document["noise"]
    assert [body["body"] for body in noise["bodies"]] == ["Python loop", "NumPy pipeline"]
    for body in noise["bodies"]:
        for clock in body["clocks"]:
            changes = [one["change_ratio"] for one in clock["visible"]]
            assert changes == sorted(changes, reverse=True)
    assert {"load", "governor", "turbo", "affinity", "addresses"} <= {one["name"] for one in noise["causes"]}
    assert noise["duration_ns"] < 60e9
    assert list(tmp_path.iterdir()) == []
