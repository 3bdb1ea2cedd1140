"""A build server shows a gate's word: what fails it is red, what is open is skipped, what broke is an error."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from builders import make_benchmark, make_comparison, make_report, make_run
from rich_report import FIT, RELAX, SAVE, gated_report, rich_report

from perfwatch.gate import judge, with_answers
from perfwatch.records.answer_change import AnswerChange, AnswerVerdict
from perfwatch.records.comparison import OWN, Verdict
from perfwatch.records.gate import Acceptance, GatePolicy, Limit
from perfwatch.records.report import Report
from perfwatch.report.junit import render_junit

TODAY = date(2026, 3, 14)


def cases(report):
    """Each case by suite and name, with how it ended and what is said of it."""
    found = {}
    for suite in ET.fromstring(render_junit(report)):
        ends = []
        for case in suite.iter("testcase"):
            (outcome,) = [*case] or [None]
            ends.append("passed" if outcome is None else outcome.tag)
            found[suite.get("name"), case.get("name")] = (
                ends[-1],
                "" if outcome is None else outcome.get("message"),
            )
        # What a reader adds up is what the suite says of itself.
        assert suite.get("tests") == str(len(ends))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(attribute) == str(ends.count(tag))
    return found


def ends(report):
    return {name: end for (_, name), (end, _) in cases(report).items()}


def judged(*comparisons, benchmarks=(), answers=(), void="", **policy):
    result = judge(comparisons, GatePolicy(**policy), TODAY, benchmarks=benchmarks, void_reason=void)
    return make_report(comparisons=result.comparisons, gate=with_answers(result, answers, TODAY))


def test_without_a_gate_what_is_worse_beyond_doubt_fails():
    shown = ends(rich_report())
    assert shown[RELAX] == "failure"
    assert shown[f"{RELAX}, peak memory"] == "failure"
    assert shown[FIT] == "skipped"
    assert shown[SAVE] == shown[f"{RELAX}, residual"] == "passed"
    assert shown["tests/test_diffusion.py::test_restart"] == "skipped"
    assert shown["tests/test_diffusion.py::test_checkpoint"] == "error"


def test_a_figure_of_which_more_is_better_does_not_fail_by_being_higher():
    for direction, end in (("higher", "passed"), ("lower", "failure")):
        one = make_comparison(metric=f"{OWN}accuracy", verdict=Verdict.HIGHER, direction=direction)
        assert ends(make_report(comparisons=(one,)))["script.py, accuracy"] == end


def test_under_a_gate_only_what_the_policy_does_not_let_pass_fails():
    slower = make_comparison(verdict=Verdict.SLOWER, ratio=1.04, base_value=1e6, head_value=1.04e6)
    assert ends(judged(slower))["script.py"] == "passed"
    assert ends(judged(slower, fail_above_ratio=0.02))["script.py"] == "failure"


def test_a_case_keeps_its_name_whichever_clock_its_verdict_rests_on():
    wall, cpu = (make_comparison(clock=clock) for clock in ("wall", "cpu"))
    assert (
        list(ends(make_report(comparisons=(cpu,))))
        == list(ends(make_report(comparisons=(wall,))))
        == ["script.py"]
    )
    assert list(ends(make_report(comparisons=(wall, cpu)))) == ["script.py", "script.py, time (cpu clock)"]


def test_what_was_agreed_to_passes():
    slower = make_comparison(verdict=Verdict.SLOWER, ratio=2.0, base_value=1e6, head_value=2e6)
    agreed = (Acceptance(pattern="script.py", reason="more digits"),)
    assert ends(judged(slower, acceptances=agreed))["script.py"] == "passed"


@pytest.mark.parametrize(
    ("verdict", "end"),
    [
        (Verdict.UNDECIDED, "skipped"),
        (Verdict.NEW, "skipped"),
        (Verdict.FAILED, "error"),
        (Verdict.REMOVED, "failure"),
        (Verdict.SAME, "passed"),
        (Verdict.FASTER, "passed"),
    ],
)
def test_each_verdict_has_its_end_under_a_gate(verdict, end):
    one = make_comparison(verdict=verdict, reason="for this reason")
    shown = cases(judged(one))[("script.py", "script.py")]
    assert shown[0] == end
    assert end in ("passed", "failure") or "for this reason" in shown[1] or verdict is Verdict.FAILED


def test_a_limit_that_is_passed_fails_its_case():
    benchmark = make_benchmark(metrics={"peak_memory_bytes": 5_000_000})
    one = make_comparison(metric="peak_memory_bytes", verdict=Verdict.SAME, clock=None)
    limits = (Limit(pattern="script.py", peak_memory_bytes=4_000_000),)
    assert ends(judged(one, benchmarks=(benchmark,), limits=limits))["script.py, peak memory"] == "failure"


def test_what_fails_a_gate_and_was_not_compared_has_a_case_of_its_own():
    answer = AnswerChange(benchmark="script.py", verdict=AnswerVerdict.DIFFERENT, reason="1 of 20 differ")
    found = cases(judged(make_comparison(verdict=Verdict.SAME), answers=(answer,)))
    assert found["perfwatch gate", "script.py (answer): 1 of 20 differ"][0] == "failure"


def test_a_gate_that_judges_nothing_is_never_green():
    void = cases(judged(make_comparison(), void="base differs from its copy"))
    assert void["perfwatch gate", "judged"] == ("error", "Nothing can be judged from this run.")
    assert cases(judged())["perfwatch gate", "judged"][0] == "error"
    assert cases(judged(make_comparison()))["perfwatch gate", "judged"][0] == "skipped"


def test_a_case_has_its_module_and_its_seconds_a_call():
    root = ET.fromstring(render_junit(Report(run=make_run())))
    (case,) = root.iter("testcase")
    assert (case.get("classname"), case.get("name"), case.get("time")) == (
        "script.py",
        "script.py",
        "0.001000000",
    )


def test_a_suite_carries_ratio_interval_and_verdict():
    root = ET.fromstring(render_junit(gated_report()))
    stated = {one.get("name"): one.get("value") for one in root[0].iter("property")}
    comparison = gated_report().comparisons[0]
    assert stated["time.verdict"] == "slower"
    assert float(stated["time.ratio"]) == comparison.ratio
    assert [float(stated["time.ratio_low"]), float(stated["time.ratio_high"])] == list(comparison.interval)


def test_what_xml_cannot_write_is_left_out_or_shown():
    one = make_comparison(benchmark="a\x00\x0b\ufffeb<&>\"'", reason="]]>\uffff")
    root = ET.fromstring(render_junit(make_report(comparisons=(one,))))
    names = [suite.get("name") for suite in root]
    assert "a\N{SYMBOL FOR NULL}\N{SYMBOL FOR VERTICAL TABULATION}b<&>\"'" in names


def test_a_target_that_failed_before_any_benchmark_is_an_error():
    base = rich_report()
    failure = replace(base.run.failures[0], benchmark=None)
    report = Report(run=replace(base.run, benchmarks=(), failures=(failure,)))
    assert [end for end, _ in cases(report).values()] == ["error"]
