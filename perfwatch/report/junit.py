"""Report → JUnit's XML, as test reports of build servers read it: a suite a benchmark, a case a metric.

What fails a gate is a failure; without a gate, what is worse beyond doubt. What is not
decided, or was not compared, is skipped, and an execution that failed is an error. It must not
judge: all of it follows from verdicts. Ratios stand in the suite's properties, because the
schema that most readers follow, junit-10.xsd of Jenkins' xUnit plugin, gives a case none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from perfwatch import units
from perfwatch.records.comparison import TIMES, Comparison, Verdict
from perfwatch.records.gate import GateVerdict
from perfwatch.records.run import Benchmark
from perfwatch.report.change_view import comparison_sentence
from perfwatch.report.gate_view import is_about
from perfwatch.report.view import ReportView, view_of
from perfwatch.report.visible import visible
from perfwatch.report.words import GATE_WORDS, metric_words, tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.records.gate import GateResult
    from perfwatch.records.report import Report
    from perfwatch.records.run import Failure

_NAME_LIMIT, _TEXT_LIMIT = 400, 1_000
#: What XML 1.0 has no way to write: https://www.w3.org/TR/xml/#charsets.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OPEN = frozenset({Verdict.UNDECIDED, Verdict.NEW, Verdict.REMOVED})
_GATE, _JUDGED = "perfwatch gate", "judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How a case ended: ``failure``, ``error``, ``skipped``, or nothing where it passed; in a line, and at length."""

    kind: str = ""
    message: str = ""
    details: str = ""


_PASSED = _Outcome()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    name: str
    group: str
    time: str = ""
    outcome: _Outcome = _PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suite:
    name: str
    cases: tuple[_Case, ...]
    properties: tuple[tuple[str, str], ...] = ()

    def count(self, kind: str) -> str:
        return str(sum(case.outcome.kind == kind for case in self.cases))


def render_junit(report: Report) -> str:
    """Return the document with its declaration, as UTF-8."""
    view = view_of(report)
    root = ET.Element("testsuites", {"name": "perfwatch"})
    for suite in _suites(report, view):
        _add(root, suite, visible(report.run.header.started_at))
    ET.indent(root, " ")
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suites(report: Report, view: ReportView) -> Iterator[_Suite]:
    told: dict[str, list[Comparison]] = {}
    for one in report.comparisons:
        told.setdefault(one.benchmark, []).append(one)
    broken: dict[str, list[_Outcome]] = {}
    for failure, shown in zip(report.run.failures, view.failures, strict=True):
        details = "\n".join(part for part in (shown.message, shown.tail, shown.advice) if part)
        outcome = _Outcome(kind="error", message=shown.title, details=details)
        broken.setdefault(_whose(failure), []).append(outcome)
    known = {benchmark.name: benchmark for benchmark in report.run.benchmarks}
    for name in dict.fromkeys([*known, *told, *broken]):
        benchmark = known.get(name, Benchmark(name=name, target=""))
        cases = [
            *_compared(report, view, benchmark, told.get(name, [])),
            *_errors(report, benchmark, broken.get(name, [])),
        ]
        yield _Suite(
            name=visible(name, _NAME_LIMIT),
            cases=tuple(cases),
            properties=tuple(pair for one in told.get(name, []) for pair in _properties(one)),
        )
    if report.gate is not None:
        yield _gate_suite(report.gate)


def _whose(failure: Failure) -> str:
    return failure.benchmark or failure.target


def _compared(
    report: Report, view: ReportView, benchmark: Benchmark, told: Sequence[Comparison]
) -> Iterator[_Case]:
    """A case for each metric that was compared; of a benchmark without any, one for its time."""
    names: set[str] = set()
    for one in told:
        # The clock that a verdict rests on may be another one in the next run, and the case is the same:
        # servers follow a case by its name. Where both clocks were compared, the second is named.
        clock = one.clock if metric_words(one.metric) in names else None
        names.add(metric_words(one.metric))
        words = metric_words(one.metric, clock)
        name = visible(benchmark.name, _NAME_LIMIT)
        yield _Case(
            name=name if words == "time" else f"{name}, {words}",
            group=_group(report, benchmark),
            time=units.seconds(one.head_value) if one.metric in TIMES else "",
            outcome=_outcome(report, view, one),
        )
    if not told and benchmark.timing is not None:
        yield _Case(
            name=visible(benchmark.name, _NAME_LIMIT),
            group=_group(report, benchmark),
            time=units.seconds(benchmark.timing.median_ns),
            outcome=_Outcome(kind="skipped", message=view.baseline or "not compared"),
        )


