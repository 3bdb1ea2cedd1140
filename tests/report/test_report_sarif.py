"""Findings become alerts that stay the same alerts while code moves, at places that a forge can show."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from diffusion_profiles import FILE, SOURCE
from rich_report import RELAX, finding, gated_report, rich_report

from perfwatch.records.finding import Advice, Findings, Grade
from perfwatch.records.run import SourceFile
from perfwatch.report.sarif import render_sarif


def log_of(report):
    (run,) = json.loads(render_sarif(report))["runs"]
    return run


def found(*findings, source=SOURCE):
    base = rich_report()
    sources = (SourceFile(file=FILE, digest="d", text=source),)
    return replace(base, run=replace(base.run, sources=sources), findings=Findings(ranked=findings))


def marks(report):
    return [one["partialFingerprints"]["primaryLocationLineHash"] for one in log_of(report)["results"]]


@pytest.mark.parametrize(
    ("severity", "level"), [(Grade.HIGH, "error"), (Grade.MEDIUM, "warning"), (Grade.LOW, "note")]
)
def test_an_alerts_level_follows_from_the_findings_severity(severity, level):
    (alert,) = log_of(found(finding(severity=severity)))["results"]
    assert alert["level"] == level


def test_an_alert_stands_at_its_lines_below_the_projects_root():
    (alert,) = log_of(found(finding(file=f"/project/{FILE}")))["results"]
    (place,) = alert["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": FILE, "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 17, "endLine": 20},
    }
    assert place["logicalLocations"] == [{"name": "step", "kind": "function"}]


@pytest.mark.parametrize(
    ("file", "uri"),
    [("/opt/lib x/a.py", "file:///opt/lib%20x/a.py"), ("C:\\lib\\a.py", "file:///C%3A/lib/a.py")],
)
def test_a_file_elsewhere_has_its_whole_address(file, uri):
    (alert,) = log_of(found(finding(file=file)))["results"]
    assert alert["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_every_alert_names_a_rule_that_is_described_once():
    twice = (finding(), finding(rank=2, line_start=32), finding(rank=3, rule="peak-temporaries"))
    log = log_of(found(*twice))
    rules = log["tool"]["driver"]["rules"]
    assert sorted(rule["id"] for rule in rules) == ["perfwatch/array-elements", "perfwatch/peak-temporaries"]
    assert [rules[one["ruleIndex"]]["id"] for one in log["results"]] == [
        one["ruleId"] for one in log["results"]
    ]
    assert {rule["helpUri"] for rule in rules} == {"https://numpy.org/doc/stable/user/basics.indexing.html"}
    assert all(rule["help"]["text"].startswith("Take slices instead of elements.") for rule in rules)


def test_a_reference_that_is_no_address_is_told_in_the_help_alone():
    log = log_of(found(finding(advice=Advice(summary="Do.", reference="javascript:alert(1)"))))
    (rule,) = log["tool"]["driver"]["rules"]
    assert "helpUri" not in rule
    assert "javascript:alert(1)" in rule["help"]["text"]


def test_a_fingerprint_stays_when_lines_move_and_when_blanks_change():
    moved = "# new\n# lines\n" + SOURCE.replace("    for i in range", "        for  i in range")
    after = finding(line_start=19, line_end=22)
    assert marks(found(finding())) == marks(found(after, source=moved))


@pytest.mark.parametrize(
    "changes",
    [{"rule": "scalar-loop"}, {"file": "science/other.py"}, {"function": "relax"}, {"line_start": 20}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_fingerprint_differs_by_rule_file_function_and_line(changes):
    assert marks(found(finding())) != marks(found(finding(**changes)))


def test_equal_lines_of_a_function_are_counted_from_the_top_whatever_their_rank():
    source = SOURCE.replace("    new = plate.copy()\n    n = plate.shape[0]\n", "    again()\n    again()\n")
    first, second = (finding(rank=rank, line_start=line) for rank, line in ((2, 15), (1, 16)))
    digests = marks(found(second, first, source=source))
    assert [mark.rpartition(":")[2] for mark in digests] == ["2", "1"]
    assert len({mark.rpartition(":")[0] for mark in digests}) == 1


def test_a_run_with_failures_was_not_successful_and_says_which():
    invocation = log_of(rich_report())["invocations"][0]
    assert invocation["executionSuccessful"] is False
    error = next(one for one in invocation["toolExecutionNotifications"] if one["level"] == "error")
    assert "test_checkpoint: exception in the timing pass" in error["message"]["text"]
    assert "Create data/plate.npy" in error["message"]["text"]


def test_a_run_without_failures_was_successful_and_its_notes_are_kept():
    base = rich_report()
    invocation = log_of(replace(base, run=replace(base.run, failures=())))["invocations"][0]
    assert invocation["executionSuccessful"] is True
    assert {one["level"] for one in invocation["toolExecutionNotifications"]} == {"note"}
    assert any(
        "science/fast.py cannot be read." in one["message"]["text"]
        for one in invocation["toolExecutionNotifications"]
    )


def test_the_function_behind_a_slower_benchmark_is_an_alert_of_its_own():
    log = log_of(gated_report())
    (alert,) = [one for one in log["results"] if one["ruleId"] == "perfwatch/slower"]
    assert alert["level"] == "warning"
    assert alert["locations"][0]["physicalLocation"]["region"]["startLine"] == 14
    assert "2.14 s instead of 1.91 s, +12.3%" in alert["message"]["text"]
    assert "most of it in step()" in alert["message"]["text"]
    assert alert["properties"]["benchmark"] == RELAX
    assert alert["properties"]["interval"] == list(gated_report().comparisons[0].interval)


def test_a_function_that_is_not_named_or_has_no_place_is_no_alert():
    report = gated_report()
    for changes in ({"named": False}, {"file": ""}, {"line": 0}):
        (functions,) = report.gate.functions
        frames = (replace(functions.frames[0], **changes),)
        gate = replace(report.gate, functions=(replace(functions, frames=frames),))
        results = log_of(replace(report, gate=gate))["results"]
        assert "perfwatch/slower" not in {one["ruleId"] for one in results}
