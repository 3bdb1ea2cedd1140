"""Findings in every form: five lines each on a screen, a list on the page, records in the JSON; names from outside do nothing."""

from __future__ import annotations

import io
import json
import re

import jsonschema
from builders import make_benchmark, make_report, make_run
from hostile import MARKUP
from rich.console import Console

from perfwatch.records.finding import Advice, Finding, Findings, Grade, Resource
from perfwatch.report.html import render_html
from perfwatch.report.json_file import render_json, schema
from perfwatch.report.terminal import render_terminal, render_text


def finding(rank=1, **changes):
    fields = {
        "rank": rank,
        "rule": "loop-invariant",
        "title": "The same thing computed in each turn",
        "benchmark": "script.py",
        "file": "script.py",
        "line_start": 7,
        "line_end": 7,
        "function": "hot",
        "mechanism": "math.sqrt(i) is computed anew: ran 4,096 times, 0.21 ms each",
        "share_ratio": 0.5,
        "share_error_ratio": 0.02,
        "ceiling_ratio": 2.0,
        "confidence": Grade.HIGH,
        "severity": Grade.HIGH,
        "priority": Grade.HIGH,
        "effort": Grade.LOW,
        "risk": Grade.LOW,
        "advice": Advice(
            summary="Compute it once, before the loop.",
            code="value = math.sqrt(i)  # before the loop",
            risk="It is computed even where the loop has no turn.",
            reference="https://example.org/hoist",
        ),
        "evidence": {"calls_count": 4096.0},
    }
    return Finding(**fields | changes)


def reported(*findings, **changes):
    return make_report(findings=Findings(ranked=findings, **changes))


def block(report, width=100):
    """What a terminal shows between the heading of findings and the next one."""
    text = io.StringIO()
    render_terminal(report, Console(file=text, width=width, color_system=None))
    lines = [line.rstrip() for line in text.getvalue().split("\n")]
    start = lines.index("Findings") + 1
    return lines[start : lines.index("", start)]


def test_a_finding_has_its_place_ceiling_cause_and_advice_in_five_lines_at_most():
    shown = block(reported(finding()))
    assert shown[0] == " 1  The same thing computed in each turn  script.py:7"
    assert (
        shown[1]
        == "    50% ± 2% of the time; if it cost nothing, the whole would be 2.00x as fast, confidence high"
    )
    assert shown[2] == "    math.sqrt(i) is computed anew: ran 4,096 times, 0.21 ms each."
    assert shown[3:] == ["    Compute it once, before the loop."]


def test_long_sentences_are_cut_and_never_take_a_sixth_line():
    words = "a sentence that goes on and on " * 30
    shown = block(reported(finding(mechanism=words, advice=Advice(summary=words))), width=60)
    assert len(shown) == 5
    assert all(len(line) <= 60 for line in shown)
    assert shown[3].endswith("…")
    assert shown[4].endswith("…")


def test_three_findings_stand_on_a_screen_and_the_others_are_counted():
    shown = block(reported(*(finding(rank) for rank in range(1, 6))))
    assert [line[:3] for line in shown if re.match(r"[ \d]\d  ", line)] == [" 1 ", " 2 ", " 3 "]
    assert shown[-1] == "2 more findings in the report."


def test_where_there_are_none_the_reason_stands_there():
    assert block(reported(absent="No rule found a place.")) == ["No rule found a place."]


def test_where_most_of_the_time_is_compiled_code_s_that_is_said():
    sentence = "86% of the time passes in compiled code, most of it at axes.py:24."
    report = reported(absent="No rule found a place.", bound=sentence)
    assert " ".join(block(report)) == f"No rule found a place. {sentence}"
    assert sentence in render_html(report)


def test_a_report_that_was_not_diagnosed_has_no_heading_for_it():
    assert "Findings" not in render_text(make_report())
    assert 'id="findings"' not in render_html(make_report())


def test_of_memory_the_ceiling_is_the_peak_s():
    shown = block(reported(finding(resource=Resource.MEMORY, ceiling_ratio=1.6, share_ratio=0.375)))
    assert "of the peak; without it the peak would be 1.60x smaller" in shown[1]


def test_a_run_of_several_benchmarks_names_whose_finding_it_is():
    run = make_run(benchmarks=(make_benchmark("fit"), make_benchmark("draw")))
    report = make_report(run=run, findings=Findings(ranked=(finding(benchmark="draw"),)))
    assert block(report)[0].endswith("script.py:7 (draw)")


def test_the_page_shows_line_code_risk_and_the_library_s_documentation():
    page = render_html(reported(finding()))
    part = page[page.index('id="findings"') : page.index('id="benchmarks"')]
    assert '<code class="source">total += math.sqrt(i)</code>' in part
    assert "value = math.sqrt(i)  # before the loop" in part
    assert "It is computed even where the loop has no turn." in part
    assert 'href="https://example.org/hoist"' in part
    assert "<code>loop-invariant</code>" in part


def test_the_document_holds_every_figure_and_fits_its_schema():
    document = json.loads(render_json(reported(finding(), finding(2))))
    jsonschema.validate(document, schema())
    first, second = document["findings"]
    assert (first["rank"], second["rank"]) == (1, 2)
    assert first["evidence"] == {"calls_count": 4096.0}
    assert first["share_ratio"] == 0.5
    assert first["advice"]["reference"] == "https://example.org/hoist"
    assert first["confidence"] == "high"
    assert first["resource"] == "time"


def test_what_could_not_be_diagnosed_is_noted():
    report = reported(finding(), notes=("model.py cannot be read as Python.",))
    assert "model.py cannot be read as Python." in render_text(report)
    assert "model.py cannot be read as Python." in json.loads(render_json(report))["honesty"]["notes"]


def test_names_from_outside_are_no_markup():
    hostile = finding(
        file=MARKUP, function=MARKUP, mechanism=MARKUP, advice=Advice(summary=MARKUP, code=MARKUP)
    )
    report = reported(hostile)
    assert MARKUP not in render_html(report)
    assert "<script>window" not in render_html(report)
    render_text(report)
