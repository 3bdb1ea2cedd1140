"""The action's steps, run in order in a shell as a runner would, against a server that stands for the forge."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace

import pytest
from builders import make_comparison, make_report
from runner import ACTION, COMMENT_ACTION, new_job, run_action

from perfwatch.records.comparison import Verdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict
from perfwatch.report.json_file import render_json

if sys.platform == "win32":
    pytest.skip("the action runs in bash on Linux and macOS", allow_module_level=True)

PULL_REQUEST = {"pull_request": {"number": 7}}
MARK = "<!-- perfwatch gate: perfwatch -->"

SLOWER = make_comparison(benchmark="test_fit", verdict=Verdict.SLOWER, ratio=1.2, reason="Beyond the margin.")
SAME = make_comparison(benchmark="test_fit", verdict=Verdict.SAME, ratio=1.0, reason="Inside the margin.")
UNDECIDED = make_comparison(benchmark="test_load", verdict=Verdict.UNDECIDED, reason="Too wide.")


def document(
    *comparisons, verdict=GateVerdict.FAILED, failing=("test_fit (time): slower +20.0%",), **changes
):
    result = GateResult(verdict=verdict, policy=GatePolicy(), comparisons=comparisons, failing=failing)
    return render_json(make_report(gate=replace(result, **changes), comparisons=comparisons))


RED = document(SLOWER, UNDECIDED)
GREEN = document(SAME, verdict=GateVerdict.PASSED, failing=())


def told(folder, forge, report, *, status=1, event=PULL_REQUEST, event_name="pull_request", **inputs):
    """The steps after measuring, with a report that was written by hand."""
    job = new_job(folder, event_name=event_name, event=event, api=forge.address, **inputs)
    path = folder / "temp" / "report.json"
    if report is not None:
        path.write_text(report, encoding="utf-8")
    outputs = {"measure": {"exit-code": str(status), "json-path": str(path), "report-path": "index.html"}}
    return run_action(ACTION, job, skip={"measure"}, outputs=outputs)


# Comments


def test_the_first_alert_makes_a_comment_and_the_job_fails(tmp_path, forge):
    job = told(tmp_path, forge, RED)
    (comment,) = forge.comments
    assert comment["body"].startswith(f"{MARK}\n## perfwatch gate: failed\n")
    assert "| \N{BLACK UP-POINTING TRIANGLE} **slower** | `test_fit` |" in comment["body"]
    assert "(https://example.org/owner/project/actions/runs/77)" in comment["body"]
    assert job.outputs["comment-url"] == comment["html_url"]
    assert forge.tokens == {"Bearer secret-token"}
    assert job.status == 1


def test_the_second_alert_updates_that_comment(tmp_path, forge):
    told(tmp_path / "first", forge, RED)
    told(tmp_path / "second", forge, document(SLOWER, failing=("test_fit (time): slower +30.0%",)))
    assert [method for method, _ in forge.written] == ["POST", "PATCH"]
    (comment,) = forge.comments
    assert "+30.0%" in comment["body"]


def test_a_change_that_became_green_gets_its_red_comment_updated(tmp_path, forge):
    told(tmp_path / "first", forge, RED)
    job = told(tmp_path / "second", forge, GREEN, status=0)
    (comment,) = forge.comments
    assert "perfwatch gate: passed" in comment["body"]
    assert job.status == 0


def test_without_an_alert_there_is_no_comment_unless_always(tmp_path, forge):
    told(tmp_path / "first", forge, GREEN, status=0)
    assert forge.written == []
    told(tmp_path / "second", forge, GREEN, status=0, **{"comment-always": "true"})
    assert len(forge.comments) == 1


def test_comments_can_be_turned_off(tmp_path, forge):
    job = told(tmp_path, forge, RED, **{"comment-on-alert": "false"})
    assert (forge.asked, job.status) == ([], 1)


def test_a_fork_without_permission_is_warned_and_does_not_fail(tmp_path, forge):
    forge.writing_refused = (403, {}, {"message": "Resource not accessible by integration"})
    job = told(tmp_path, forge, GREEN, status=0, **{"comment-always": "true"})
    assert forge.comments == []
    assert job.status == 0
    (warning,) = re.findall(r"^::warning .*$", job.log, re.MULTILINE)
    assert "403: Resource not accessible by integration" in warning
    assert "fork" in warning


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"<html>"),
        (201, {}, b"not json"),
        (307, {"Location": "http://127.0.0.1:9/elsewhere"}, b"{}"),
    ],
    ids=["broken", "no json", "elsewhere"],
)
def test_a_forge_that_fails_is_warned_of_and_fails_nothing(tmp_path, forge, answer):
    forge.writing_refused = answer
    job = told(tmp_path, forge, GREEN, status=0, **{"comment-always": "true"})
    assert "::warning title=perfwatch%3A no comment was written::" in job.log
    assert job.status == 0


def test_a_forge_that_is_not_there_fails_nothing(tmp_path, forge):
    forge.address = "http://127.0.0.1:9"
    job = told(tmp_path, forge, GREEN, status=0)
    assert "no comment was written" in job.log
    assert job.status == 0


def test_a_comment_is_found_behind_many_others(tmp_path, forge):
    for number in range(250):
        forge.add(f"comment {number}")
    forge.add(f"{MARK}\nold")
    told(tmp_path, forge, RED)
    assert forge.comments[-1]["body"].startswith(f"{MARK}\n## perfwatch gate: failed")
    assert len(forge.comments) == 251


def test_a_mark_that_a_stranger_copied_is_not_taken_for_ours(tmp_path, forge):
    stranger = {"login": "stranger", "type": "User"}
    forge.add(f"{MARK}\nAll is well.", user=stranger)
    forge.add(f"Quoting {MARK}", user=stranger, association="OWNER")
    told(tmp_path, forge, RED)
    assert [method for method, _ in forge.written] == ["POST"]
    assert forge.comments[0]["body"] == f"{MARK}\nAll is well."


def test_gates_of_other_names_have_comments_of_their_own(tmp_path, forge):
    told(tmp_path / "first", forge, RED)
    told(tmp_path / "second", forge, RED, name="linux-3.13")
    assert len(forge.comments) == 2
    assert "Gate: `linux-3.13`" in forge.comments[1]["body"]


def test_a_push_has_nothing_to_comment_on(tmp_path, forge):
    job = told(tmp_path, forge, GREEN, status=0, event_name="push", event={"ref": "refs/heads/main"})
    assert forge.asked == []
    assert "about no open pull request" in job.log
    assert job.status == 0


def test_a_gate_without_a_result_says_so_where_a_comment_stands(tmp_path, forge):
    told(tmp_path / "first", forge, RED)
    job = told(tmp_path / "second", forge, None, status=4)
    assert "no result" in forge.comments[0]["body"]
    assert job.status == 4


def test_hostile_names_stay_text_in_the_comment(tmp_path, forge):
    name = "x|`@everyone` <!-- --> ![](https://example.org/p.png)"
    hostile = make_comparison(benchmark=name, verdict=Verdict.SLOWER, reason=f"::error::{name}\n{MARK}")
    told(tmp_path, forge, document(hostile, failing=(f"{name} (time): slower",)))
    body = forge.comments[0]["body"]
    assert body.count("<!--") == 1
    assert "![" not in body
    assert "@everyone" not in re.sub(r"<code>.*?</code>", "", body)


# The commenting workflow


def commented(folder, forge, report, event, **inputs):
    job = new_job(folder, event_name="workflow_run", event=event, api=forge.address, **inputs)
    if report is not None:
        path = folder / "temp" / "perfwatch-comment" / "report.json"
        path.parent.mkdir(parents=True)
        path.write_text(report, encoding="utf-8")
    return run_action(COMMENT_ACTION, job)


def run_of(number=None, *, event="pull_request", owner="stranger", sha="abc"):
    repository = None if owner is None else {"owner": {"login": owner}}
    return {
        "workflow_run": {
            "id": 42,
            "event": event,
            "head_sha": sha,
            "head_branch": "patch",
            "head_repository": repository,
        }
    }


def test_the_commenting_workflow_asks_the_forge_which_pull_request_it_was(tmp_path, forge):
    forge.pulls = [
        {"number": 3, "head": {"label": "stranger:patch", "sha": "older"}},
        {"number": 9, "head": {"label": "stranger:patch", "sha": "abc"}},
        {"number": 5, "head": {"label": "other:patch", "sha": "abc"}},
    ]
    job = commented(tmp_path, forge, RED, run_of())
    assert forge.written == [("POST", "/repos/owner/project/issues/9/comments")]
    assert "/actions/runs/42" in forge.comments[0]["body"]
    assert job.status == 0
    ((used, given),) = job.used
    assert used.startswith("actions/download-artifact@")
    assert given["path"] == str(tmp_path / "temp" / "perfwatch-comment")


@pytest.mark.parametrize(
    "event",
    [run_of(sha="moved on"), run_of(event="push"), run_of(owner=None), {"workflow_run": "nonsense"}, {}],
    ids=["moved on", "push", "fork gone", "nonsense", "empty"],
)
def test_a_run_of_no_open_pull_request_comments_nowhere(tmp_path, forge, event):
    forge.pulls = [{"number": 9, "head": {"label": "stranger:patch", "sha": "abc"}}]
    job = commented(tmp_path, forge, RED, event)
    assert forge.written == []
    assert job.status == 0


@pytest.mark.parametrize(
    "report",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"schema": "other/1", "gate": null, "run": {}}',
        json.dumps({"schema": 1}),
    ],
    ids=["empty", "cut off", "a list", "deep", "other schema", "wrong types"],
)
def test_a_report_that_is_none_is_refused_and_nothing_is_written(tmp_path, forge, report):
    forge.pulls = [{"number": 9, "head": {"label": "stranger:patch", "sha": "abc"}}]
    job = commented(tmp_path, forge, report, run_of())
    assert forge.written == []
    assert job.status == 7
    assert re.search(r"^::error::.*cannot be read as a gate's report", job.log, re.MULTILINE)


# Verdict


@pytest.mark.parametrize(
    ("came", "inputs", "ends"),
    [
        ((0, GREEN), {}, 0),
        ((1, RED), {}, 1),
        ((1, document(SLOWER)), {"fail-on-alert": "false"}, 0),
        ((1, RED), {"fail-on-alert": "false"}, 0),
        ((1, RED), {"fail-on-alert": "false", "fail-on-undecided": "true"}, 3),
        ((1, None), {"fail-on-alert": "false"}, 1),
        ((3, GREEN), {}, 3),
        ((4, RED), {"fail-on-alert": "false"}, 4),
        ((6, None), {}, 6),
        ((70, None), {"fail-on-alert": "false"}, 70),
    ],
)
def test_the_job_ends_as_the_gate_did_and_without_fail_on_alert_a_regression_is_none(
    tmp_path, forge, came, inputs, ends
):
    status, report = came
    job = told(tmp_path, forge, report, status=status, **inputs)
    assert job.status == ends, job.log


def test_a_regression_that_fails_nothing_does_not_hide_a_target_that_failed(tmp_path, forge):
    with_failure = json.loads(RED)
    with_failure["failures"] = [{"target": "x", "pass": "timing"}]
    job = told(tmp_path, forge, json.dumps(with_failure), **{"fail-on-alert": "false"})
    assert job.status == 4
