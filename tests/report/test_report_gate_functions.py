"""The functions behind a red: on the terminal, in the document, and with hostile names."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from builders import make_comparison, make_report
from rich.console import Console

from perfwatch.records.comparison import Verdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict
from perfwatch.records.profile_difference import FrameDifference, ProfileDifference, TimeDifference
from perfwatch.report.gate_text import render_gate
from perfwatch.report.json_file import render_json


def difference(base_ns, head_ns, **changes):
    return TimeDifference(base_ns=base_ns, head_ns=head_ns, difference_ns=head_ns - base_ns, **changes)


def frame(function="step", **changes):
    plain = FrameDifference(
        function=function,
        file="solver.py",
        line=42,
        own=difference(1e6, 4e6),
        total=difference(2e6, 5e6),
        charged=difference(1e6, 4e6, interval_ns=(2.5e6, 3.5e6), p_value=0.001, q_value=0.01),
        touched=True,
        named=True,
    )
    return replace(plain, **changes)


def report(*frames):
    comparison = make_comparison(verdict=Verdict.SLOWER, reason="beyond the margin; most of it in step()")
    found = ProfileDifference(
        benchmark=comparison.benchmark,
        base_ns=1e7,
        head_ns=1.3e7,
        processes_counts=(5, 5),
        samples_counts=(2000, 2000),
        summary="most of it in step()",
        frames=frames,
    )
    gate = GateResult(
        verdict=GateVerdict.FAILED, policy=GatePolicy(), comparisons=(comparison,), functions=(found,)
    )
    return make_report(comparisons=(comparison,), gate=gate)


def printed(shown, width=120):
    text = io.StringIO()
    render_gate(shown, Console(file=text, width=width), None)
    return text.getvalue()


def test_the_named_function_stands_under_the_red_with_its_times():
    shown = printed(report(frame(), frame("other", named=False)))
    assert "most of it in step()" in shown
    row = next(line for line in shown.splitlines() if "solver.py:42 step" in line)
    assert "3 ms" in row or "3.00 ms" in row
    assert "[2.50 ms, 3.50 ms]" in row
    assert "solver.py:42 other" not in shown


def test_where_none_is_named_those_that_differ_most_are_shown():
    assert "solver.py:42 other" in printed(report(frame("other", named=False)))


def test_a_hostile_name_is_shown_as_text_and_keeps_its_line():
    shown = printed(report(frame("a\x1b[31m\n[bold]b")))
    assert "\x1b" not in shown
    assert "[bold]b" in shown


def test_the_document_holds_every_figure():
    plain = json.loads(render_json(report(frame(only_in=None, moved="", renamed_from="old"))))
    (found,) = plain["gate"]["functions"]
    (one,) = found["frames"]
    assert one["charged"]["interval_ns"] == [2.5e6, 3.5e6]
    assert (one["function"], one["line"], one["renamed_from"]) == ("step", 42, "old")
    assert found["processes_counts"] == [5, 5]
