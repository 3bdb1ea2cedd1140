"""What the hottest lines could win at most: Amdahl's law on what was measured."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from builders import make_benchmark, make_profiles, make_run, make_timing
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.diagnose.ceilings import CEILING_AT_MOST, amdahl, ceilings
from perfwatch.records.profile import LineStat


def ceiling_of(*times_ns, whole_ns=1e6):
    lines = tuple(
        LineStat(file="f.py", line=number, function="f", time_ns=time_ns)
        for number, time_ns in enumerate(times_ns, start=1)
    )
    profiles = make_profiles(cpu=None, lines=lines)
    benchmark = make_benchmark(timing=make_timing(median_ns=whole_ns), profiles=profiles)
    return ceilings(make_run(benchmarks=(benchmark,)))


@pytest.mark.parametrize(("share", "ceiling"), [(0.0, 1.0), (0.5, 2.0), (0.75, 4.0), (1.0, CEILING_AT_MOST)])
def test_the_ceiling_is_amdahls(share, ceiling):
    assert amdahl(share) == ceiling


@given(st.floats(min_value=0, max_value=1), st.floats(min_value=0, max_value=1))
def test_a_greater_share_never_has_a_lower_ceiling(one, other):
    assert (amdahl(one) <= amdahl(other)) or one > other


def test_the_three_hottest_lines_are_told_one_by_one_and_together():
    (found,) = ceiling_of(1e5, 4e5, 2e5, 5e4)
    assert [one.line for one in found.lines] == [2, 3, 1]
    assert [one.share_ratio for one in found.lines] == pytest.approx([0.4, 0.2, 0.1])
    assert found.share_ratio == pytest.approx(0.7)
    assert found.ceiling_ratio == pytest.approx(1 / 0.3)


def test_lines_on_several_threads_never_have_more_than_the_whole():
    (found,) = ceiling_of(9e5, 8e5)
    assert (found.share_ratio, found.ceiling_ratio) == (1.0, CEILING_AT_MOST)


@pytest.mark.parametrize("whole_ns", [0.0, math.nan, math.inf])
def test_without_a_time_to_hold_them_against_there_is_no_ceiling(whole_ns):
    assert ceiling_of(1e5, whole_ns=whole_ns) == ()


@pytest.mark.parametrize("time_ns", [None, 0.0, math.nan])
def test_lines_without_a_time_have_no_ceiling(time_ns):
    assert ceiling_of(time_ns) == ()


def test_of_a_line_that_several_functions_share_the_dearest_counts():
    line = LineStat(file="f.py", line=1, function="f", time_ns=4e5)
    profiles = make_profiles(cpu=None, lines=(replace(line, function="g", time_ns=1e5), line))
    run = make_run(benchmarks=(make_benchmark(profiles=profiles),))
    (found,) = ceilings(run)
    assert [one.share_ratio for one in found.lines] == pytest.approx([0.4])
