"""The action from its first step on: a real gate of a small project, and what must not reach it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from runner import ACTION, new_job, run_action

if sys.platform == "win32":
    pytest.skip("the action runs in bash on Linux and macOS", allow_module_level=True)

PULL_REQUEST = {"pull_request": {"number": 7}}

PACKAGE = "def total(rounds={rounds}):\n    found = 0\n    for one in range(rounds):\n        found += one\n    return found\n"


def git(folder, *arguments):
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, check=True)


@pytest.fixture
def project(tmp_path):
    """A checkout as a runner makes it of a pull request, whose change doubles the work."""
    folder = tmp_path / "work"
    (folder / "lib").mkdir(parents=True)
    (folder / ".gitignore").write_text(
        "event.json\nsummary.md\noutput-*\nstep-*\ntemp\n__pycache__\n.perfwatch\n"
    )
    (folder / "lib" / "pyproject.toml").write_text("[project]\nname = 'summing'\n", encoding="utf-8")
    (folder / "lib" / "summing.py").write_text(PACKAGE.format(rounds=20_000), encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch", "develop")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    git(folder, "update-ref", "refs/remotes/origin/develop", "HEAD")
    git(folder, "checkout", "--quiet", "--detach")
    (folder / "lib" / "summing.py").write_text(PACKAGE.format(rounds=40_000), encoding="utf-8")
    git(folder, "commit", "--quiet", "-am", "twice the work")
    return folder


MEASURED = {
    "working-directory": "lib",
    "targets": "summing:total",
    "per-benchmark": "8s",
    "budget": "12s",
    "alert-threshold": "110%",
}


def measured(folder, forge, **inputs):
    job = new_job(folder, event=PULL_REQUEST, api=forge.address, **{**MEASURED, **inputs})
    job.environ |= {"GITHUB_BASE_REF": "develop", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret"}
    return run_action(ACTION, job)


def test_a_regression_is_measured_summarised_annotated_commented_and_fails(project, forge):
    job = measured(project, forge)
    assert job.outputs["verdict"] == "failed", job.log
    assert (job.outputs["regressions"], job.outputs["exit-code"]) == ("1", "1")
    assert job.status == 1
    assert Path(job.outputs["report-path"]).is_file()
    assert json.loads(Path(job.outputs["json-path"]).read_text())["gate"]["policy"]["fail_above_ratio"] == 0.1
    assert "## perfwatch gate: failed" in job.summary
    assert re.search(r"^::error title=perfwatch%3A summing%3Atotal \(time\)%3A slower", job.log, re.MULTILINE)
    assert "`summing:total`" in forge.comments[0]["body"]
    ((used, given),) = job.used
    assert used.startswith("actions/upload-artifact@")
    assert given["path"].split() == [job.outputs["report-path"], job.outputs["json-path"]]
    # What the gate printed was printed where the runner obeys nothing.
    stopped = re.search(r"^::stop-commands::(\w+)$(.*)^::\1::$", job.log, re.MULTILINE | re.DOTALL)
    assert "The gate fails." in stopped.group(2)


TELLTALE = """
import json, os, pathlib
def total():
    seen = [name for name, value in os.environ.items() if "secret" in value or name in {files!r}]
    pathlib.Path({path!r}).write_text(json.dumps(seen))
"""


def test_the_code_that_is_measured_sees_no_token_and_no_file_of_the_runner(project, forge, tmp_path):
    files = ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH"]
    text = TELLTALE.format(files=files, path=str(tmp_path / "seen.json"))
    (project / "lib" / "summing.py").write_text(text, encoding="utf-8")
    job = measured(project, forge, **{"per-benchmark": "2s", "budget": "2s", "comment-on-alert": "false"})
    assert "exit-code" in job.outputs, job.log
    assert json.loads((tmp_path / "seen.json").read_text()) == []


def test_a_shallow_checkout_is_told_how_to_get_the_history(project, forge):
    git(project, "update-ref", "-d", "refs/remotes/origin/develop")
    job = measured(project, forge)
    assert job.status == 6
    assert "fetch-depth: 0" in job.log
    assert job.ran == ["Measure base and head"]


def test_a_gate_that_comes_to_no_result_is_summarised_and_fails_with_its_status(project, forge):
    job = measured(project, forge, targets="summing:nothing_of_this_name")
    assert job.status == int(job.outputs["exit-code"]) != 0
    assert job.outputs["verdict"] in {"none", "passed", "undecided"}
    assert "perfwatch gate" in job.summary


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"alert-threshold": "5%"}, "105%"),
        ({"alert-threshold": "$(id)"}, "105%"),
        ({"fail-on-alert": "perhaps"}, "fail-on-alert"),
        ({"name": "a --> b"}, "name"),
        ({"targets": "'open"}, "targets"),
        ({"targets": "--base-dir=/ x"}, "--base-dir"),
        ({"budget": "soon"}, "soon"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_input_that_makes_no_sense_is_refused_with_what_to_write(project, forge, inputs, words):
    job = measured(project, forge, **inputs)
    assert job.status == 2
    assert words in job.log
    assert forge.written == []
