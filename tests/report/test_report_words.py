"""How records are put into words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_benchmark, make_comparison, make_pass, make_profiles, make_report, make_run
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.records.comparison import Summary, Verdict
from perfwatch.records.profile import CallNode, LineStat, Profiles
from perfwatch.records.report import Report
from perfwatch.records.run import Commit, Custom, PassName, PassState, Span
from perfwatch.report.call_view import DEPTH_LIMIT, ROWS_LIMIT, call_tree, calls_for
from perfwatch.report.geometry import STRIP_WIDTH, change_reach, change_strip, heat, share
from perfwatch.report.line_view import annotated
from perfwatch.report.names import Names
from perfwatch.report.places import place, relative
from perfwatch.report.run_view import custom_rows, span_rows
from perfwatch.report.source_view import hottest, memory_lines
from perfwatch.report.view import view_of
from perfwatch.report.visible import visible, visible_block, visible_line
from perfwatch.report.words import (
    absence,
    amount,
    commit_words,
    metric_words,
    parameters_words,
    summary_words,
)


@given(st.text(alphabet=st.characters(codec=None)))
def test_whatever_is_made_visible_is_one_printable_encodable_line(text):
    shown = visible(text)
    assert shown.encode("utf-8").decode() == shown
    assert not any(ord(c) < 32 or ord(c) in range(0x7F, 0xA0) or c in "\u2028\u2029\u202e" for c in shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain name[64]", "plain name[64]"),
        ("naïve größe 日本", "naïve größe 日本"),
        ("\x1b[31m", "␛[31m"),
        ("a\nb", "a␊b"),
        ("\u202etxt", "⟨U+202E⟩txt"),
        ("\udc80", "⟨U+DC80⟩"),
    ],
)
def test_a_mark_stands_for_what_cannot_be_shown(text, shown):
    assert visible(text) == shown


def test_output_loses_its_colours_and_keeps_its_last_lines():
    assert visible_block("\x1b[31mred\x1b[0m\nb\nc\n", 2) == "b\nc"
    assert visible_block("\x1b[31mred\x1b[0m") == "red"


def test_source_keeps_its_indentation():
    assert visible_line("\tif x:  ") == "    if x:"


@pytest.mark.parametrize(
    ("file", "root", "expected"),
    [
        ("/project/a/b.py", "/project", "a/b.py"),
        ("/project/a/b.py", "/project/", "a/b.py"),
        ("/projects/b.py", "/project", "/projects/b.py"),
        ("a/b.py", "/project", "a/b.py"),
        ("C:\\p\\a\\b.py", "C:\\p", "a/b.py"),
        ("odd\\name.py", "/project", "odd\\name.py"),
        ("/x/b.py", "", "/x/b.py"),
    ],
)
def test_paths_are_relative_where_they_can_be(file, root, expected):
    assert relative(file, root) == expected


def test_a_library_is_named_from_its_own_root():
    assert place("/opt/v/lib/python3.11/site-packages/numpy/core.py", 7, "/project") == "numpy/core.py:7"
    assert place("/usr/lib/python3.13t/json/decoder.py", 0, "/project") == "json/decoder.py"


@pytest.mark.parametrize(
    ("metric", "value", "words", "text"),
    [
        ("time", 1_500_000.0, "time", "1.50 ms"),
        ("gc_pause_ns", 2_000.0, "gc pause", "2.00 µs"),
        ("peak_memory_bytes", 5e6, "peak memory", "5.00 MB"),
        ("allocations_count", 1234, "allocations", "1234"),
        ("hit_ratio", 1.5, "hit", "1.50x"),
        ("mse", 0.25, "mse", "0.250"),
    ],
)
def test_a_metric_is_worded_and_its_amount_carries_its_unit(metric, value, words, text):
    assert metric_words(metric) == words
    assert amount(metric, value) == text


def test_the_clock_is_named_where_it_is_not_the_wall():
    assert metric_words("time", "cpu") == "time (cpu clock)"


def test_verdicts_that_want_attention_come_first():
    assert summary_words(Summary(same=2, slower=1, undecided=3)) == "1 slower, 3 undecided, 2 same"
    assert summary_words(Summary()) == ""


def test_a_commit_says_whether_it_is_all():
    assert commit_words(Commit(revision="0123456789", branch="main", dirty=True)) == (
        "0123456 on main, with uncommitted changes"
    )
    assert commit_words(Commit()) == "no commit"


@pytest.mark.parametrize(
    ("passes", "sentence"),
    [
        ((), "No call tree: the cpu pass was not run."),
        ((make_pass(),), "No call tree: the cpu pass saw nothing to show."),
        (
            (make_pass(state=PassState.SKIPPED, reason="over budget"),),
            "No call tree: the cpu pass is skipped: over budget",
        ),
        ((make_pass(state=PassState.FAILED),), "No call tree: the cpu pass is failed."),
    ],
)
def test_an_absence_gives_its_reason(passes, sentence):
    assert absence(make_benchmark(passes=passes), PassName.CPU, "call tree") == sentence


def test_the_hottest_lines_are_by_own_time_each_line_once():
    profiles = make_profiles()
    twice = make_benchmark(profiles=replace(profiles, lines=profiles.lines * 2))
    lines = hottest(make_run(benchmarks=(twice,)), (twice,), Names())
    assert [line.place for line in lines] == ["script.py:7", "script.py:6"]
    assert [line.share for line in lines] == ["60.0%", "20.0%"]
    assert lines[0].source == "total += math.sqrt(i)"


@pytest.mark.parametrize(("count", "words"), [(1, "1 hit"), (2.0, "2 hits"), (None, "hits not counted")])
def test_hits_are_counted_in_words(count, words):
    stat = LineStat(file="a.py", line=1, function="f", time_ns=1.0, hits_count=count)
    benchmark = make_benchmark(profiles=Profiles(lines=(stat,)))
    assert hottest(make_run(benchmarks=(benchmark,)), (benchmark,), Names())[0].detail == words


def _hot(source, count=1):
    stat = LineStat(file="a.py", line=1, function="f", source=source, time_ns=5e5, hits_count=1)
    profiles = Profiles(lines=(stat,))
    benchmarks = tuple(make_benchmark(f"suite/b{i}", profiles=profiles) for i in range(count))
    return hottest(make_run(benchmarks=benchmarks), benchmarks, Names("suite/"))[0]


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("from sklearn.datasets import load_diabetes", "importing, 1 hit"),
        ("import numpy as np", "importing, 1 hit"),
        ("import_all(folder)", "1 hit"),
        ("from_file = read(important)", "1 hit"),
    ],
)
def test_a_line_that_imports_says_so(source, detail):
    assert _hot(source).detail == detail


def test_of_several_benchmarks_a_hot_line_says_whose_it_is_and_its_share_is_of_that_one():
    line = _hot("x = f()", 2)
    assert (line.detail, line.share) == ("of b0, 1 hit", "50.0%")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1712.0, "bytes", "1.71 kB"),
        (500.0, "points", "500 points"),
        (6.05256e-17, "", "6.05e-17"),
        (0.0, "1", "0"),
        (3.0, "unit", "3"),
        (0.25, "", "0.250"),
    ],
)
def test_a_figure_of_the_targets_own_carries_its_unit(value, unit, shown):
    (row,) = custom_rows((Custom(name="a", values=(value,), unit=unit),), Names())
    assert row.values == shown


def test_a_figure_that_bears_its_benchmarks_name_says_it_once():
    rows = custom_rows((Custom(name="b.track_x", values=(1.0,), benchmark="b.track_x"),), Names("b."))
    assert [(row.name, row.benchmark) for row in rows] == [("track_x", "")]


def test_a_benchmark_that_only_recorded_figures_has_no_row_of_dashes():
    bare = replace(make_benchmark("b.track_x", profiles=Profiles()), timing=None, metrics={})
    lost = replace(bare, name="b.time_y")
    figure = Custom(name="b.track_x", values=(1.0,), benchmark="b.track_x")
    view = view_of(
        Report(run=make_run(benchmarks=(make_benchmark("b.time_x"), bare, lost), custom=(figure,)))
    )
    assert [benchmark.timing.name for benchmark in view.benchmarks] == ["b.time_x"]
    assert view.untimed == "Not timed: b.time_y"


def test_parameters_say_nothing_about_memory_addresses():
    assert parameters_words({"function": "<function f at 0x7fba17baaca0>", "n": "3"}) == (
        "function = <function f>, n = 3"
    )


def test_parameters_that_stand_in_the_name_are_not_said_twice():
    named = make_benchmark("test_x[3]", parameters={"n": "3"})
    plain = make_benchmark("script.py", parameters={"n": "3"})
    rows = view_of(Report(run=make_run(benchmarks=(named, plain)))).benchmarks
    assert [row.timing.parameters for row in rows] == ["", "n = 3"]


def test_what_every_benchmark_lacks_is_left_to_the_passes():
    gpu = make_pass(PassName.GPU, state=PassState.UNAVAILABLE, reason="no driver")
    cpu = make_pass(PassName.CPU, state=PassState.FAILED, reason="it died")
    one = make_benchmark("one", passes=(gpu,))
    two = make_benchmark("two", passes=(gpu, cpu), profiles=replace(make_profiles(), cpu=None))
    alone, both = (view_of(Report(run=make_run(benchmarks=b))).benchmarks for b in ((two,), (one, two)))
    assert alone[0].absent == (
        "No call tree: the cpu pass is failed: it died",
        "No GPU figures: the gpu pass is unavailable: no driver",
    )
    assert [benchmark.absent for benchmark in both] == [(), (alone[0].absent[0],)]


def test_lines_without_time_are_not_hot():
    cold = make_benchmark(
        profiles=Profiles(lines=(LineStat(file="a.py", line=1, function="f", time_ns=float("nan")),))
    )
    assert hottest(make_run(benchmarks=(cold,)), (cold,), Names()) == ()


def test_memory_lines_are_by_what_was_held_at_the_peak():
    stats = tuple(
        LineStat(file="a.py", line=i, function="f", peak_bytes=peak, allocated_bytes=10)
        for i, peak in enumerate((5, None, 50), start=1)
    )
    benchmark = make_benchmark(profiles=Profiles(lines=stats))
    assert [line.place for line in memory_lines(make_run(), benchmark)] == ["a.py:3", "a.py:1", "a.py:2"]


def test_an_excerpt_holds_its_context_and_no_blank_ends():
    benchmark = make_benchmark(
        profiles=Profiles(lines=(LineStat(file="script.py", line=5, function="hot", time_ns=1.0),))
    )
    (file,) = annotated(make_run(), benchmark).files
    assert [row.line for row in file.stretches[0]] == [4, 5, 6, 7]
    assert [[cell.text for cell in row.cells] for row in file.stretches[0]] == [[], ["1.00 ns", ""], [], []]


def test_a_line_beyond_the_stored_source_is_still_shown():
    stat = LineStat(file="other.py", line=900, function="f", source="x = 1", time_ns=1.0)
    (file,) = annotated(make_run(), make_benchmark(profiles=Profiles(lines=(stat,)))).files
    assert [(row.line, row.source) for row in file.stretches[0]] == [(900, "x = 1")]


def test_a_deep_call_tree_is_bounded():
    node = CallNode(function="f", file="a.py", line=1, time_ns=1.0, total_ns=1.0)
    for _ in range(600):
        node = CallNode(function="f", file="a.py", line=1, time_ns=0.0, total_ns=1.0, children=(node,))
    row = call_tree(make_benchmark(profiles=Profiles(cpu=node)), "").root
    while row.children:
        row = row.children[0]
    assert row.depth == DEPTH_LIMIT


def test_a_wide_call_tree_keeps_the_dearest_calls():
    children = tuple(
        CallNode(function=f"f{i}", file="a.py", line=1, time_ns=1e6 + i, total_ns=1e6 + i) for i in range(150)
    )
    nested = tuple(
        replace(c, children=(replace(c, function="in"), replace(c, function="on"))) for c in children
    )
    root = CallNode(function="main", file="a.py", line=1, time_ns=0.0, total_ns=150e6, children=nested)
    tree = call_tree(make_benchmark(profiles=Profiles(cpu=root)), "")
    shown = sum(1 + len(child.children) for child in tree.root.children)
    assert shown <= ROWS_LIMIT
    assert tree.root.children[0].function == "f149"
    assert "left out" in tree.left_out


def test_many_call_trees_share_the_rows_of_a_page():
    assert [calls_for(count) for count in (0, 1, 10, 20, 24, 300)] == [300, 300, 300, 150, 125, 100]
    children = tuple(
        CallNode(function=f"f{i}", file="a.py", line=1, time_ns=1e6 + i, total_ns=1e6 + i) for i in range(150)
    )
    root = CallNode(function="main", file="a.py", line=1, time_ns=0.0, total_ns=151e6, children=children)
    tree = call_tree(make_benchmark(profiles=Profiles(cpu=root)), "", 100)
    assert [row.function for row in tree.root.children[:2]] == ["f149", "f148"]
    assert len(tree.root.children) <= 100
    assert "left out" in tree.left_out


def test_spans_stand_under_their_parents_longest_first():
    spans = (
        Span(path=("a", "x"), count=1, wall_ns=1, cpu_ns=1),
        Span(path=("b",), count=1, wall_ns=50, cpu_ns=1),
        Span(path=("a", "y"), count=1, wall_ns=9, cpu_ns=1),
        Span(path=("a",), count=1, wall_ns=10, cpu_ns=1),
    )
    assert [(row.name, row.depth) for row in span_rows(spans, Names())] == [
        ("b", 0),
        ("a", 0),
        ("y", 1),
        ("x", 1),
    ]


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_words_of_its_own(verdict):
    report = make_report(comparisons=(make_comparison(verdict=verdict),))
    row = view_of(report).changes.rows[0]
    assert row.verdict == verdict.value
    assert row.mark


def test_a_comparison_without_figures_is_drawn_as_nothing():
    comparison = make_comparison(ratio=None, interval=None)
    assert change_strip(comparison, change_reach((comparison,))) is None


@given(
    ratio=st.floats(allow_nan=True, allow_infinity=True),
    low=st.floats(allow_nan=True),
    high=st.floats(allow_nan=True),
)
def test_a_drawing_never_leaves_its_area(ratio, low, high):
    comparison = make_comparison(ratio=ratio, interval=(low, high))
    strip = change_strip(comparison, change_reach((comparison,)))
    if strip is not None:
        assert 0 <= float(strip.left) <= float(strip.left) + float(strip.width) <= STRIP_WIDTH
        assert 0 <= float(strip.middle) <= STRIP_WIDTH


def test_a_share_of_nothing_is_no_share():
    assert share(1.0, 0.0) is None
    assert share(None, 1.0) is None
    assert share(float("nan"), 1.0) is None
    assert (heat(None, 1.0), heat(1.0, 1.0), heat(5.0, 1.0)) == (0, 100, 100)


def test_times_taken_under_a_sampler_say_so():
    benchmark = make_benchmark()
    sampled = replace(
        benchmark, timing=replace(benchmark.timing, for_verdicts=False, notes=("sampled as it ran",))
    )
    view = view_of(Report(run=make_run(benchmarks=(sampled,))))
    assert view.benchmarks[0].notes == ("These times are not for verdicts.", "sampled as it ran")
    assert view.glance[0].note == "sampled as it ran"
