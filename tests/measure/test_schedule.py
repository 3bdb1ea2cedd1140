"""What runs next: always one timing, then what the budget allows, each refusal with its reason."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from perfwatch.measure.schedule import Progressed, estimate, next_step
from perfwatch.records.plan import Plan
from perfwatch.records.run import PassName

SECOND = 1_000_000_000


def progressed(**changes) -> Progressed:
    done = Progressed(
        plan=Plan(),
        benchmarks_count=1,
        budget_ns=600 * SECOND,
        timings_count=5,
        timing_ns=5 * SECOND,
        spent_ns=5 * SECOND,
        execution_ns=SECOND,
    )
    return replace(done, **changes)


def story(done: Progressed) -> list[tuple[PassName, bool]]:
    """Run the schedule to its end with executions that take what was estimated."""
    told = []
    while (step := next_step(done)) is not None:
        told.append((step.pass_name, bool(step.skip)))
        took = 0 if step.skip else (step.estimate_ns or SECOND)
        done = replace(done, spent_ns=done.spent_ns + took)
        if step.pass_name is PassName.TIMING:
            done = replace(
                done,
                timings_count=done.timings_count + 1,
                timing_ns=done.timing_ns + took,
                execution_ns=done.execution_ns or took,
            )
        else:
            done = replace(done, ended=done.ended | {step.pass_name})
    return told


def test_timing_comes_first_even_without_a_budget():
    step = next_step(progressed(timings_count=0, execution_ns=None, budget_ns=0, spent_ns=0))
    assert step is not None
    assert (step.pass_name, step.skip) == (PassName.TIMING, "")


def test_timing_runs_even_where_the_plan_leaves_it_out_because_passes_are_held_against_it():
    plan = Plan(passes=(PassName.CPU,))
    assert story(progressed(plan=plan, timings_count=0, timing_ns=0, execution_ns=None)) == [
        (PassName.TIMING, False),
        (PassName.CPU, False),
    ]


def test_passes_follow_in_their_order_and_each_once():
    assert [name for name, _ in story(progressed())] == [
        PassName.CPU,
        PassName.LINES,
        PassName.MEMORY,
        PassName.IO,
        PassName.GPU,
    ]


def test_more_processes_run_while_they_fit_into_the_time_for_a_benchmark():
    plan = Plan(per_benchmark_ns=3 * SECOND, processes_count=5)
    told = story(progressed(plan=plan, timings_count=0, timing_ns=0, spent_ns=0, execution_ns=None))
    assert [name for name, _ in told].count(PassName.TIMING) == 3


def test_quick_times_once():
    plan = Plan(quick=True)
    told = story(progressed(plan=plan, timings_count=0, timing_ns=0, spent_ns=0, execution_ns=None))
    assert [name for name, _ in told].count(PassName.TIMING) == 1


def test_timing_leaves_room_for_the_passes_that_are_still_to_come():
    plan = Plan(per_benchmark_ns=1000 * SECOND, processes_count=100)
    reserved = sum(estimate(name, SECOND) for name in PassName if name is not PassName.TIMING)
    budget = reserved + 20 * SECOND
    told = story(progressed(plan=plan, budget_ns=budget, timings_count=1, timing_ns=SECOND, spent_ns=SECOND))
    assert not any(skipped for _, skipped in told)
    assert [name for name, _ in told].count(PassName.TIMING) >= 10


def test_a_pass_that_does_not_fit_is_skipped_with_its_estimate_and_what_is_left():
    step = next_step(progressed(budget_ns=6 * SECOND))
    assert step is not None
    assert step.pass_name is PassName.CPU
    assert "it would take about 3.00 s, and 1.00 s of the budget is left (--budget)" in step.skip


def test_a_pass_that_fits_runs_although_an_earlier_one_did_not():
    left = 2 * SECOND
    done = progressed(budget_ns=5 * SECOND + left, ended=frozenset({PassName.CPU}))
    assert dict(story(done)) == {
        PassName.LINES: True,
        PassName.MEMORY: True,
        PassName.IO: False,
        PassName.GPU: True,
    }


@given(
    budget_s=st.integers(0, 200),
    per_benchmark_s=st.integers(1, 60),
    processes=st.integers(1, 12),
    passes=st.sets(st.sampled_from(list(PassName))),
    quick=st.booleans(),
)
def test_the_schedule_ends_and_stays_within_the_budget_but_for_the_first_execution(
    budget_s, per_benchmark_s, processes, passes, quick
):
    plan = Plan(
        passes=tuple(passes),
        per_benchmark_ns=per_benchmark_s * SECOND,
        processes_count=processes,
        quick=quick,
    )
    start = progressed(
        plan=plan,
        budget_ns=budget_s * SECOND,
        timings_count=0,
        timing_ns=0,
        spent_ns=0,
        execution_ns=None,
    )
    told = story(start)
    assert told[0] == (PassName.TIMING, False)
    assert {name for name, _ in told} == set(passes) | {PassName.TIMING}
    spent = SECOND + sum(estimate(name, SECOND) for name, skipped in told[1:] if not skipped)
    assert spent <= max(SECOND, budget_s * SECOND)
