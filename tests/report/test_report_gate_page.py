"""The page of a gate: its word first, what fails it, and which functions made a benchmark slower."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from builders import make_comparison, make_report
from hostile import MARKUP, with_text

from perfwatch.records.comparison import Verdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict
from perfwatch.records.hunk import Hunk
from perfwatch.records.profile_difference import FrameDifference, ProfileDifference, TimeDifference
from perfwatch.records.run import PassState
from perfwatch.records.witness import Witness, WitnessName
from perfwatch.report.html import render_html


def difference(base_ns, head_ns, **changes):
    return TimeDifference(base_ns=base_ns, head_ns=head_ns, difference_ns=head_ns - base_ns, **changes)


def gated(verdict=GateVerdict.FAILED, **changes):
    comparison = make_comparison(verdict=Verdict.SLOWER, reason="beyond the margin of 1.0%")
    step = FrameDifference(
        function="step",
        file="solver.py",
        line=42,
        own=difference(1e6, 4e6),
        total=difference(2e6, 5e6),
        charged=difference(1e6, 4e6, interval_ns=(2.5e6, 3.5e6)),
        touched=True,
        named=True,
    )
    found = ProfileDifference(
        benchmark=comparison.benchmark,
        base_ns=1e7,
        head_ns=1.3e7,
        processes_counts=(5, 5),
        samples_counts=(2000, 2000),
        summary="most of it in step()",
        frames=(step, replace(step, function="other", named=False)),
    )
    facts = {
        "policy": GatePolicy(),
        "comparisons": (comparison,),
        "failing": ("fit (time): slower +20.0%",),
        "chosen": ("base is where head left main: 0123456789",),
        "functions": (found,),
        "notes": ("both sides ran in one environment",),
        "unmet": ("old* is accepted, and no benchmark has such a name",),
        "smallest_visible_ratio": 0.004,
        "witnesses": (
            Witness(name=WitnessName.INSTRUCTIONS, state=PassState.UNAVAILABLE, reason="valgrind is missing"),
        ),
    }
    gate = GateResult(verdict=verdict, **{**facts, **changes})
    return make_report(comparisons=gate.comparisons, gate=gate)


def words(text):
    text = re.sub(r"<(style|script).*?</\1>", "", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_the_gates_word_and_what_fails_it_stand_before_all_figures():
    page = words(render_html(gated()))
    said = [
        "The gate fails.",
        "fit (time): slower +20.0%",
        "base is where head left main: 0123456789",
        "beyond the margin of 1.0%",
        "solver.py:42 step",
        "Smallest visible change, by a copy of base against base: 0.4%",
        "both sides ran in one environment",
        "Instructions were not counted: valgrind is missing",
        "Acceptance: old* is accepted",
        "Peak memory",
    ]
    places = [page.find(text) for text in said]
    assert -1 not in places
    assert places == sorted(places)


def test_what_the_change_did_to_a_named_function_stands_with_the_verdict():
    hunk = Hunk(
        file="solver.py", function="step", line=41, lines=(" a = 1", "-b = 1", "+b = 2"), left_out_count=7
    )
    text = render_html(gated(hunks=(hunk,)))
    assert '<span class="less">-b = 1</span>' in text
    assert '<span class="more">+b = 2</span>' in text
    assert "solver.py:41" in words(text)
    assert "7 more lines of this diff" in words(text)
    assert "<script>window" not in render_html(with_text(gated(hunks=(hunk,)), MARKUP))


def test_functions_that_are_named_leave_the_others_out():
    page = words(render_html(gated()))
    assert "2.50 ms to 3.50 ms" in page or "2.50 ms, 3.50 ms" in page
    assert "solver.py:42 other" not in page


@pytest.mark.parametrize("verdict", GateVerdict)
def test_every_word_of_a_gate_has_its_sentence(verdict):
    page = words(render_html(gated(verdict, failing=(), functions=())))
    assert " Gate " in page


def test_comparisons_stand_once_on_the_page_of_a_gate():
    page = render_html(gated())
    assert page.count('<table class="cards changes">') == 1
    assert 'id="change"' not in page


def test_a_report_of_a_run_has_no_gate():
    assert 'id="gate"' not in render_html(make_report())


def test_names_from_outside_are_shown_and_do_nothing():
    assert "<script>window" not in render_html(with_text(gated(), MARKUP))


def test_a_long_list_of_what_fails_is_cut_and_counted():
    page = words(render_html(gated(failing=tuple(f"fit{number} is slower" for number in range(60)))))
    assert "fit49 is slower" in page
    assert "fit50 is slower" not in page
    assert "and 10 more" in page
