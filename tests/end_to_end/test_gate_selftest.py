"""The gate tried on slowdowns of our making, as a user types it: rates of one's own benchmarks, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from bad_input import assert_nobody_left, new_token
from running import PERFWATCH, perfwatch, surroundings

if sys.platform == "win32":
    pytest.skip("perfwatch gate needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

MODULE = """
def quick():
    return sum(range(40))

def total():
    found = 0
    for number in range(20_000):
        found += number
    return found
"""
SUITE = """
from fitting import quick, total

def test_quick(benchmark):
    benchmark(quick)

def test_total(benchmark):
    benchmark(total)
"""
#: Enough for a few pairs, which is not enough for a verdict: what is looked at is that all is there.
SHORT = ("--per-benchmark", "1s", "--no-progress", "--json", "out.json")


@pytest.fixture
def project(tmp_path):
    """A folder in no repository, with a module and a suite for it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'fitting'\n", encoding="utf-8")
    (folder / "fitting.py").write_text(MODULE, encoding="utf-8")
    (folder / "test_speed.py").write_text(SUITE, encoding="utf-8")
    return folder


def tried(folder, *arguments):
    done = perfwatch("gate", "--selftest", *SHORT, *arguments, cwd=folder, timeout=300)
    path = folder / "out.json"
    return done, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def test_every_benchmark_is_tried_at_every_level_and_the_rates_are_told(project):
    done, document = tried(project, "test_speed.py", "--trials", "1", "--level", "0", "--level", "10")
    assert done.returncode == 0, done.stdout + done.stderr
    assert document["schema"] == "perfwatch.selftest/1"
    found = document["selftest"]
    names = {"test_speed.py::test_quick", "test_speed.py::test_total"}
    assert sorted((one["benchmark"], one["slowdown_ratio"]) for one in found["trials"]) == sorted(
        (name, level) for name in names for level in (0.0, 0.1)
    )
    assert (found["rounds_count"], found["wanted_count"]) == (2, 2)
    assert [level["slowdown_ratio"] for level in found["levels"]] == [0.0, 0.1]
    for level in found["levels"]:
        flagged = level["flagged"]
        assert flagged["trials_count"] == 2
        assert flagged["interval"][0] <= flagged["rate_ratio"] <= flagged["interval"][1]
        assert level["trial_ns"] > 100_000_000
    extras = {(one["benchmark"], one["slowdown_ratio"]): one["extra"] for one in found["trials"]}
    assert {extra is None for (_, level), extra in extras.items() if level == 0.0} == {True}
    # A call of less than a microsecond is made more often; one of a millisecond gets a part of itself.
    assert extras["test_speed.py::test_quick", 0.1]["calls_count"] > 10
    assert extras["test_speed.py::test_total", 0.1]["rounds_count"] > 100
    assert "more work" in done.stdout
    assert "+10%" in done.stdout
    # No policy was applied, and no report written.
    assert not (project / ".perfwatch").exists()
    assert (project / "test_speed.py").read_text(encoding="utf-8") == SUITE


def git(folder, *arguments):
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_both_sides_are_the_work_tree_as_it_is_and_no_tree_is_left(project):
    """One commit alone has no base to gate against; what was not committed takes part."""
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "add", "pyproject.toml", "fitting.py")
    git(project, "commit", "--quiet", "-m", "first")
    (project / "fitting.py").write_text(MODULE + "\n\ndef added():\n    return quick()\n", encoding="utf-8")
    done, document = tried(project, "fitting:added", "--trials", "1", "--level", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(document["selftest"]["trials"]) == 1
    assert "work tree" in " ".join(document["selftest"]["chosen"])
    assert len(git(project, "worktree", "list").splitlines()) == 1


@pytest.mark.long
def test_a_benchmark_that_fails_is_told_and_the_others_are_tried(project):
    suite = SUITE + "\n\ndef test_broken(benchmark):\n    benchmark(lambda: 1 // 0)\n"
    (project / "test_speed.py").write_text(suite, encoding="utf-8")
    done, document = tried(project, "test_speed.py", "--trials", "2", "--level", "0", "-k", "total or broken")
    assert done.returncode == 4, done.stdout + done.stderr
    found = document["selftest"]
    assert {one["benchmark"] for one in found["trials"]} == {"test_speed.py::test_total"}
    assert len(found["trials"]) == 2
    assert any("test_broken" in one and "ZeroDivisionError" in one for one in found["failures"])
    assert "ZeroDivisionError" in done.stdout


def test_where_all_fail_nothing_is_claimed(project):
    (project / "fitting.py").write_text("def total():\n    raise ValueError('no data')\n", encoding="utf-8")
    done, document = tried(project, "fitting:total")
    assert (done.returncode, document) == (4, None)
    assert "ValueError: no data" in done.stderr
    assert "no benchmark came to a verdict" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--selftest", "--base", "main"), "--selftest and --base do not go together"),
        (("--selftest", "--fail-on", "undecided"), "--selftest and --fail-on do not go together"),
        (("--selftest", "--markdown", "-"), "--selftest and --markdown do not go together"),
        (("--selftest", "--witness", "instructions"), "--selftest and --witness do not go together"),
        (("--selftest", "--trials", "0"), "--trials 0 makes no sense"),
        (("--selftest", "--level", "101"), "--level 101 makes no sense"),
        (("--selftest", "--level", "-1"), "--level -1 makes no sense"),
        (("--trials", "3"), "--trials belongs to --selftest"),
        (("--level", "0"), "--level belongs to --selftest"),
    ],
)
def test_options_that_make_no_sense_are_refused(project, arguments, told):
    done = perfwatch("gate", *arguments, "fitting:total", cwd=project)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr


def test_ctrl_c_shows_the_rounds_that_were_complete(project):
    token = new_token()
    command = [
        *PERFWATCH,
        "gate",
        "--selftest",
        "fitting:total",
        "--per-benchmark",
        "1s",
        "--json",
        "out.json",
    ]
    with subprocess.Popen(
        command,
        cwd=project,
        env=surroundings({"MARK": token}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said = ""
        while "Round 1 took" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        time.sleep(0.5)  # into the next round
        os.kill(process.pid, signal.SIGINT)
        shown, rest = process.communicate(timeout=60)
    assert process.returncode == 130, said + rest
    assert "Traceback" not in rest
    assert "Interrupted: what was complete is shown" in shown
    found = json.loads((project / "out.json").read_text(encoding="utf-8"))["selftest"]
    assert found["interrupted"]
    assert len(found["trials"]) == found["rounds_count"] >= 1
    assert_nobody_left(token)
