"""Looking for the function behind a red: how long, in what order, and what is said where it cannot be."""

from __future__ import annotations

import statistics
from random import Random

import pytest

from perfwatch.collect.stacks import RATE_AT_MOST_HERTZ
from perfwatch.measure import side_profiles
from perfwatch.measure.side_profiles import (
    PROCESSES_COUNT,
    SECONDS_AT_LEAST,
    SECONDS_AT_MOST,
    SideProfiles,
    clean_ns,
    seconds_for,
)
from perfwatch.records.pairing import PairTiming, Quad, Side, Turn


def turn(wall_ns):
    return Turn(wall_ns=wall_ns, cpu_ns=wall_ns, thread_ns=wall_ns, started_ns=0)


def pair(base_ns, head_ns, **changes):
    quad = Quad(base=(turn(base_ns), turn(base_ns)), head=(turn(head_ns), turn(head_ns)))
    cold = Quad(base=(turn(9_000), turn(9_000)), head=(turn(9_000), turn(9_000)))
    plain = {"benchmark": "b", "pair": 0, "loops_count": 10, "cold_ns": (1, 1), "warmup_count": 1}
    return PairTiming(quads=(cold, quad, quad), **(plain | changes))


def test_a_calls_time_is_that_of_warm_turns_against_the_other_side():
    timings = [pair(100, 200), pair(7, 7, against=Side.TWIN), pair(5, 5, benchmark="other")]
    assert clean_ns(timings, "b", Side.BASE) == 10
    assert clean_ns(timings, "b", Side.HEAD) == 20


@pytest.mark.parametrize(
    ("change", "seconds"),
    # 36 / (2 change^2) samples of a side, by five processes at 200 Hz.
    [(0.01, SECONDS_AT_MOST), (0.12, 1.25), (0.15, 0.8), (0.3, SECONDS_AT_LEAST), (40.0, SECONDS_AT_LEAST)],
)
def test_a_process_samples_for_as_long_as_the_change_needs_and_no_longer(change, seconds):
    assert seconds_for(600, [0.001], change) == pytest.approx(seconds)


@pytest.mark.parametrize("change", [0.0, -0.2])
def test_a_change_that_the_wall_clock_does_not_show_gets_all_the_samples(change):
    assert seconds_for(600, [0.001], change) == SECONDS_AT_MOST


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("change", [0.1, 0.15, 0.2])
def test_the_samples_tell_the_change_from_none(change, share):
    # One function of this share takes all of the change; its difference is told in parts of base's time.
    count = round(PROCESSES_COUNT * RATE_AT_MOST_HERTZ * seconds_for(600, [0.001], change))
    rng = Random(f"{change} {share}")

    def told(part, whole):
        return whole * sum(rng.random() < part / whole for _ in range(count)) / count

    found = [told(share + change, 1 + change) - told(share, 1.0) for _ in range(300)]
    assert statistics.mean(found) == pytest.approx(change, rel=0.05)
    assert change >= 5 * statistics.stdev(found)


def test_a_small_budget_shortens_what_each_process_samples():
    seconds = seconds_for(2 * PROCESSES_COUNT * 2.2, [0.001], 0.02)
    assert SECONDS_AT_LEAST < seconds < SECONDS_AT_MOST


@pytest.mark.parametrize(
    ("budget", "longest"),
    [(5, [0.001]), (0, [0.001]), (60, [30.0]), (30, [0.001] * 10)],
    ids=["short", "spent", "calls of half a minute", "ten benchmarks"],
)
def test_a_budget_that_is_too_small_for_five_processes_of_each_side_is_not_overrun(budget, longest):
    assert seconds_for(budget, longest, 0.02) is None


# The order of processes, and one tool for all


class _Run:
    def prepare(self, _pass_name):
        return None


def looked_at(refuse_at=None):
    seen = []

    def look(_run, side, _found):
        seen.append(side)
        return "it may not look" if len(seen) == refuse_at else ""

    fresh = {Side.BASE: _Run, Side.HEAD: _Run}
    trouble = side_profiles._each(fresh, look, SideProfiles())
    return seen, trouble


def test_sides_take_turns_and_who_is_first_changes():
    seen, trouble = looked_at()
    assert trouble == ""
    assert seen[:4] == [Side.BASE, Side.HEAD, Side.HEAD, Side.BASE]
    assert (seen.count(Side.BASE), seen.count(Side.HEAD)) == (PROCESSES_COUNT, PROCESSES_COUNT)


def test_where_nobody_may_look_the_first_refusal_ends_it():
    seen, trouble = looked_at(refuse_at=1)
    assert (seen, trouble) == ([Side.BASE], "it may not look")
