"""A benchmark's course over stored runs: what is in it, and when there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_benchmark, make_run, make_timing

from perfwatch.courses import POINTS_LEAST, courses


def run_at(day, per_call_ns=1e6, **timing):
    benchmark = make_benchmark(timing=make_timing(per_call_ns, **timing))
    return make_run(id=f"run{day}", started_at=f"2026-01-{day:02d}T12:00:00Z", benchmarks=(benchmark,))


def test_points_stand_in_the_order_of_time_and_end_with_the_run_itself():
    earlier = [run_at(day, day * 1e6) for day in (4, 2, 1, 3)]
    (found,) = courses(run_at(5, 9e6), earlier)
    assert [point.median_ns for point in found.points] == [1e6, 2e6, 3e6, 4e6, 9e6]
    assert found.points[-1].run_id == "run5"


def test_fewer_points_than_five_are_no_course():
    assert courses(run_at(9), [run_at(day) for day in range(1, POINTS_LEAST - 1)]) == ()


@pytest.mark.parametrize(
    "changes",
    [{"for_verdicts": False}, {"median_ns": None}, {"median_ns": float("nan")}, {"median_ns": 0.0}],
)
def test_a_time_that_carries_no_verdict_or_is_none_is_no_point(changes):
    earlier = [run_at(day) for day in range(1, 5)]
    assert courses(run_at(9, **changes), earlier) == ()
    assert courses(run_at(9), [*earlier[1:], run_at(5, **changes)]) == ()


def test_a_benchmark_whose_own_code_has_another_version_begins_anew():
    earlier = [run_at(day) for day in range(1, 8)]
    run = run_at(9)
    changed = replace(run, benchmarks=(replace(run.benchmarks[0], code_version="2"),))
    assert courses(run, earlier) != ()
    assert courses(changed, earlier) == ()
