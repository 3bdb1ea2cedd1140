"""The table is the same in every run: a row a figure, in the column of its unit."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from builders import make_benchmark, make_comparison, make_process, make_run, make_timing

from perfwatch.records.comparison import OWN, Verdict
from perfwatch.records.report import Report
from perfwatch.records.run import Custom
from perfwatch.report.csv_file import COLUMNS, render_csv

VALUES = [column for column in COLUMNS if column.startswith("value_")]


def rows(report):
    return list(csv.DictReader(io.StringIO(render_csv(report))))


def of(report, metric):
    return [row for row in rows(report) if row["metric"] == metric]


def test_a_run_without_benchmarks_has_the_same_header():
    text = render_csv(Report(run=make_run(benchmarks=())))
    assert text == ",".join(COLUMNS) + "\n"


def test_a_figure_stands_once_and_in_the_column_of_its_unit():
    metrics = {"peak_memory_bytes": 5.5, "allocations_count": 3, "gap_ns": 7, "idle_ratio": 0.1, "strange": 2}
    report = Report(run=make_run(benchmarks=(make_benchmark(timing=None, metrics=metrics),)))
    assert [(row["metric"], [(c, row[c]) for c in VALUES if row[c]]) for row in rows(report)] == [
        ("peak_memory_bytes", [("value_bytes", "5.5")]),
        ("allocations_count", [("value_count", "3")]),
        ("gap_ns", [("value_ns", "7")]),
        ("idle_ratio", [("value_ratio", "0.1")]),
        ("strange", [("value_own", "2")]),
    ]


def test_a_process_has_its_median_after_warm_up_for_each_call():
    process = make_process(wall_ns=(900, 30, 10, 20), cpu_ns=(8, 8, 6, 2), warmup_count=1, loops_count=10)
    timing = replace(make_timing(2.0), processes=(process,))
    report = Report(run=make_run(benchmarks=(make_benchmark(timing=timing),)))
    found = {(r["clock"], r["process"]): r for r in of(report, "time")}
    assert found["wall", "p1"]["value_ns"] == "2"
    assert found["cpu", "p1"]["value_ns"] == "0.6"
    assert {found[clock, "p1"]["samples_count"] for clock in ("wall", "cpu")} == {"3"}
    assert found["wall", ""]["samples_count"] == ""


def test_what_the_target_recorded_has_a_row_for_each_value_with_and_without_a_benchmark():
    custom = (
        Custom(name="mse", values=(0.5, 0.25), benchmark="script.py"),
        Custom(name="seen_bytes", values=(7.0,), benchmark=None),
    )
    report = Report(run=make_run(custom=custom))
    assert [row["value_own"] for row in of(report, f"{OWN}mse")] == ["0.5", "0.25"]
    (row,) = of(report, f"{OWN}seen_bytes")
    assert (row["benchmark"], row["value_own"], row["value_bytes"]) == ("", "7", "")


def test_a_benchmark_that_only_the_baseline_has_keeps_its_verdict():
    gone = make_comparison(
        benchmark="gone", verdict=Verdict.REMOVED, head_value=None, ratio=None, interval=None
    )
    report = Report(run=make_run(), comparisons=(gone,))
    (row,) = [row for row in rows(report) if row["benchmark"] == "gone"]
    assert (row["verdict"], row["base_ns"], row["value_ns"]) == ("removed", "1000000", "")


def test_both_clocks_are_compared_in_rows_of_their_own():
    both = (make_comparison(), make_comparison(clock="cpu", verdict=Verdict.SAME, ratio=1.0))
    found = {
        row["clock"]: row["verdict"]
        for row in of(Report(run=make_run(), comparisons=both), "time")
        if row["verdict"]
    }
    assert found == {"wall": "undecided", "cpu": "same"}
