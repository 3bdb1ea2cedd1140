"""Whatever stands in a record, every format is written, parses, and holds nothing that acts on its reader."""

from __future__ import annotations

import csv
import html
import io
import itertools
import json
import re
import unicodedata
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from xml.etree import ElementTree as ET

import pytest
from builders import make_benchmark, make_comparison, make_pass, make_process, make_run, make_timing
from everything_report import everything_report
from hostile import ATTACKS, FORMULA, MARKDOWN, SURROGATE, filled, with_numbers, with_text
from markdown_it import MarkdownIt
from rich_report import finding, gated_report, rich_report

from perfwatch.records.comparison import Verdict
from perfwatch.records.finding import Advice, Findings
from perfwatch.records.profile import CallNode, Profiles
from perfwatch.records.report import Report
from perfwatch.records.run import Failure, FailureKind, PassName, PassState, RunState
from perfwatch.report import RENDERERS, render
from perfwatch.report.csv_file import COLUMNS
from perfwatch.report.markdown_text import BYTES_LIMIT

REPORTS = {"everything": everything_report, "compared": rich_report, "gated": gated_report}
#: What of the renderers is not read by programs alone.
READ = ("terminal", "html", "markdown", "csv", "collapsed", "junit")
STEERS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
OURS = {
    *("h2", "p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "strong", "code"),
    *("details", "summary", "pre"),
}
SUMMONS = re.compile(r"@[\w-]|#\d|\bGH-\d|https?://|www\.\w", re.IGNORECASE)
NOUGHT = "nought"
NUMBERS = {"nan": float("nan"), "infinity": float("inf"), "minus infinity": -float("inf"), NOUGHT: 0.0}


def table(text):
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == list(COLUMNS)
    assert {len(row) for row in rows} == {len(COLUMNS)}
    return rows[1:]


def lines(text):
    found = [re.fullmatch(r"(.+) ([1-9]\d*)", line) for line in text.splitlines()]
    assert all(found)
    return found


PARSERS = {
    "collapsed": lines,
    "csv": table,
    "html": str,
    "json": json.loads,
    "junit": ET.fromstring,
    "markdown": str,
    "sarif": json.loads,
    "speedscope": json.loads,
    "terminal": str,
}


#: Enough that most words of the enumerations are seen in some report.
TURNS = (0, 1, 2, 3, 5, 7)


def made(name, attack):
    """Reports in which every text is an attack: one built by hand, or some out of nothing but the records' types."""
    if name == "types":
        return [filled(Report, attack, turn) for turn in TURNS]
    return [with_text(REPORTS[name](), attack)]


@cache
def written(name, attack):
    """Every format of a report in which every text is an attack."""
    reports = made(name, ATTACKS[attack])
    return {format_name: [render(each, format_name) for each in reports] for format_name in RENDERERS}


def parsed(report):
    """Every format of a report, written as UTF-8 and parsed again."""
    return {name: PARSERS[name](render(report, name).encode().decode()) for name in RENDERERS}


@pytest.mark.parametrize("name", [*REPORTS, "types"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_every_format_parses_whatever_the_texts_say(attack, name):
    for format_name, texts in written(name, attack).items():
        for text in texts:
            assert PARSERS[format_name](text.encode().decode()) is not None


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("number", NUMBERS)
def test_every_format_parses_whatever_the_figures_are(number, name):
    report = with_numbers(REPORTS[name](), NUMBERS[number])
    assert set(parsed(report)) == set(RENDERERS)
    if number == NOUGHT:
        assert set(parsed(with_numbers(report, 0, whole=True))) == set(RENDERERS)


@pytest.mark.parametrize("name", [*REPORTS, "types"])
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("format_name", READ)
def test_what_is_read_holds_nothing_that_steers(attack, format_name, name):
    text = "\n".join(written(name, attack)[format_name])
    # The Markdown's own blank of no width keeps a sign from what follows it.
    shown = text.replace("\N{ZERO WIDTH SPACE}", "") if format_name == "markdown" else text
    assert {character for character in shown if unicodedata.category(character) in STEERS} <= {"\n"}


@pytest.mark.parametrize("name", [*REPORTS, "types"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_makes_a_forge_do_nothing_and_fits(attack, name):
    for text in written(name, attack)["markdown"]:
        assert len(text.encode()) <= BYTES_LIMIT
        page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
        assert set(re.findall(r"</?([\w!-]+)", page)) <= OURS
        for tag in ("details", "summary", "pre"):
            assert page.count(f"<{tag}>") == page.count(f"</{tag}>")
        outside = re.sub(r"<(code|pre)>.*?</\1>", "", page, flags=re.DOTALL)
        assert SUMMONS.search(html.unescape(re.sub(r"<[^>]*>", "", outside))) is None


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "  =1", "\N{FULLWIDTH EQUALS SIGN}1"]
)
def test_no_cell_of_a_table_is_a_formula(text):
    report = rich_report()
    hostile = with_text(report, text)
    for row in table(render(hostile, "csv")):
        for name, cell in zip(COLUMNS, row, strict=True):
            if not re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", cell):
                assert not cell.lstrip().startswith(("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}")), name


def test_a_formulas_cell_keeps_its_text_behind_an_apostrophe():
    report = Report(run=make_run(benchmarks=(make_benchmark("=SUM(A1)"),)))
    assert {row[COLUMNS.index("benchmark")] for row in table(render(report, "csv"))} == {"'=SUM(A1)"}


def test_a_negative_figure_stays_a_figure():
    report = Report(run=make_run(benchmarks=(make_benchmark(metrics={"change_bytes": -12.5}),)))
    found = [row for row in table(render(report, "csv")) if row[COLUMNS.index("metric")] == "change_bytes"]
    assert [row[COLUMNS.index("value_bytes")] for row in found] == ["-12.5"]


def test_names_in_stacks_cannot_make_another_frame_or_line():
    inner = CallNode(function="a;b\nc 5", file="", line=0, time_ns=7.0, total_ns=7.0)
    tree = CallNode(function="<module>", file="x.py", line=1, time_ns=0.0, total_ns=7.0, children=(inner,))
    report = Report(run=make_run(benchmarks=(make_benchmark(profiles=Profiles(cpu=tree)),)))
    (line,) = render(report, "collapsed").splitlines()
    assert line.split(";") == ["<module> (x.py:1)", "a\N{FULLWIDTH SEMICOLON}b\N{SYMBOL FOR LINE FEED}c 5 7"]


def test_a_recursion_of_any_depth_is_written_and_keeps_its_time():
    node = CallNode(function="leaf", file="x.py", line=1, time_ns=5.0, total_ns=5.0)
    for depth in range(3_000):
        total = node.total_ns + 1.0
        node = CallNode(
            function="f", file="x.py", line=depth + 2, time_ns=1.0, total_ns=total, children=(node,)
        )
    report = Report(run=make_run(benchmarks=(make_benchmark(profiles=Profiles(cpu=node)),)))
    profile = json.loads(render(report, "speedscope"))["profiles"][0]
    assert max(map(len, profile["samples"])) == 500
    assert sum(profile["weights"]) == profile["endValue"] == node.total_ns
    assert sum(int(match.group(2)) for match in lines(render(report, "collapsed"))) == node.total_ns


def one_sample():
    timing = make_timing(2e9, processes=1, interval_ns=None)
    process = make_process(2e9, loops=1, samples=1, warmup_count=0)
    return Report(run=make_run(benchmarks=(make_benchmark(timing=replace(timing, processes=(process,))),)))


def every_pass_failed():
    passes = tuple(make_pass(name, state=PassState.FAILED, reason="killed") for name in PassName)
    failures = tuple(
        Failure(
            target="script.py", pass_name=name, kind=FailureKind.SIGNAL, message="killed", signal="SIGKILL"
        )
        for name in PassName
    )
    bare = make_benchmark(timing=None, metrics={}, profiles=Profiles(), passes=passes)
    return Report(run=make_run(benchmarks=(bare,), state=RunState.FAILED, failures=failures))


def nothing_at_all():
    return Report(run=make_run(benchmarks=(), sources=(), targets=()))


@pytest.mark.parametrize("made", [one_sample, every_pass_failed, nothing_at_all])
def test_a_run_that_has_next_to_nothing_has_every_format(made):
    assert set(parsed(made())) == set(RENDERERS)


def test_a_run_in_which_every_pass_failed_says_so_where_formats_can():
    report = every_pass_failed()
    log = json.loads(render(report, "sarif"))["runs"][0]["invocations"][0]
    assert log["executionSuccessful"] is False
    assert sum("SIGKILL" in each["message"]["text"] for each in log["toolExecutionNotifications"]) == len(
        PassName
    )
    root = ET.fromstring(render(report, "junit"))
    assert [suite.get("errors") for suite in root] == [str(len(PassName))]
    assert "SIGKILL" in render(report, "markdown")


def test_a_link_in_a_message_is_plain_text_in_an_alert():
    report = rich_report()
    one = finding(mechanism=MARKDOWN, advice=Advice(summary="[x](https://example.org)"))
    log = json.loads(render(replace(report, findings=Findings(ranked=(one,))), "sarif"))
    assert "](" not in json.dumps(log["runs"][0]["results"])


def test_a_path_of_any_letters_is_a_valid_address():
    names = ("a b#c?d%.py", f"x{SURROGATE}.py", "c:x.py", "\N{GREEK SMALL LETTER PI}.py")
    found = [finding(file=name, rank=rank) for rank, name in enumerate(names, start=1)]
    log = json.loads(render(replace(rich_report(), findings=Findings(ranked=tuple(found))), "sarif"))
    places = [
        one["locations"][0]["physicalLocation"]["artifactLocation"] for one in log["runs"][0]["results"]
    ]
    assert {place["uriBaseId"] for place in places} == {"%SRCROOT%"}
    assert [place["uri"] for place in places] == [
        "a%20b%23c%3Fd%25.py",
        "x%5Cudc80%5Cud800.py",
        "c%3Ax.py",
        "%CF%80.py",
    ]


def test_a_comment_of_any_run_fits_with_what_attention_needs_first():
    reason = "<" * 900
    rows = tuple(make_comparison(benchmark=f"b{n}", verdict=Verdict.SAME, reason=reason) for n in range(900))
    rows += (make_comparison(benchmark="heavy", verdict=Verdict.SLOWER, reason=reason),)
    many = tuple(make_benchmark(f"@{'<' * 150}{n}") for n in range(900))
    base = rich_report()
    report = replace(
        base,
        comparisons=rows,
        run=replace(base.run, benchmarks=many, notes=(reason,) * 300, failures=base.run.failures * 200),
        findings=Findings(
            ranked=tuple(finding(rank=n, mechanism="@" * 900) for n in range(1, 300)), bound=reason
        ),
    )
    text = render(report, "markdown")
    assert len(text.encode()) <= BYTES_LIMIT
    assert text.index("heavy") < text.index("`b0`")
    assert "more rows are left out here (" in text
    assert "more findings, which the report has" in text
    assert "more benchmarks are left out here; the report has them" in text


def test_the_attacks_reach_every_text_of_a_report():
    def texts(value):
        if isinstance(value, str) and not isinstance(value, Enum):
            yield value
        elif is_dataclass(value):
            for each in fields(value):
                yield from texts(getattr(value, each.name))
        elif isinstance(value, dict):
            yield from itertools.chain.from_iterable(map(texts, (*value, *value.values())))
        elif isinstance(value, tuple | frozenset):
            yield from itertools.chain.from_iterable(map(texts, value))

    found = list(texts(filled(Report, FORMULA)))
    assert set(found) == {FORMULA}
    assert len(found) > 150
    assert all(FORMULA in text or not text for text in texts(with_text(gated_report(), FORMULA)))
