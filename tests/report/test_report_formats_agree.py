"""One report in every format says the same figures: no renderer measures, judges or rounds on its own."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from rich_report import RELAX, gated_report, rich_report

from perfwatch import units
from perfwatch.report import RENDERERS, render
from perfwatch.report.gate_markdown import gate_markdown


@pytest.fixture(scope="module")
def texts():
    report = rich_report()
    return {name: render(report, name) for name in RENDERERS}


@pytest.fixture(scope="module")
def document(texts):
    return json.loads(texts["json"])


@pytest.fixture(scope="module")
def rows(texts):
    return list(csv.DictReader(io.StringIO(texts["csv"])))


@pytest.fixture(scope="module")
def cases(texts):
    root = ET.fromstring(texts["junit"])
    return {case.get("name"): case for case in root.iter("testcase")}


def read(texts):
    """What is read and not parsed, as a reader sees it."""
    return {name: html.unescape(texts[name]) for name in ("terminal", "html", "markdown")}


def ran(document):
    """The benchmarks that this run has; the baseline had one more."""
    benchmarks = [benchmark for benchmark in document["benchmarks"] if benchmark["target"] is not None]
    assert len(benchmarks) == 3
    return benchmarks


def compared(document):
    return [one for benchmark in document["benchmarks"] for one in benchmark["comparison"]]


def whole(rows, benchmark, metric, clock=""):
    (row,) = [
        row
        for row in rows
        if (row["benchmark"], row["metric"], row["clock"], row["process"]) == (benchmark, metric, clock, "")
        and (row["value_ns"] or row["value_bytes"] or row["base_ns"])
    ]
    return row


def test_every_median_is_the_same_in_every_format(texts, document, rows, cases):
    for benchmark in ran(document):
        median_ns = benchmark["timing"]["median_ns"]
        row = whole(rows, benchmark["name"], "time", "wall")
        assert float(row["value_ns"]) == median_ns
        assert [float(row["interval_low_ns"]), float(row["interval_high_ns"])] == benchmark["timing"][
            "interval_ns"
        ]
        assert float(cases[benchmark["name"]].get("time")) == pytest.approx(median_ns / 1e9, abs=1e-9)
        for text in read(texts).values():
            assert units.time(median_ns) in text


def test_every_process_has_its_row(document, rows):
    for benchmark in ran(document):
        for process in benchmark["timing"]["processes"]:
            (row,) = [
                row
                for row in rows
                if (row["benchmark"], row["process"], row["metric"], row["clock"])
                == (benchmark["name"], process["id"], "time", "wall")
            ]
            kept = sorted(process["wall_ns"][process["warmup_count"] :])
            assert float(row["value_ns"]) == kept[len(kept) // 2] / process["loops_count"]
            assert int(row["samples_count"]) == len(kept)


def test_every_ratio_and_verdict_is_the_same_in_every_format(texts, document, rows):
    suites = {suite.get("name"): suite for suite in ET.fromstring(texts["junit"])}
    for one in compared(document):
        told = [row for row in rows if (row["benchmark"], row["metric"]) == (one["benchmark"], one["metric"])]
        (row,) = [row for row in told if row["verdict"]]
        assert row["verdict"] == one["verdict"]
        assert (float(row["ratio"]) if row["ratio"] else None) == one["ratio"]
        stated = {each.get("name"): each.get("value") for each in suites[one["benchmark"]].iter("property")}
        assert stated[f"{one['metric']}.verdict"] == one["verdict"]
        if one["ratio"] is not None:
            assert float(stated[f"{one['metric']}.ratio"]) == one["ratio"]
            assert units.change(one["ratio"]) in read(texts)["markdown"]
        if one["metric"] == "time" and one["ratio"] is not None:
            for text in read(texts).values():
                assert units.change(one["ratio"]) in text


def test_every_ceiling_is_the_same_in_every_format(texts, document):
    alerts = json.loads(texts["sarif"])["runs"][0]["results"]
    assert len(alerts) == len(document["findings"]) == 2
    for alert, finding in zip(alerts, document["findings"], strict=True):
        assert alert["ruleId"] == f"perfwatch/{finding['rule']}"
        for name in (
            "ceiling_ratio",
            "share_ratio",
            "share_error_ratio",
            "confidence",
            "evidence",
            "benchmark",
        ):
            assert alert["properties"][name] == finding[name]
        ceiling = units.factor(finding["ceiling_ratio"])
        assert ceiling in alert["message"]["text"]
        for text in read(texts).values():
            assert ceiling in text


def test_a_finding_of_memory_has_its_peak_in_every_format(texts):
    sentence = "48% of the peak; without it the peak would be 1.93x smaller"
    for name in ("terminal", "html", "markdown"):
        assert sentence in html.unescape(texts[name])
    assert sentence in json.loads(texts["sarif"])["runs"][0]["results"][1]["message"]["text"]


def test_a_call_trees_time_is_the_same_in_every_format(texts, document):
    profiles = json.loads(texts["speedscope"])["profiles"]
    for benchmark in ran(document):
        total_ns = benchmark["profiles"]["cpu"]["total_ns"]
        (shown,) = [
            p for p in profiles if p["unit"] == "nanoseconds" and p["name"].startswith(benchmark["name"])
        ]
        assert sum(shown["weights"]) == pytest.approx(total_ns, abs=1)
        assert shown["endValue"] == pytest.approx(total_ns, abs=1)
        lines = [line for line in texts["collapsed"].splitlines() if line.startswith(f"{benchmark['name']};")]
        assert sum(int(line.rpartition(" ")[2]) for line in lines) == pytest.approx(total_ns, abs=len(lines))
        assert len(lines) == len(shown["samples"])


def test_what_the_lines_held_is_the_same_in_speedscope(texts, document):
    shown = json.loads(texts["speedscope"])
    frames = shown["shared"]["frames"]
    for benchmark in ran(document):
        (profile,) = [
            p for p in shown["profiles"] if p["unit"] == "bytes" and p["name"].startswith(benchmark["name"])
        ]
        held = {
            (frames[stack[-1]]["file"], frames[stack[-1]]["line"]): weight
            for stack, weight in zip(profile["samples"], profile["weights"], strict=True)
        }
        lines = {
            (s["file"], s["line"]): s["peak_bytes"] for s in benchmark["profiles"]["lines"] if s["peak_bytes"]
        }
        assert held == lines


def test_a_stack_in_speedscope_is_the_one_in_the_collapsed_file(texts):
    shown = json.loads(texts["speedscope"])
    frames = shown["shared"]["frames"]
    (profile,) = [p for p in shown["profiles"] if p["name"].startswith(RELAX) and p["unit"] == "nanoseconds"]
    stacks = [";".join(frames[number]["name"] for number in stack) for stack in profile["samples"]]
    lines = [line for line in texts["collapsed"].splitlines() if line.startswith(f"{RELAX};")]
    plain = [
        re.sub(r" \([^;]*?:\d+\)", "", line.rpartition(" ")[0]).removeprefix(f"{RELAX};") for line in lines
    ]
    assert plain == stacks


def test_a_gate_has_one_word_in_every_format():
    report = gated_report()
    assert report.gate.verdict.value == "failed"
    assert json.loads(render(report, "json"))["gate"]["verdict"] == "failed"
    assert render(report, "markdown") == gate_markdown(report.gate)
    root = ET.fromstring(render(report, "junit"))
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert len(failed) == len(report.gate.failing) == 3
    assert {name.partition(", ")[0] for name in failed} == {s.partition(" (")[0] for s in report.gate.failing}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://numpy.org/doc/stable/a.html#b", "[documentation](https://numpy.org/doc/stable/a.html#b)"),
        ("https://numpy.org/a b", "https&#58;"),
        ("javascript:alert(1)", "javascript&#58;alert(1)"),
    ],
)
def test_markdown_links_a_plain_address_and_shows_any_other_as_text(address, shown):
    report = rich_report()
    first, *rest = report.findings.ranked
    first = replace(first, advice=replace(first.advice, reference=address))
    text = render(
        replace(report, gate=None, findings=replace(report.findings, ranked=(first, *rest))), "markdown"
    )
    assert shown in text
    assert (f"]({address})" in text) == shown.startswith("[")
