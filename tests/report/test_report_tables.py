"""The table of benchmarks, the roll-up by module, ceilings, histories, samples: what stands in the page."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from builders import (
    make_benchmark,
    make_comparison,
    make_process,
    make_report,
    make_run,
    make_timing,
)
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.compare import module_totals
from perfwatch.courses import courses
from perfwatch.diagnose import ceilings
from perfwatch.records.comparison import Verdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict, Limit
from perfwatch.records.plan import Policy
from perfwatch.records.profile import Profiles
from perfwatch.records.report import Report
from perfwatch.records.timing import Timing
from perfwatch.report.benchmark_view import DETAILED_LIMIT
from perfwatch.report.geometry import ratio_axis
from perfwatch.report.html import render_html
from perfwatch.report.samples_plot import ROWS_LIMIT as SAMPLE_ROWS
from perfwatch.report.samples_plot import samples_plot
from perfwatch.report.settings_view import settings_facts
from perfwatch.report.table_view import ROWS_LIMIT
from perfwatch.report.view import view_of


def words(text):
    text = re.sub(r"<(style|script).*?</\1>", "", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def compared(*rows):
    """A report of benchmarks: name, verdict, ratio of each."""
    benchmarks = tuple(make_benchmark(name, 1e6 * (ratio or 1)) for name, _, ratio in rows)
    comparisons = tuple(
        make_comparison(
            benchmark=name,
            verdict=verdict,
            ratio=ratio,
            interval=(ratio * 0.99, ratio * 1.01),
            head_value=1e6 * ratio,
            noise_floor_ratio=0.008,
        )
        for name, verdict, ratio in rows
    )
    return make_report(run=make_run(benchmarks=benchmarks), comparisons=comparisons)


# The table


def test_with_a_base_every_row_has_both_sides_the_change_and_its_verdict():
    table = view_of(compared(("a", Verdict.SLOWER, 1.2), ("b", Verdict.SAME, 1.0))).table
    assert [column.title for column in table.columns] == [
        *("Benchmark", "Base", "Head", "Change", "Interval", "Verdict", "Peak memory", "Memory change"),
    ]
    assert [cell.text for cell in table.rows[0].cells][:3] == ["1.00 ms", "1.20 ms", "+20.0%"]
    assert table.rows[0].cells[4].text.endswith("slower")
    assert table.rows[0].cells[3].strip is not None


def test_a_benchmark_that_only_base_has_stands_in_the_table_too():
    report = compared(("a", Verdict.SAME, 1.0))
    gone = make_comparison(
        benchmark="gone", verdict=Verdict.REMOVED, head_value=None, ratio=None, interval=None
    )
    table = view_of(replace(report, comparisons=(*report.comparisons, gone))).table
    assert [(row.name, row.anchor) for row in table.rows] == [("a", "benchmark-1"), ("gone", "")]
    assert table.rows[1].cells[0].text == "1.00 ms"


def test_groups_are_a_column_where_there_are_several():
    one, other = make_benchmark("a", group="fit"), make_benchmark("b", group="load")
    assert [c.title for c in view_of(Report(run=make_run(benchmarks=(one, other)))).table.columns][
        1
    ] == "Group"
    alike = make_run(benchmarks=(one, replace(other, group="fit")))
    assert "Group" not in [c.title for c in view_of(Report(run=alike)).table.columns]


def test_five_thousand_benchmarks_make_a_page_of_bounded_size_that_keeps_the_reds():
    rows = [(f"bench_{number}", Verdict.SAME, 1.0) for number in range(5_000)]
    rows[4_321] = ("red", Verdict.SLOWER, 1.5)
    report = compared(*rows)
    bare = tuple(replace(one, profiles=Profiles()) for one in report.run.benchmarks)
    report = replace(report, run=replace(report.run, benchmarks=bare))
    report = replace(report, modules=module_totals(bare, report.comparisons))
    page = render_html(report)
    assert len(page.encode()) < 4_000_000
    assert page.count('<th scope="row"') == ROWS_LIMIT
    assert "4000 more benchmarks are in report.json." in page
    assert re.search(r'<a href="#benchmark-4322">red</a>', page)
    assert f"{5_000 - DETAILED_LIMIT} more benchmarks have their details in report.json only." in page


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0, -1.0])
def test_a_time_that_is_none_makes_no_drawing_and_sorts_last(value):
    timing = make_timing(median_ns=value, interval_ns=(value, value))
    report = Report(run=make_run(benchmarks=(make_benchmark("a", timing=timing), make_benchmark("b"))))
    row = view_of(report).table.rows[0]
    assert row.cells[2].strip is None
    assert row.cells[0].value == ("" if not math.isfinite(value) else repr(value))
    assert "nan" not in words(render_html(report)).lower()


@given(st.floats(min_value=0.005, max_value=math.log(4)))
def test_an_axis_has_nought_in_its_middle_and_its_labels_inside(reach):
    ticks = ratio_axis(reach).ticks
    assert ("50.0", "0") in [(tick.place, tick.label) for tick in ticks]
    assert all(0 < float(tick.place) < 100 for tick in ticks)
    assert len(ticks) == 3


def test_a_time_without_an_interval_stands_inside_the_axis():
    row = make_comparison(ratio=1.8, interval=None, head_value=1.8e6)
    axis = view_of(make_report(comparisons=(row,))).table.columns[4].axis
    assert axis.ticks[-1].label == "+50%"


# What the verdicts say at the top


def test_the_verdicts_stand_first_with_the_smallest_visible_change():
    fact = view_of(compared(("a", Verdict.SLOWER, 1.2), ("b", Verdict.SAME, 1.0))).glance[0]
    assert fact.label == "Change"
    assert "smallest visible change 0.8%" in fact.note


def test_of_a_gate_it_is_the_one_that_a_copy_of_base_showed():
    report = compared(("a", Verdict.SAME, 1.0))
    gate = GateResult(verdict=GateVerdict.PASSED, policy=GatePolicy(), smallest_visible_ratio=0.004)
    assert "smallest visible change 0.4%" in view_of(replace(report, gate=gate)).glance[0].note


# Ceilings


def test_the_hottest_lines_tell_their_ceiling_alone_and_together():
    run = make_run()
    page = words(render_html(Report(run=run, ceilings=ceilings(run))))
    assert "at most 2.50x" in page  # of 60%
    assert (
        "Together 80.0% of the time: if all of them cost nothing, the whole would be 5.00x as fast at most."
        in page
    )


def test_without_the_record_no_ceiling_is_made_up():
    assert "at most" not in words(render_html(Report(run=make_run())))


# Modules


def test_modules_are_totalled_on_both_sides():
    report = compared(
        ("a.py::x", Verdict.SLOWER, 2.0), ("a.py::y", Verdict.SAME, 1.0), ("b.py::z", Verdict.SAME, 1.0)
    )
    report = replace(report, modules=module_totals(report.run.benchmarks, report.comparisons))
    (made,) = view_of(report).modules
    assert [row[:5] for row in made.rows] == [
        ("a.py", "2", "2.00 ms", "3.00 ms", "+50.0%"),
        ("b.py", "1", "1.00 ms", "1.00 ms", "+0.0%"),
        ("all", "3", "3.00 ms", "4.00 ms", "+33.3%"),
    ]
    assert made.rows[0][5] == "1 slower, 1 same"


def test_one_benchmark_is_no_roll_up():
    run = make_run()
    assert view_of(Report(run=run, modules=module_totals(run.benchmarks, ()))).modules == ()


# History


def test_five_runs_make_a_course_beside_the_benchmark():
    days = [
        make_run(
            id=f"r{day}", started_at=f"2026-01-0{day}T00:00:00Z", benchmarks=(make_benchmark("a", day * 1e6),)
        )
        for day in range(1, 6)
    ]
    report = Report(run=days[-1], histories=courses(days[-1], days[:-1]))
    page = render_html(report)
    assert 'aria-label="5 runs, 1.00 ms on 2026-01-01 to 5.00 ms on 2026-01-05"' in page
    assert "History" not in words(render_html(Report(run=days[-1])))


# Samples


def pair(number, base_ns=1e6, head_ns=1e6):
    sides = (("base", base_ns), ("head", head_ns))
    return tuple(make_process(ns, id=f"{side}{number}", pair=number, side=side) for side, ns in sides)


def test_a_gates_samples_stand_pair_by_pair_with_base_above_head():
    timing = make_timing(processes=1, median_ns=1e6)
    timing = replace(timing, processes=(*pair(0, 1e6, 1.1e6), *pair(1, 1e6, 1.1e6)))
    plot = samples_plot(timing)
    assert plot.paired
    assert [[line.side for line in row.lines] for row in plot.rows] == [["base", "head"]] * 2
    assert float(plot.rows[0].lines[0].middle) < float(plot.rows[0].lines[1].middle)


def test_a_gates_count_of_processes_is_heads():
    timing = replace(make_timing(), processes=(*pair(0), *pair(1), *pair(2)))
    (row,) = view_of(Report(run=make_run(benchmarks=(make_benchmark(timing=timing),)))).benchmarks
    assert row.timing.processes == "3"


def test_samples_beyond_the_axis_are_counted_and_stay_on_it():
    process = make_process(wall_ns=(10_000_000,) * 99 + (10**12,))
    plot = samples_plot(replace(make_timing(), processes=(process,)))
    assert plot.beyond_count == 1
    assert all(0 <= float(place) <= 100 for row in plot.rows for line in row.lines for place in line.places)


def test_rows_of_samples_are_bounded_and_the_rest_is_counted():
    plot = samples_plot(make_timing(processes=SAMPLE_ROWS + 7))
    assert (len(plot.rows), plot.hidden_count) == (SAMPLE_ROWS, 7)


@pytest.mark.parametrize(
    "timing",
    [
        None,
        make_timing(median_ns=None),
        make_timing(median_ns=math.nan),
        make_timing(median_ns=0.0),
        Timing(processes=(make_process(samples=1),), median_ns=1e6),
        Timing(processes=(make_process(wall_ns=(0, 0, 0)),), median_ns=1e6),
        Timing(processes=(make_process(wall_ns=()),), median_ns=1e6),
    ],
)
def test_too_little_to_draw_is_not_drawn(timing):
    assert samples_plot(timing) is None
    render_html(Report(run=make_run(benchmarks=(make_benchmark(timing=timing),))))


# Settings


def test_every_setting_that_was_in_force_is_told_with_its_unit():
    run = make_run(
        settings={"passes": "timing, cpu", "budget_ns": 600_000_000_000, "once": False, "prepare": None}
    )
    policy = GatePolicy(limits=(Limit(pattern="fit*", time_ns=2e9),))
    gate = GateResult(verdict=GateVerdict.PASSED, policy=policy)
    told = settings_facts(Report(run=run, policy=Policy(margins=(("fit*", 0.02),)), gate=gate))
    assert [title for title, _ in told] == ["Plan", "Verdicts", "Gate"]
    facts = {(title, fact.label): fact.value for title, part in told for fact in part}
    assert facts["Plan", "budget"] == "10 min 00 s"
    assert (facts["Plan", "once"], facts["Plan", "prepare"]) == ("no", "none")
    assert facts["Verdicts", "margins"] == "fit*: 2.0%"
    assert facts["Gate", "fail above"] == "5.0%"
    assert facts["Gate", "limits"] == "fit*, time 2.00 s"
    assert len([key for key in facts if key[0] == "Gate"]) == len(GatePolicy.__dataclass_fields__)


def test_a_run_of_before_without_its_settings_shows_none():
    assert settings_facts(Report(run=make_run())) == ()


def test_passes_that_were_not_run_are_told_in_one_sentence():
    lone = make_benchmark(profiles=Profiles(), passes=())
    (view,) = view_of(Report(run=make_run(benchmarks=(lone,)))).benchmarks
    (sentence,) = view.absent
    assert sentence.startswith("No call tree, annotated source, memory profile, I/O figures or GPU figures: ")
    assert sentence.endswith("the cpu, lines, memory, io and gpu passes were not run.")


def test_a_page_of_failed_passes_alone_still_tells_what_there_is():
    lost = make_benchmark(timing=None, metrics={}, profiles=Profiles())
    page = words(render_html(Report(run=make_run(benchmarks=(lost,)))))
    assert "No benchmark was timed." in page
