"""The fused line view: each figure beside its line, with its pass and its error."""

from __future__ import annotations

from dataclasses import fields, replace
from math import nan

import pytest
from builders import make_benchmark, make_pass, make_profiles, make_run
from everything_report import DISAGREEMENT, everything_report

from perfwatch.records.profile import LineStat, MemoryProfile, Profiles
from perfwatch.records.run import PassName, PassState
from perfwatch.report.line_columns import FIGURES
from perfwatch.report.line_view import annotated
from perfwatch.report.names import Names
from perfwatch.report.source_view import hottest, memory_lines


def fused(*stats, passes=(), **profiles):
    benchmark = make_benchmark(passes=passes, profiles=Profiles(lines=stats, **profiles))
    return annotated(make_run(benchmarks=(benchmark,)), benchmark)


def stat(**changes):
    return LineStat(file="script.py", line=7, function="hot", **changes)


def cells(sources):
    """The measured line's cells by their columns' titles."""
    (row,) = [row for file in sources.files for rows in file.stretches for row in rows if row.cells]
    return {column.title: cell for column, cell in zip(sources.columns, row.cells, strict=True)}


def everything():
    report = everything_report()
    return annotated(report.run, report.run.benchmarks[0])


def row_of(sources, line):
    return next(row for rows in sources.files[0].stretches for row in rows if row.line == line)


def test_columns_without_a_figure_are_not_there():
    assert [column.title for column in fused(stat(time_ns=1e6, hits_count=3)).columns] == [
        "Own time",
        "Share",
        "Hits",
    ]


def test_a_column_of_noughts_is_not_there_either():
    sources = fused(stat(time_ns=1e6, waiting_ratio=0.0, read_bytes=0, leaked_bytes=0))
    assert [column.title for column in sources.columns] == ["Own time", "Share"]


def test_every_figure_of_a_line_has_a_column():
    shown = {figure.field for figure in FIGURES} | {figure.error_field for figure in FIGURES}
    aside = {"file", "line", "function", "source", "disagreement", "samples_count"}
    aside |= {"allocations_count", "temporary_count"}  # in the notes of their bytes
    assert {field.name for field in fields(LineStat)} - aside == shown - {""}


def test_all_columns_stand_where_all_is_known():
    assert [column.title for column in everything().columns] == [figure.title for figure in FIGURES]


def test_a_sampled_figure_carries_its_error_and_its_samples():
    cell = cells(fused(stat(time_ns=9e8, time_error_ns=12e6, samples_count=934)))["Own time"]
    assert (cell.text, cell.error) == ("900 ms", "\N{PLUS-MINUS SIGN} 12.0 ms")
    assert cell.note == "standard error 12.0 ms, 934 samples of this line"


def test_hits_are_exact_or_say_how_far_off_they_may_be():
    assert cells(fused(stat(hits_count=80)))["Hits"].note == "counted, every one"
    sampled = cells(fused(stat(hits_count=80, hits_error_count=9)))["Hits"]
    assert (sampled.text, sampled.error) == ("80", "\N{PLUS-MINUS SIGN} 9")


def test_a_figure_whose_error_nobody_knows_says_so():
    assert cells(fused(stat(time_ns=1e6)))["Own time"].note == "no standard error is known"


def test_native_code_is_a_bar_of_its_share():
    cell = cells(fused(stat(time_ns=1e6, native_ratio=0.8)))["Native"]
    assert (cell.text, cell.bar) == ("80%", 80)


def test_a_line_that_does_not_move_the_peak_says_so_in_a_word():
    memory = MemoryProfile(peak_bytes=4_000_000, allocated_bytes=None, allocations_count=2)
    still = cells(fused(stat(peak_bytes=5.0, without_bytes=4_000_000), memory=memory))
    moving = cells(fused(stat(peak_bytes=5.0, without_bytes=3_900_000), memory=memory))
    assert still["Peak without it"].text == "unmoved"
    assert moving["Peak without it"].text == "3.90 MB"


