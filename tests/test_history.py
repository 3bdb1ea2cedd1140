"""A history parts a benchmark's times by machine, and its drawing keeps what sticks out."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.history import history_of
from perfwatch.records.history import BenchmarkLine, Machine, Point
from perfwatch.records.run import Commit
from perfwatch.web.chart import COLUMNS, HEIGHT, WIDTH, drawn
from perfwatch.web.links import COMMITS, DATES, Links

LINE = BenchmarkLine(
    name="fit", target="t", slug="fit-0", points_count=0, run_id="", started_at="", median_ns=0.0
)


def point(number, median_ns=1e6, *, key="e1", **changes):
    day, minute = divmod(number, 1440)
    at = f"2026-{day // 28 + 1:02d}-{day % 28 + 1:02d}T{minute // 60:02d}:{minute % 60:02d}:00Z"
    given_ = {
        "run_id": f"r{number}",
        "started_at": at,
        "commit": Commit(revision=f"{number:040x}"),
        "machine": Machine(key=key),
        "median_ns": median_ns,
    }
    return Point(**given_ | changes)


def chart_of(points, over=DATES):
    return drawn(history_of(LINE, points), over, Links())


def lanes_of(*keys):
    return history_of(LINE, [point(number, key=key) for number, key in enumerate(keys)]).lanes


def test_times_are_parted_by_the_key_of_their_environment_the_newest_machine_first():
    lanes = lanes_of("a", "b", "a", "c", "b")
    assert [(lane.name, lane.machine.key, len(lane.points)) for lane in lanes] == [
        ("A", "b", 2), ("B", "c", 1), ("C", "a", 2),
    ]  # fmt: skip


def test_times_within_a_machine_keep_their_order():
    (lane,) = lanes_of("a", "a", "a")
    assert [one.run_id for one in lane.points] == ["r0", "r1", "r2"]


def test_times_of_unknown_machines_are_together_and_not_joined():
    lanes = lanes_of("", "a", "")
    assert [(lane.joined, len(lane.points)) for lane in lanes] == [(False, 2), (True, 1)]


def test_machines_are_called_by_letters_without_end():
    names = [lane.name for lane in lanes_of(*(f"k{number}" for number in range(60)))]
    assert names[:3] + names[25:28] + names[51:54] == ["A", "B", "C", "Z", "AA", "AB", "AZ", "BA", "BB"]
    assert len(set(names)) == 60


def test_a_history_of_nothing_has_no_machines():
    assert history_of(LINE, []).lanes == ()


# The drawing


def places(chart):
    return [(float(dot.x), float(dot.y)) for lane in chart.lanes for dot in lane.dots]


def test_few_times_are_all_drawn():
    chart = chart_of([point(number) for number in range(50)])
    assert len(places(chart)) == 50
    assert "are drawn" not in chart.caption


def test_many_times_are_thinned_to_two_a_column_and_machine_and_the_extremes_stay():
    chance = random.Random(4)
    medians = [chance.lognormvariate(14, 0.1) for _ in range(5_000)]
    medians[1_234], medians[3_210] = 9e6, 1e5
    points = [point(number, median, key=f"e{number % 2}") for number, median in enumerate(medians)]
    chart = chart_of(points)
    drawn_runs = {dot.href for lane in chart.lanes for dot in lane.dots}
    assert {"runs/r1234", "runs/r3210"} <= drawn_runs
    assert len(drawn_runs) <= 2 * 2 * COLUMNS
    assert "Of 5,000 times" in chart.caption
    for lane in chart.lanes:
        columns = [min(COLUMNS - 1, int(float(dot.x) / WIDTH * COLUMNS)) for dot in lane.dots]
        assert max(columns.count(column) for column in set(columns)) <= 3  # a place is rounded to a tenth


times = st.floats(min_value=0, max_value=1e15, allow_nan=False)


@given(st.lists(st.tuples(times, st.none() | st.tuples(times, times)), min_size=2, max_size=40))
def test_whatever_was_measured_lies_on_the_drawing_between_ticks_that_are_evenly_apart(measured):
    points = [
        point(number, median, interval_ns=None if ends is None else tuple(sorted(ends)))
        for number, (median, ends) in enumerate(measured)
    ]
    chart = chart_of(points)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places(chart))
    rules = [float(rule) for rule in chart.rules]
    gaps = {round(above - below) for above, below in itertools.pairwise(rules)}
    assert max(gaps) - min(gaps) <= 1
    assert 2 <= len(chart.down) == len(rules) <= 12


def test_a_higher_time_stands_higher_and_a_later_one_further_right():
    (first, second) = places(chart_of([point(0, 1e6), point(5, 2e6)]))
    assert first[0] < second[0]
    assert first[1] > second[1]


def test_dates_are_as_far_apart_as_they_were():
    early, next_, late = places(chart_of([point(0), point(100), point(1_000)]))
    assert (next_[0] - early[0]) * 9 == pytest.approx(late[0] - next_[0], rel=0.01)


def test_over_commits_each_commit_has_one_place_in_the_order_of_its_first_time():
    again = Commit(revision="0" * 40)
    points = [
        point(0),
        point(1),
        point(2, commit=again),
        point(3, commit=Commit(revision="f" * 40, dirty=True)),
    ]
    chart = chart_of(points, COMMITS)
    x = {dot.href: float(dot.x) for lane in chart.lanes for dot in lane.dots}
    assert x["runs/r0"] == x["runs/r2"] < x["runs/r1"] < x["runs/r3"]
    assert chart.along == ("0000000", "3 commits", "fffffff, changed")


def test_a_date_that_cannot_be_read_leaves_the_times_in_their_order():
    chart = chart_of([point(0, started_at="once"), point(1, started_at="2026"), point(2, started_at="z")])
    assert len({x for x, _ in places(chart)}) == 3


def test_an_interval_without_an_end_is_not_drawn():
    chart = chart_of([point(0, interval_ns=(0.0, math.inf)), point(1, interval_ns=(0.9e6, 1.1e6))])
    strokes = [dot.stroke for lane in chart.lanes for dot in lane.dots]
    assert strokes[0] == ""
    assert strokes[1].startswith("M")


def test_one_wide_interval_does_not_flatten_the_rest():
    calm = [point(number, 1e6 + number * 1e4) for number in range(10)]
    chart = chart_of([*calm, point(11, 1e6, interval_ns=(0.0, 1e12))])
    ys = [y for _, y in places(chart)]
    assert max(ys) - min(ys) > HEIGHT / 5
