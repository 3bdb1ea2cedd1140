"""A figure of the target's own, as values, as a drawn course, and out of a file again."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

from builders import make_report, make_run

from perfwatch.records.run import Custom
from perfwatch.report import render
from perfwatch.report.geometry import SERIES_HEIGHT, SERIES_POINTS, SERIES_WIDTH, series_line
from perfwatch.store.importers import import_run

LOSS = Custom(
    name="loss",
    values=tuple(1 / (i + 1) for i in range(100)),
    at_ns=tuple(i * 10_000_000 for i in range(100)),
    benchmark="script.py",
)


def report_of(*figures):
    return make_report(run=make_run(custom=figures))


def points(line):
    return [tuple(float(part) for part in point.split(",")) for point in line.points.split()]


def test_a_long_series_shows_its_first_values_its_last_and_how_long_it_took():
    text = re.sub(r"\s+", " ", render(report_of(LOSS), "terminal"))
    assert "1, 0.500, 0.333, \N{HORIZONTAL ELLIPSIS}, 0.0100 (100 values over 990 ms)" in text


def test_a_few_values_are_all_shown():
    few = replace(LOSS, values=(3.0, 2.0), at_ns=(0, 5))
    assert "3, 2" in render(report_of(few), "terminal")


def test_a_series_is_drawn_over_its_time_and_a_single_value_is_not():
    assert '<svg class="series"' in render(report_of(LOSS), "html")
    assert '<svg class="series"' not in render(report_of(replace(LOSS, values=(1.0,), at_ns=(0,))), "html")


def test_a_hostile_name_is_escaped_beside_its_course():
    page = render(report_of(replace(LOSS, name='"><script>x</script>')), "html")
    assert "<script>x" not in page


def test_the_course_runs_from_left_to_right_and_stays_inside():
    drawn = points(series_line(LOSS.at_ns, LOSS.values))
    xs, ys = zip(*drawn, strict=True)
    assert (xs[0], xs[-1]) == (0.0, SERIES_WIDTH)
    assert list(xs) == sorted(xs)
    assert ys[0] < ys[-1]  # down is a larger y
    assert all(0 <= y <= SERIES_HEIGHT for y in ys)


def test_a_long_course_is_thinned_and_keeps_its_extremes():
    values = [0.0] * 10_000
    values[7_777] = 5.0
    drawn = points(series_line(range(10_000), values))
    assert len(drawn) <= SERIES_POINTS + 2
    assert min(y for _, y in drawn) == 2.0


def test_constant_simultaneous_and_huge_values_have_a_course():
    assert {y for _, y in points(series_line((0, 1, 2), (4.0, 4.0, 4.0)))} == {SERIES_HEIGHT / 2}
    assert {x for x, _ in points(series_line((0, 0, 0), (1.0, 2.0, 3.0)))} == {0.0}
    assert points(series_line((0, 1, 2), (-1e308, 0.0, 1e308)))[-1][1] == 2.0


def test_without_times_or_with_values_that_are_none_there_is_no_course():
    assert series_line((), LOSS.values) is None
    assert series_line((0, 1, 2), (1.0, math.nan, 2.0)) is None


def test_times_are_in_the_document_and_come_back_out_of_it(tmp_path):
    holed = replace(LOSS, values=(1.0, math.inf, 3.0), at_ns=(0, 10, 20))
    text = render(report_of(holed), "json")
    (row,) = json.loads(text)["custom"]
    assert (row["values"], row["at_ns"]) == ([1.0, None, 3.0], [0, 10, 20])
    (tmp_path / "report.json").write_text(text)
    (back,) = import_run(tmp_path / "report.json").run.custom
    assert (back.values, back.at_ns, back.direction) == ((1.0, 3.0), (0, 20), "lower")
