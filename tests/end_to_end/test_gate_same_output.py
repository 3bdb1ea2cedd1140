"""A gate that holds answers: a faster head with another answer fails, and what cannot be compared is said."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest
from running import perfwatch

if sys.platform == "win32":
    pytest.skip("perfwatch gate needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

PACKAGE = """
import random

import numpy as np


def inputs(seed=None):
    return (np.random.default_rng(seed).random(2_000),)


def squares(x):
    found = np.empty_like(x)
    for place, value in enumerate(x):
        found[place] = value * value + 1.0
    return {"squares": found}


def total():
    return sum(number * 0.5 for number in range(2_000))


def drawn():
    return random.random()


def unseen():
    return object()


def breaking():
    return 1
"""
LOOP = """    found = np.empty_like(x)
    for place, value in enumerate(x):
        found[place] = value * value + 1.0
"""
#: Faster, and the same but for rounding; faster, and wrong at one place.
FAST = "    found = x**2 + 1.0\n"
WRONG = FAST + "    found[17] *= 1.00032\n"
#: Answers do not wait for verdicts on times.
SHORT = (
    "--same-output",
    "--passes",
    "timing",
    "--per-benchmark",
    "300ms",
    "--no-progress",
    "--json",
    "out.json",
)


def git(folder, *arguments):
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True)


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture
def project(tmp_path):
    """A repository whose first commit has the package."""
    write(tmp_path, "fitting.py", PACKAGE)
    write(tmp_path, "pyproject.toml", "[project]\nname = 'fitting'\n")
    write(tmp_path, ".gitignore", ".perfwatch\nout.json\n__pycache__\n")
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def gated(folder, *arguments):
    done = perfwatch("gate", *SHORT, *arguments, cwd=folder, timeout=300)
    report = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    return done, report, {one["benchmark"].rpartition("::")[2]: one for one in report["gate"]["answers"]}


def change(folder, old, new):
    write(folder, "fitting.py", PACKAGE.replace(old, new))


def test_a_faster_head_with_the_same_answer_passes(project):
    change(project, LOOP, FAST)
    # Its inputs are seeded by us, since they let themselves be.
    done, report, answers = gated(project, "fitting:squares", "--setup", "fitting:inputs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answers["fitting:squares"]["verdict"] == "same"
    assert report["gate"]["verdict"] in {"passed", "undecided"}
    assert "Answers: 1 same." in done.stdout


def test_a_faster_head_with_another_answer_fails_and_the_place_is_named(project):
    change(project, LOOP, WRONG)
    done, report, answers = gated(project, "fitting:squares", "--setup", "fitting:inputs")
    assert done.returncode == 1, done.stdout + done.stderr
    assert report["gate"]["verdict"] == "failed"
    reason = answers["fitting:squares"]["reason"]
    assert reason.startswith("['squares']: 1 of 2000 elements differ, most at [17], by 0.000320 of itself: ")
    assert report["gate"]["failing"][0] == f"fitting:squares (answer): {reason}"


@pytest.mark.long
def test_a_commit_may_accept_another_answer(project):
    change(project, LOOP, WRONG)
    git(project, "commit", "--quiet", "-am", "Rounder\n\nPerfwatch-Accept: fitting:* rounder is better")
    done, report, answers = gated(project, "fitting:squares", "--setup", "fitting:inputs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answers["fitting:squares"]["verdict"] == "accepted"
    assert "rounder is better" in answers["fitting:squares"]["reason"]
    assert report["gate"]["failing"] == []


@pytest.mark.long
def test_a_tolerance_of_the_project_s_own_decides_what_differs(project):
    change(project, LOOP, WRONG)
    settings = '[[tool.perfwatch.gate.benchmarks]]\npattern = "fitting:*"\nrtol = 1e-3\n'
    write(project, "pyproject.toml", f"[project]\nname = 'fitting'\n{settings}")
    done, _, answers = gated(project, "fitting:squares", "--setup", "fitting:inputs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answers["fitting:squares"]["rule"]["rtol"] == 1e-3


def test_a_suite_is_held_test_by_test_and_what_cannot_be_compared_is_said(project):
    suite = "from fitting import *\n\n" + "\n".join(
        f"def test_{name}(benchmark):\n    benchmark({name}{given})\n"
        for name, given in (
            ("squares", ", *inputs(1)"),
            ("total", ""),
            ("drawn", ""),
            ("unseen", ""),
            ("breaking", ""),
        )
    )
    write(project, "tests/test_speed.py", suite)
    text = PACKAGE.replace(LOOP, WRONG).replace("return 1\n", "return 1 / 0\n")
    write(project, "fitting.py", text)
    done, report, answers = gated(project, "tests/test_speed.py")
    assert done.returncode == 1, done.stdout + done.stderr
    # What fails in head has no answer, and is called so already.
    assert {name: one["verdict"] for name, one in answers.items()} == {
        "test_squares": "different-answer",
        "test_total": "same",
        "test_drawn": "not-comparable",
        "test_unseen": "not-comparable",
    }
    assert "base disagrees with itself from one process to the next" in answers["test_drawn"]["reason"]
    assert "Seed what it draws from" in " ".join(done.stdout.split())
    assert [one["kind"] for one in report["failures"]] == ["exception"]


def test_an_unseeded_benchmark_neither_passes_nor_fails(project):
    change(project, "return random.random()", "return 2 * random.random()")
    done, report, _ = gated(project, "fitting:drawn")
    assert (done.returncode, report["gate"]["verdict"]) == (0, "undecided")
    done, _, _ = gated(project, "fitting:drawn", "--fail-on", "undecided")
    assert done.returncode == 3


def test_a_project_s_setting_asks_for_answers_and_a_flag_takes_it_back(project):
    change(project, "return 1\n", "return 2\n")
    write(project, "pyproject.toml", "[tool.perfwatch.gate]\nsame-output = true\n")
    plain = ("gate", *SHORT[1:], "fitting:breaking")
    done = perfwatch(*plain, cwd=project, timeout=300)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fitting:breaking (answer): the value: differs by 1 of itself: 1 against 2" in done.stdout
    done = perfwatch(*plain, "--no-same-output", cwd=project, timeout=300)
    assert "answer" not in done.stdout


def test_asv_methods_and_scripts_are_held_by_what_they_return_keep_and_print(project):
    bench = """
    import fitting

    class Fits:
        def setup(self):
            self.found = None
        def time_keeps(self):
            self.found = fitting.squares(*fitting.inputs(0))
        def time_returns(self):
            return fitting.total()
        def time_nothing(self):
            fitting.total()
    """
    write(project, "benchmarks/bench_fit.py", bench)
    write(
        project,
        "step.py",
        "from fitting import inputs, squares\nprint('sum', squares(*inputs(1))['squares'].sum())\n",
    )
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "benchmarks")
    change(project, LOOP, FAST + "    found *= 1.5\n")
    done, _, answers = gated(project, "benchmarks/bench_fit.py", "step.py")
    assert done.returncode == 1, done.stdout + done.stderr
    assert {name: one["verdict"] for name, one in answers.items()} == {
        "Fits.time_keeps": "different-answer",
        "Fits.time_returns": "same",
        "Fits.time_nothing": "no-answer",
        "step.py": "different-answer",
    }
    assert answers["Fits.time_keeps"]["reason"].startswith("(argument 1).found['squares']")
    assert answers["step.py"]["reason"].startswith("output: line 1: 'sum ")
    assert "it returns nothing, and changes none of its arguments" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("base", "head", "code", "word"),
    [(None, "print(1)\n", 5, "new"), ("print(1)\n", "raise SystemExit(3)\n", 4, "failed")],
)
def test_a_script_that_fails_on_one_side_is_new_or_failed_and_has_no_answer(project, base, head, code, word):
    if base is not None:
        write(project, "step.py", base)
        git(project, "add", ".")
        git(project, "commit", "--quiet", "-m", "a script")
    write(project, "step.py", head)
    done, report, answers = gated(project, "step.py")
    assert done.returncode == code, done.stdout + done.stderr
    assert [one["verdict"] for each in report["benchmarks"] for one in each["comparison"]] == [word]
    assert answers == {}


def test_same_output_does_not_go_with_a_selftest(tmp_path):
    done = perfwatch("gate", "--selftest", "--same-output", cwd=tmp_path)
    assert done.returncode == 2
    assert "--selftest and --same-output do not go together" in done.stderr
