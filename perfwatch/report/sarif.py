"""Report → SARIF 2.1.0: each finding as an alert at its lines, as a forge's code scanning takes it.

Figures stand in the alerts' ``properties`` under the names that ``report.json`` gives them. It
must not judge: an alert's level follows from the finding's severity. The format is OASIS's,
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfwatch._version import __version__
from perfwatch.records.comparison import Verdict
from perfwatch.records.finding import Finding, Grade
from perfwatch.report.change_view import comparison_sentence
from perfwatch.report.fingerprints import Fingerprints
from perfwatch.report.json_file import plain_record
from perfwatch.report.places import sarif_location
from perfwatch.report.view import ReportView, view_of
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.comparison import Comparison
    from perfwatch.records.profile_difference import FrameDifference
    from perfwatch.records.report import Report
    from perfwatch.report.finding_view import FindingView
    from perfwatch.report.run_view import FailureView

SCHEMA_ADDRESS = "https://json.schemastore.org/sarif-2.1.0.json"
#: What begins the name of every rule: a forge shows alerts of many programs in one list.
PREFIX = "perfwatch/"
SLOWER = f"{PREFIX}slower"
_LEVELS = {Grade.HIGH: "error", Grade.MEDIUM: "warning", Grade.LOW: "note"}
#: Of a finding's fields, those that no other part of an alert holds.
_PROPERTIES = (
    "rank",
    "benchmark",
    "resource",
    "share_ratio",
    "share_error_ratio",
    "ceiling_ratio",
    "confidence",
    "severity",
    "priority",
    "effort",
    "risk",
    "evidence",
)
_COMPARED = (
    "benchmark",
    "metric",
    "base_value",
    "head_value",
    "ratio",
    "interval",
    "confidence_level",
    "noise_floor_ratio",
    "verdict",
)
_SLOWER_HELP = (
    "A benchmark takes longer than at the base, beyond what chance explains, and this function takes more of it. "
    "The interval says how much longer."
)
_WEB = re.compile(r"https?://[!-~]+")

_Json = dict[str, Any]


def render_sarif(report: Report) -> str:
    """Return the log with one run in it; a report without findings is a run without results."""
    view = view_of(report)
    marks = Fingerprints(report.run, report.findings.ranked)
    found = list(zip(report.findings.ranked, view.findings.findings, strict=True))
    rules = {finding.rule: _rule(finding, shown) for finding, shown in reversed(found)}
    slower = _slower(report, view, marks)
    if slower:
        rules[SLOWER] = _slower_rule()
    order = {name: number for number, name in enumerate(rules)}
    results = [_result(report, finding, shown, marks) for finding, shown in found]
    document = {
        "$schema": SCHEMA_ADDRESS,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(list(rules.values()))},
                "automationDetails": {"id": f"{PREFIX}{visible(report.run.header.id, 60)}"},
                "invocations": [_invocation(report, view)],
                "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the project."}}},
                "columnKind": "unicodeCodePoints",
                "results": [one | {"ruleIndex": order[key]} for key, one in [*results, *slower]],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def _driver(rules: list[_Json]) -> _Json:
    return {"name": "perfwatch", "version": __version__, "semanticVersion": __version__, "rules": rules}


def _rule(finding: Finding, shown: FindingView) -> _Json:
    said = [shown.summary, f"See {shown.reference}" if shown.reference else ""]
    rule: _Json = {
        "id": f"{PREFIX}{shown.rule}",
        "shortDescription": {"text": _text(shown.title)},
        "fullDescription": {"text": _text(shown.summary)},
        "help": {"text": _text("\n".join(part for part in said if part))},
        "properties": {"tags": ["performance", finding.resource.value]},
    }
    if _WEB.fullmatch(finding.advice.reference):
        rule["helpUri"] = finding.advice.reference
    return rule


def _slower_rule() -> _Json:
    return {
        "id": SLOWER,
        "shortDescription": {"text": "Slower than the base"},
        "fullDescription": {"text": _SLOWER_HELP},
        "help": {"text": _SLOWER_HELP},
        "properties": {"tags": ["performance", "time"]},
    }


def _text(text: str) -> str:
    # A bracket that another follows would be a link. A forge refuses an empty text.
    return text.replace("](", "] (") or "\N{EN DASH}"


def _result(report: Report, finding: Finding, shown: FindingView, marks: Fingerprints) -> tuple[str, _Json]:
    """The finding's rule, and the alert."""
    plain: _Json = plain_record(finding, report.run.header.project_root)
    said = (f"{shown.title}{shown.whose}: {shown.ceiling}.", shown.mechanism, shown.summary, shown.tried)
    lines = (finding.line_start, finding.line_end)
    where = sarif_location(finding.file, report.run.header.project_root, lines)
    return finding.rule, {
        "ruleId": f"{PREFIX}{shown.rule}",
        "level": _LEVELS[finding.severity],
        "message": {"text": _text("\n".join(part for part in said if part))},
        "locations": [where | _logical(shown.function)],
        "partialFingerprints": marks.of(finding),
        "properties": {name: plain[name] for name in _PROPERTIES}
        | {
            "code": "\n".join(shown.code),
            "trial": None if finding.proof is None else finding.proof.verdict.value,
        },
    }


def _logical(function: str) -> _Json:
    return {"logicalLocations": [{"name": function, "kind": "function"}]} if function else {}


def _slower(report: Report, view: ReportView, marks: Fingerprints) -> list[tuple[str, _Json]]:
    """Alerts at the functions that a gate names for a slower benchmark."""
    if report.gate is None:
        return []
    slower = {
        one.benchmark: one
        for one in report.gate.comparisons
        if one.metric == "time" and one.verdict is Verdict.SLOWER
    }
    return [
        (SLOWER, _slow_function(report, view, (slower[each.benchmark], frame, each.summary), marks))
        for each in report.gate.functions
        if each.benchmark in slower
        for frame in each.frames
        if frame.named and frame.file and frame.line > 0
    ]


def _slow_function(
    report: Report, view: ReportView, told: tuple[Comparison, FrameDifference, str], marks: Fingerprints
) -> _Json:
    comparison, frame, summary = told
    root = report.run.header.project_root
    plain: _Json = plain_record(comparison, root)
    said = (comparison_sentence(comparison, view.shortened), visible(summary, 1_000))
    return {
        "ruleId": SLOWER,
        "level": "warning",
        "message": {"text": _text("\n".join(part for part in said if part))},
        "locations": [
            sarif_location(frame.file, root, (frame.line, frame.line)) | _logical(visible(frame.function))
        ],
        "partialFingerprints": marks.of_function(SLOWER, frame),
        "properties": {name: plain[name] for name in _COMPARED}
        | {"charged": plain_record(frame.charged, root), "touched": frame.touched},
    }


def _invocation(report: Report, view: ReportView) -> _Json:
    told = [*view.notes, view.findings.absent, view.findings.bound]
    notices = [_notice("error", _failure_words(one)) for one in view.failures]
    notices += [_notice("note", text) for text in told if text]
    return {
        "commandLine": view.command,
        "executionSuccessful": not report.run.failures and not view.state,
        "toolExecutionNotifications": ([_notice("error", view.state)] if view.state else []) + notices,
    }


def _failure_words(failure: FailureView) -> str:
    said = (failure.title, failure.message, failure.tail, failure.advice)
    return "\n".join(part for part in said if part)


def _notice(level: str, text: str) -> _Json:
    return {"level": level, "message": {"text": _text(text)}}
