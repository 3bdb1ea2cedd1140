"""The page holds what was measured, and asks nobody for anything."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from builders import make_benchmark, make_profiles, make_report, make_run
from diffusion_report import FILE, diffusion_report, script_report
from everything_report import everything_report

from perfwatch.records.profile import CallNode, LineStat, MemoryMoment, Profiles
from perfwatch.records.report import Report
from perfwatch.records.run import RunState, SourceFile, Span
from perfwatch.report.benchmark_view import DETAILED_LIMIT
from perfwatch.report.charts import memory_chart
from perfwatch.report.html import SCRIPTS, render_html
from perfwatch.report.templates import template_dir
from perfwatch.report.words import EXPLANATIONS

EMPTY = Report(run=make_run(benchmarks=(), sources=(), state=RunState.FAILED))


@pytest.fixture(scope="module")
def page():
    return render_html(diffusion_report())


def words(text):
    """The page's text without its markup and its style sheet."""
    text = re.sub(r"<(style|script).*?</\1>", "", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_an_ordinary_page_is_small(page):
    assert len(page.encode()) < 600_000


def test_the_page_names_no_other_place(page):
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\((?!#)|<script[^>]* src", page)
    assert "default-src 'none'" in page


def test_the_page_runs_its_own_scripts_and_no_other(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    allowed = re.findall(r"'(sha256-[^']+)'", policy.partition("script-src")[2].replace("&#39;", "'"))
    texts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    made = [b64encode(sha256(text.encode()).digest()).decode() for text in texts]
    assert allowed == [f"sha256-{digest}" for digest in made]
    assert len(texts) == len(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_of_ours_can_end_its_own_element(name):
    assert "</" not in (template_dir() / name).read_text(encoding="utf-8")


def test_the_same_report_gives_the_same_bytes(page):
    assert render_html(diffusion_report()) == page


@pytest.mark.parametrize(
    "fact",
    [
        "2.14 s",  # the longest benchmark
        "[2.11 s, 2.17 s]",  # its interval
        "58.2 MB",  # the peak
        "science/diffusion.py:32 in relax held 28.0 MB",  # and its line
        "43.5%",  # the hottest line's share
        "around = plate[i - 1, j] + plate[i + 1, j]",  # its source
        "823 k hits",
        "slower",
        "the whole interval lies above the margin of 1.0% (smallest visible change 2.4%)",
        "OPENBLAS_NUM_THREADS",
        "line_profiler 5.0.0",
        "3.41x",  # its overhead
        "no NVIDIA driver was found",
        "converge",  # a span
        "plates.csv",  # a note
        "leave the test out with -k",  # advice
        "1.20 MB of the peak came from threads without a Python stack",
    ],
)
def test_the_page_says(page, fact):
    assert fact in words(page).replace("&#39;", "'")


def test_a_report_of_nothing_has_no_empty_tables():
    text = render_html(EMPTY)
    assert "<table" not in text
    assert "<svg" not in text
    for sentence in (
        "No benchmark was timed.",
        "No pass ended.",
        "No line times",
        "The target names no spans",
    ):
        assert sentence in text


def test_several_processes_are_drawn_as_dots_and_one_interval():
    page = render_html(Report(run=make_run(benchmarks=(make_benchmark("a"), make_benchmark("b")))))
    strip = re.search(r'<svg class="strip".*?</svg>', page, re.DOTALL).group()
    assert strip.count('class="dot"') == 5
    assert strip.count('class="band"') == 1


def test_a_single_process_has_no_interval():
    assert "1 process, so no interval" in words(render_html(script_report()))


def test_calls_below_half_a_percent_are_left_out_and_counted():
    small = tuple(
        CallNode(function=f"small_{i}", file=FILE, line=i, time_ns=1.0, total_ns=1.0) for i in range(7)
    )
    root = CallNode(function="main", file=FILE, line=1, time_ns=993.0, total_ns=1000.0, children=small)
    text = render_html(Report(run=make_run(benchmarks=(make_benchmark(profiles=Profiles(cpu=root)),))))
    assert "small_" not in text
    assert "7 smaller branches" in text


def test_a_call_tree_of_many_thousand_functions_stays_bounded():
    def tree(depth):
        children = tuple(tree(depth - 1) for _ in range(8)) if depth else ()
        total = 1e9 / 8 ** (5 - depth)
        return CallNode(function="f", file=FILE, line=1, time_ns=0.0, total_ns=total, children=children)

    text = render_html(Report(run=make_run(benchmarks=(make_benchmark(profiles=Profiles(cpu=tree(5))),))))
    assert len(text.encode()) < 600_000


def test_lines_of_a_big_file_stay_bounded_and_the_hottest_are_kept():
    source = SourceFile(file="big.py", digest="d", text="\n".join(f"x{i} = {i}" for i in range(1, 20_001)))
    lines = tuple(
        LineStat(file="big.py", line=i, function="f", time_ns=float(i), hits_count=1)
        for i in range(10, 20_000, 10)
    )
    run = make_run(benchmarks=(make_benchmark(profiles=Profiles(lines=lines)),), sources=(source,))
    text = render_html(Report(run=run))
    assert "x19990 = 19990" in text
    assert "cheaper stretches are left out here" in text
    assert len(text.encode()) < 600_000


def test_a_line_whose_source_was_not_stored_shows_what_the_pass_kept():
    run = replace(make_report().run, sources=())
    assert "total += math.sqrt(i)" in render_html(Report(run=run))


def test_of_many_benchmarks_the_rest_stand_in_the_tables_only():
    profiles = Profiles(lines=make_profiles().lines)
    many = tuple(make_benchmark(f"bench_{i}", profiles=profiles) for i in range(DETAILED_LIMIT + 5))
    text = render_html(Report(run=make_run(benchmarks=many)))
    assert "5 more benchmarks have their details in report.json only." in text
    assert f"bench_{DETAILED_LIMIT + 4}" in text


@pytest.mark.parametrize("report", [diffusion_report(), Report(run=diffusion_report().run)])
def test_columns_that_need_it_are_explained(report):
    page = render_html(report)
    explained = re.findall(r'<abbr title="([^"]*)">([^<]*)</abbr></span>', page)
    assert {title for _, title in explained} >= {"Peak memory", "Base" if report.comparisons else "Median"}
    for meaning, title in explained:
        assert EXPLANATIONS[title] == meaning.replace("&#39;", "'")
        assert f"{title}: {meaning}" in words(page).replace(" :", ":")


def test_columns_of_spans_that_no_span_fills_are_not_there():
    span = Span(path=("load",), count=1, wall_ns=10**9, cpu_ns=10**9)
    with_spans = words(render_html(Report(run=make_run(spans=(span,)))))
    assert "Entered Wall CPU load" in with_spans


def test_a_chart_keeps_its_text_as_text_and_its_colours_to_the_page():
    moments = [MemoryMoment(at_ns=i * 10**6, resident_bytes=10**7, heap_bytes=i * 1000) for i in range(5000)]
    memory = replace(make_profiles().memory, moments=tuple(moments))
    chart = memory_chart(memory)
    assert "<text" in chart
    assert "var(--accent)" in chart
    assert "<style" not in chart
    assert len(chart) < 40_000
    assert chart == memory_chart(memory)
    assert "peak 5.00 MB" in chart


def test_a_single_moment_is_no_chart():
    moment = MemoryMoment(at_ns=0, resident_bytes=1, heap_bytes=1)
    assert memory_chart(replace(make_profiles().memory, moments=(moment,))) == ""
    assert memory_chart(None) == ""


def test_the_templates_are_found():
    assert (template_dir() / "report.html.j2").is_file()


@pytest.mark.smoke
def test_importing_the_renderers_loads_nothing_heavy():
    code = (
        "import sys, perfwatch.report, perfwatch.report.files;"
        "print([m for m in ('matplotlib', 'jinja2', 'rich', 'numpy', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_many_benchmarks_with_many_measured_lines_share_the_room_of_one_page():
    report = everything_report()
    (benchmark,) = report.run.benchmarks
    (dear,) = [stat for stat in benchmark.profiles.lines if stat.line == 30]
    lines = tuple(replace(dear, file="big.py", line=i) for i in range(1, 500))
    profiles = Profiles(lines=lines)
    many = tuple(replace(benchmark, name=f"b{i}", profiles=profiles) for i in range(DETAILED_LIMIT))
    text = render_html(Report(run=replace(report.run, benchmarks=many)))
    assert len(text.encode()) < 3_000_000
