"""On which clock stored runs are judged, and what that changes in a verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_benchmark, make_process, make_run

from perfwatch.compare import compare
from perfwatch.compare.session_clock import session_clock
from perfwatch.records.comparison import Verdict
from perfwatch.records.plan import Policy
from perfwatch.records.timing import Timing

#: How much of each run's wall time neighbours took.
WEATHER = (1.0, 1.3, 1.02, 1.7, 1.1)


def process(per_call_ns=1_000_000, *, taken=1.0, samples=20, **changes):
    """A process beside neighbours that take so much of its wall time, from time to time none."""
    cpu = tuple(per_call_ns + number % 3 for number in range(samples))
    wall = tuple(round(one * (taken if number % 4 else 1.0)) for number, one in enumerate(cpu))
    looked = {"waited_count": 0, "shared_count": 0, "loops_count": 1}
    return make_process(wall_ns=wall, cpu_ns=cpu, started_ns=(), **(looked | changes))


def run(run_id, *processes):
    timing = Timing(processes=processes)
    return make_run(id=run_id, benchmarks=(make_benchmark("f", timing=timing, metrics={}),))


def session(run_id, per_call_ns=1_000_000, *, taken=1.0, **changes):
    levels = (per_call_ns - 1_000, per_call_ns, per_call_ns + 1_000)
    return run(run_id, *(process(level, taken=taken, **changes) for level in levels))


def headline(head, sessions):
    (found,) = compare(sessions[0], head, Policy(), sessions)
    return found


# The choice


def test_what_computes_in_one_thread_and_waits_for_nothing_is_judged_by_processor_time():
    assert session_clock([process(taken=1.5)], [process()]) == (
        "cpu",
        "it computes in one thread and waits for nothing",
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"waited_count": None}, "nobody saw whether it waits"),
        ({"shared_count": None}, "nobody saw whether it waits"),
        ({"waited_count": 3}, "it waits for something"),
        ({"shared_count": 3}, "more than one thread computes"),
    ],
)
def test_anything_else_on_either_side_is_judged_by_wall_time(changes, why):
    other = replace(process(), **changes)
    assert session_clock([other], [process()]) == ("wall", why)
    assert session_clock([process()], [other]) == ("wall", why)


def test_a_tenth_of_the_samples_may_have_waited():
    assert session_clock([process(waited_count=2)], [process(shared_count=2)])[0] == "cpu"


def test_clocks_that_never_agree_say_nothing_of_neighbours():
    apart = process()
    apart = replace(apart, wall_ns=tuple(2 * one for one in apart.wall_ns))
    assert session_clock([process()], [apart]) == ("wall", "wall and processor time hardly ever agreed")


def test_samples_of_the_warm_up_are_no_evidence():
    calm_at_first = process(warmup_count=4)
    calm_at_first = replace(
        calm_at_first, wall_ns=(*calm_at_first.wall_ns[:4], *(2 * one for one in calm_at_first.wall_ns[4:]))
    )
    assert session_clock([process()], [calm_at_first])[0] == "wall"


def test_a_processor_clock_that_did_not_tick_decides_nothing():
    still = process()
    still = replace(still, cpu_ns=(0,) * len(still.cpu_ns))
    assert session_clock([still], [process()]) == ("wall", "a process saw no tick of the processor clock")


def test_no_sample_at_all_decides_nothing():
    empty = process(samples=0)
    assert session_clock([empty], [process()])[0] == "wall"


# The verdict


def test_a_change_that_neighbours_hide_from_the_wall_clock_is_found():
    sessions = tuple(session(f"s{number}", taken=taken) for number, taken in enumerate(WEATHER))
    head = session("head", 1_050_000, taken=1.4)
    found = headline(head, sessions)
    assert (found.verdict, found.clock) == (Verdict.SLOWER, "cpu")
    assert found.ratio == pytest.approx(1.05, rel=1e-3)
    assert found.base_value == pytest.approx(1_000_000, rel=1e-3)
    assert found.head_value == pytest.approx(1_050_000, rel=1e-3)
    assert found.reason.endswith(
        "judged by 5 stored sessions on the processor clock (it computes in one thread and waits for nothing)"
    )
    unseen = tuple(session(f"s{n}", taken=taken, waited_count=None) for n, taken in enumerate(WEATHER))
    blind = headline(session("head", 1_050_000, taken=1.4, waited_count=None), unseen)
    assert (blind.verdict, blind.clock) == (Verdict.UNDECIDED, "wall")


def test_neighbours_of_head_alone_are_no_slowdown():
    sessions = tuple(session(f"s{number}") for number in range(5))
    found = headline(session("head", taken=1.7), sessions)
    assert (found.verdict, found.clock) == (Verdict.SAME, "cpu")


def test_a_head_that_waits_is_slower_though_it_computes_no_longer():
    sessions = tuple(session(f"s{number}") for number in range(5))
    found = headline(session("head", taken=1.5, waited_count=15), sessions)
    assert (found.verdict, found.clock) == (Verdict.SLOWER, "wall")
    assert found.ratio == pytest.approx(1.5, rel=1e-3)


def test_a_head_made_parallel_is_faster_though_it_computes_longer():
    sessions = tuple(session(f"s{number}") for number in range(5))
    parallel = tuple(
        replace(one, cpu_ns=tuple(value * 11 // 5 for value in one.wall_ns), shared_count=20)
        for one in (process(600_000), process(600_500), process(601_000))
    )
    found = headline(run("head", *parallel), sessions)
    assert (found.verdict, found.clock) == (Verdict.FASTER, "wall")


def test_too_few_sessions_show_wall_time():
    found = headline(session("head", taken=1.5), (session("s0"),))
    assert (found.verdict, found.clock) == (Verdict.UNDECIDED, "wall")
    assert found.ratio == pytest.approx(1.5, rel=1e-3)