def test_a_figure_that_is_no_number_is_left_out():
    sources = fused(stat(time_ns=1e6, total_ns=nan, native_ratio=nan, hits_error_count=nan, hits_count=2))
    assert [column.title for column in sources.columns] == ["Own time", "Share", "Hits"]
    assert cells(sources)["Hits"].error == ""


def test_a_line_of_which_nothing_is_known_is_shown_without_figures():
    sources = fused(stat())
    assert (sources.columns, row_of(sources, 7).cells) == ((), ())


def test_a_disagreement_stands_below_its_line():
    sources = everything()
    assert row_of(sources, 20).flag == DISAGREEMENT
    assert row_of(sources, 19).flag == ""


@pytest.mark.parametrize(
    ("passes", "samples", "words"),
    [
        ((make_pass(tool="py-spy", version="0.4.0"),), 5, "cpu pass, py-spy 0.4.0, 950 samples"),
        (
            (make_pass(), make_pass(PassName.LINES, tool="tracer", version="")),
            5,
            "lines pass, tracer, 950 samples",
        ),
        (
            (
                make_pass(tool="py-spy"),
                make_pass(PassName.LINES, tool="tracer", version="", samples_count=None),
            ),
            5,
            "cpu pass, py-spy 5.1.2, 950 samples",
        ),
        (
            (make_pass(), make_pass(PassName.LINES, tool="tracer", version="", samples_count=None)),
            None,
            "lines pass, tracer",
        ),
        (
            (make_pass(), make_pass(PassName.LINES, state=PassState.FAILED)),
            5,
            "cpu pass, pyinstrument 5.1.2, 950 samples",
        ),
        ((), None, "cpu pass"),
    ],
)
def test_line_times_name_the_pass_that_gave_them(passes, samples, words):
    (origin,) = fused(stat(time_ns=1e6, samples_count=samples), passes=passes).origins
    assert origin.words == words


def test_each_columns_head_says_its_pass_with_and_without_hovering():
    sources = everything()
    hits = next(column for column in sources.columns if column.title == "Hits")
    assert hits.meaning.endswith("(lines pass, line_profiler 5.0.0)")
    told = {fact.label: origin.words for origin in sources.origins for fact in origin.facts}
    assert told["Hits"] == "lines pass, line_profiler 5.0.0"
    assert set(told) == {column.title for column in sources.columns}


def test_a_hot_line_says_what_most_of_its_time_was():
    line = stat(
        time_ns=5e5,
        time_error_ns=1e4,
        native_ratio=0.8,
        waiting_ratio=0.6,
        library_ratio=0.9,
        hits_count=3,
        disagreement="believe the sampler",
    )
    benchmark = make_benchmark(profiles=make_profiles(lines=(line,)))
    (hot,) = hottest(make_run(benchmarks=(benchmark,)), (benchmark,), Names())
    assert hot.error == "\N{PLUS-MINUS SIGN} 10.0 µs"
    assert hot.detail == "native 80%, waiting 60%, library 90%, 3 hits"
    assert hot.disagreement == "believe the sampler"


def test_memory_lines_are_by_what_they_would_save():
    stats = tuple(
        replace(stat(), line=line, peak_bytes=peak, without_bytes=without)
        for line, peak, without in (
            (1, 900, 1_000),
            (2, 100, 950),
            (3, 50, 700),
            (4, 800, None),
            (5, 10, nan),
        )
    )
    memory = MemoryProfile(peak_bytes=1_000, allocated_bytes=None, allocations_count=5)
    benchmark = make_benchmark(profiles=Profiles(lines=stats, memory=memory))
    found = memory_lines(make_run(), benchmark)
    assert [(line.place, line.without) for line in found] == [
        ("script.py:3", "700 B"),
        ("script.py:2", "950 B"),
        ("script.py:1", ""),
        ("script.py:4", ""),
        ("script.py:5", ""),
    ]
