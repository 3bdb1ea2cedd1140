"""What came of a finding's change, in every format: the word, the reason, the patch; and nothing of it is believed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from builders import make_report

from perfwatch.records.finding import Advice, Finding, Findings, Grade, Trial, TrialVerdict
from perfwatch.report.files import write_report
from perfwatch.report.html import render_html
from perfwatch.report.json_file import render_json
from perfwatch.report.terminal import render_text

HOSTILE = "<script>alert(1)</script>\x1b[31m[bold]"


def report_of(trial):
    finding = Finding(
        rule="loop-invariant", title="The same thing computed in each turn", benchmark="script.py", file="study.py",
        line_start=3, line_end=3, function="f", mechanism="m", share_ratio=0.9, ceiling_ratio=10.0,
        confidence=Grade.HIGH, severity=Grade.HIGH, priority=Grade.HIGH, effort=Grade.LOW, risk=Grade.LOW,
        advice=Advice(summary="Compute it once."), rank=1, proof=trial,
    )  # fmt: skip
    return replace(make_report(), findings=Findings(ranked=(finding,)))


PROVED = Trial(
    verdict=TrialVerdict.PROVED, reason="the same answer, 3.00 times as fast", change="mean(w) is computed once",
    ratio=1 / 3, interval=(0.3, 0.4), patch="--- a/study.py\n+++ b/study.py\n", patch_file="finding-1.patch",
)  # fmt: skip


def test_what_was_proved_stands_beside_its_finding_and_its_patch_beside_the_report(tmp_path):
    report = report_of(PROVED)
    for text in (" ".join(render_text(report).split()), render_html(report)):
        assert "Tried, proved: mean(w) is computed once: the same answer, 3.00 times as fast" in text
        assert "git apply finding-1.patch" in text
    write_report(report, tmp_path)
    assert (tmp_path / "finding-1.patch").read_text() == PROVED.patch
    told = json.loads(render_json(report))["findings"][0]["proof"]
    assert (told["verdict"], told["interval"], told["patch"]) == ("proved", [0.3, 0.4], PROVED.patch)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (TrialVerdict.DIFFERENT_ANSWER, "Tried, not proved (different-answer)"),
        (TrialVerdict.UNMEASURED, "Tried, not proved (unmeasured)"),
        (TrialVerdict.REFUSED, "Not tried: because"),
    ],
)
def test_what_was_not_proved_says_so_and_leaves_no_patch(tmp_path, verdict, said):
    report = report_of(Trial(verdict=verdict, reason="because", patch="--- a/x\n"))
    assert said in " ".join(render_text(report).split())
    write_report(report, tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["index.html", "report.json"]


def test_a_finding_that_was_not_tried_has_no_proof():
    report = report_of(None)
    assert "Tried" not in render_text(report)
    assert json.loads(render_json(report))["findings"][0]["proof"] is None


def test_text_of_a_trial_is_escaped():
    report = report_of(replace(PROVED, reason=HOSTILE, change=HOSTILE, patch=f"+{HOSTILE}\n"))
    page, text = render_html(report), render_text(report)
    assert "<script>alert(1)" not in page
    assert "\x1b" not in page + text
