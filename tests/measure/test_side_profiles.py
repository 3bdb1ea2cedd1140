"""Looking for the function behind a red: how long, in what order, and what is said where it cannot be."""

from __future__ import annotations

import pytest

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


def test_a_process_samples_for_as_long_as_helps_and_no_longer():
    assert seconds_for(600, [0.001]) == SECONDS_AT_MOST


def test_a_small_budget_shortens_what_each_process_samples():
    seconds = seconds_for(2 * PROCESSES_COUNT * 2.2, [0.001])
    assert SECONDS_AT_LEAST < seconds < SECONDS_AT_MOST


@pytest.mark.parametrize(
    ("budget", "longest"),
    [(5, [0.001]), (0, [0.001]), (60, [30.0]), (30, [0.001] * 10)],
    ids=["short", "spent", "calls of half a minute", "ten benchmarks"],
)
def test_a_budget_that_is_too_small_for_five_processes_of_each_side_is_not_overrun(budget, longest):
    assert seconds_for(budget, longest) is None


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