def _errors(report: Report, benchmark: Benchmark, outcomes: Sequence[_Outcome]) -> Iterator[_Case]:
    for outcome in outcomes:
        yield _Case(
            name=visible(benchmark.name, _NAME_LIMIT), group=_group(report, benchmark), outcome=outcome
        )


def _outcome(report: Report, view: ReportView, one: Comparison) -> _Outcome:
    reason = visible(one.reason, _TEXT_LIMIT)
    sentence = comparison_sentence(one, view.shortened) or f"{one.verdict.value}: {reason}"
    if one.verdict is Verdict.FAILED:
        return _Outcome(kind="error", message=sentence, details=reason)
    if _fails(report, one):
        return _Outcome(kind="failure", message=sentence, details=reason)
    if one.verdict in _OPEN:
        return _Outcome(kind="skipped", message=f"{one.verdict.value}: {reason}")
    return _PASSED


def _fails(report: Report, one: Comparison) -> bool:
    """Whether the gate fails by it; without a gate, whether its verdict wants attention."""
    if report.gate is not None:
        return any(is_about(sentence, one.benchmark, one.metric) for sentence in report.gate.failing)
    return tone(one.verdict, one.direction) == "bad" and one.verdict is not Verdict.REMOVED


def _gate_suite(result: GateResult) -> _Suite:
    """Whether the gate could judge; nothing that fails it, or voids it, may be missing from the cases."""
    word, _ = GATE_WORDS[result.verdict]
    about = [(one.benchmark, one.metric) for one in result.comparisons]
    rest = [one for one in result.failing if not any(is_about(one, *each) for each in about)]
    outcome = _PASSED
    if result.verdict in (GateVerdict.VOID, GateVerdict.UNMEASURED):
        outcome = _Outcome(kind="error", message=word, details=visible(result.void_reason, _TEXT_LIMIT))
    elif result.verdict is GateVerdict.UNDECIDED:
        outcome = _Outcome(kind="skipped", message=word)
    cases = [_Case(name=_JUDGED, group=_GATE, outcome=outcome)]
    for one in rest:
        text = visible(one, _TEXT_LIMIT)
        cases.append(_Case(name=text, group=_GATE, outcome=_Outcome(kind="failure", message=text)))
    return _Suite(name=_GATE, cases=tuple(cases))


def _group(report: Report, benchmark: Benchmark) -> str:
    """The benchmark's group, else the file or module that was measured, else perfwatch."""
    names = {target.key: target.name for target in report.run.header.targets}
    return visible(benchmark.group or names.get(benchmark.target) or "perfwatch", _NAME_LIMIT)


def _properties(one: Comparison) -> Iterator[tuple[str, str]]:
    metric = visible(one.metric if one.clock in (None, "wall") else f"{one.metric}.{one.clock}")
    low, high = one.interval or (None, None)
    figures = (
        ("ratio", units.plain(one.ratio)),
        ("ratio_low", units.plain(low)),
        ("ratio_high", units.plain(high)),
        ("confidence_level", units.plain(one.confidence_level)),
        ("noise_floor_ratio", units.plain(one.noise_floor_ratio)),
    )
    yield f"{metric}.verdict", one.verdict.value
    yield from ((f"{metric}.{name}", value) for name, value in figures if value)


def _add(root: ET.Element, suite: _Suite, when: str) -> None:
    node = ET.SubElement(
        root,
        "testsuite",
        {
            "name": _xml(suite.name),
            "tests": str(len(suite.cases)),
            "failures": suite.count("failure"),
            "errors": suite.count("error"),
            "skipped": suite.count("skipped"),
            "timestamp": _xml(when),
        },
    )
    if suite.properties:
        holder = ET.SubElement(node, "properties")
        for name, value in suite.properties:
            ET.SubElement(holder, "property", {"name": _xml(name), "value": _xml(value)})
    for case in suite.cases:
        attributes = {"classname": _xml(case.group), "name": _xml(case.name)}
        one = ET.SubElement(node, "testcase", attributes | ({"time": case.time} if case.time else {}))
        if case.outcome.kind:
            told = ET.SubElement(one, case.outcome.kind, {"message": _xml(case.outcome.message)})
            told.text = _xml(case.outcome.details) or None


def _xml(text: str) -> str:
    return _FORBIDDEN.sub("", text)
