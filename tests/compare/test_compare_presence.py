"""Benchmarks and amounts that one side lacks or changes, and how verdicts are counted."""

from __future__ import annotations

import math

import pytest
from builders import make_benchmark, make_run, make_target
from stored_runs import failure_of, run_of

from perfwatch.compare import compare, decide_amount, summarise
from perfwatch.records.comparison import Summary, Verdict
from perfwatch.records.plan import Policy
from perfwatch.records.run import PassName, RunState

POLICY = Policy()


def headline(base, head):
    (comparison,) = compare(base, head, POLICY)
    return comparison


# Benchmarks that one side lacks


def test_only_in_head_is_new_and_only_in_base_is_removed():
    base, head = run_of(1_000, 1_001, run_id="base", name="old"), run_of(1_000, 1_001, name="fresh")
    fresh, old = compare(base, head, POLICY)
    assert (fresh.benchmark, fresh.verdict, fresh.base_value) == ("fresh", Verdict.NEW, None)
    assert (old.benchmark, old.verdict, old.head_value) == ("old", Verdict.REMOVED, None)


def test_what_an_interrupted_run_did_not_reach_is_not_removed():
    head = make_run(id="head", benchmarks=(), state=RunState.INTERRUPTED)
    found = headline(run_of(1_000, 1_001, run_id="base"), head)
    assert found.verdict is Verdict.UNDECIDED
    assert "interrupted" in found.reason


@pytest.mark.parametrize("benchmarks", [(), (make_benchmark(timing=None, metrics={}),)])
@pytest.mark.parametrize("named", ["script.py", None])
def test_a_failure_in_head_is_failed_not_removed(benchmarks, named):
    head = make_run(id="head", benchmarks=benchmarks, failures=(failure_of(named),))
    found = headline(run_of(1_000, 1_001, run_id="base"), head)
    assert found.verdict is Verdict.FAILED
    assert found.reason == "it failed in head: ZeroDivisionError: division by zero"


@pytest.mark.parametrize("benchmarks", [(), (make_benchmark(timing=None, metrics={}),)])
def test_a_failure_in_base_makes_it_new(benchmarks):
    base = make_run(id="base", benchmarks=benchmarks, failures=(failure_of(),))
    assert headline(base, run_of(1_000, 1_001)).verdict is Verdict.NEW


def test_a_failure_on_both_sides_is_failed():
    base = run_of(run_id="base", failures=(failure_of(),))
    assert headline(base, run_of(failures=(failure_of(),))).verdict is Verdict.FAILED


def test_a_profiler_that_failed_does_not_fail_a_timed_benchmark():
    head = run_of(1_000, 1_001, failures=(failure_of(pass_name=PassName.MEMORY),))
    assert headline(run_of(1_000, 1_001, run_id="base"), head).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("base", "head", "sides"), [((), (1,), "base"), ((1,), (), "head"), ((), (), "base and head")]
)
def test_a_time_that_was_never_taken_is_undecided(base, head, sides):
    found = headline(run_of(*base, run_id="base"), run_of(*head))
    assert found.verdict is Verdict.UNDECIDED
    assert found.reason == f"there is no time for it in {sides}"


def test_a_moved_benchmark_keeps_its_partner_by_name():
    moved = make_benchmark(target="script:moved.py", metrics={})
    found = headline(run_of(1_000, 1_001, run_id="base"), make_run(id="head", benchmarks=(moved,)))
    assert found.ratio is not None


def test_equal_names_in_two_targets_are_kept_apart():
    first, second = make_benchmark("b", 1_000.0), make_benchmark("b", 5_000.0, target="t2")
    base = make_run(id="base", benchmarks=(first, second))
    head = make_run(id="head", benchmarks=(second, first))
    ratios = [c.ratio for c in compare(base, head, POLICY) if c.metric == "time"]
    assert ratios == pytest.approx([1.0, 1.0])


def test_without_a_base_there_is_nothing_to_compare():
    assert compare(None, make_run(targets=(make_target(),)), POLICY) == ()


# Amounts


@pytest.mark.parametrize(
    ("base", "head", "verdict"),
    [
        (100, 100, Verdict.SAME),
        (1000, 1009, Verdict.SAME),
        (1000, 1011, Verdict.HIGHER),
        (1011, 1000, Verdict.LOWER),
        (0, 0, Verdict.SAME),
        (0, 1, Verdict.HIGHER),
        (1, 0, Verdict.LOWER),
    ],
)
def test_amounts_are_compared_as_counts(base, head, verdict):
    assert decide_amount(base, head, 0.01) is verdict


def test_amounts_follow_the_time_in_the_order_of_the_table():
    metrics = {
        "allocations_count": 1234,
        "peak_memory_bytes": 6e6,
        "peak_resident_bytes": 9e9,
        "read_bytes": 1,
    }
    head = make_run(id="head", benchmarks=(make_benchmark(metrics=metrics),))
    time, peak, allocations = compare(make_run(id="base"), head, POLICY)
    assert time.metric == "time"
    assert (peak.metric, peak.verdict, peak.ratio) == (
        "peak_memory_bytes",
        Verdict.HIGHER,
        pytest.approx(1.2),
    )
    assert peak.reason == "6.00 MB against 5.00 MB: +20.0%, beyond the margin of 1.0%"
    assert (allocations.metric, allocations.verdict) == ("allocations_count", Verdict.SAME)
    assert allocations.reason == "exactly 1234 on both sides"


def test_an_amount_from_nothing_has_no_ratio():
    base = make_run(id="base", benchmarks=(make_benchmark(metrics={"allocated_bytes": 0}),))
    head = make_run(id="head", benchmarks=(make_benchmark(metrics={"allocated_bytes": 512_000}),))
    _, amount = compare(base, head, POLICY)
    assert (amount.verdict, amount.ratio) == (Verdict.HIGHER, None)
    assert amount.reason == "512 kB against 0 B, beyond the margin of 1.0%"


def test_a_difference_that_caches_alone_make_is_none():
    base = make_run(id="base", benchmarks=(make_benchmark(metrics={"peak_memory_bytes": 5_700}),))
    head = make_run(id="head", benchmarks=(make_benchmark(metrics={"peak_memory_bytes": 10_000}),))
    _, amount = compare(base, head, POLICY)
    assert amount.verdict is Verdict.SAME
    assert amount.reason == "10.0 kB against 5.70 kB: less than 65.5 kB apart, as caches alone make it"


def test_amounts_of_other_parameters_are_not_judged():
    metrics = {"allocated_bytes": 512}
    small = make_run(id="base", benchmarks=(make_benchmark(metrics=metrics, parameters={"n": "1"}),))
    large = make_run(id="head", benchmarks=(make_benchmark(metrics=metrics, parameters={"n": "2"}),))
    assert [c.verdict for c in compare(small, large, POLICY)] == [Verdict.UNDECIDED] * 2


def test_an_amount_that_is_no_number_is_not_compared():
    odd = make_run(id="base", benchmarks=(make_benchmark(metrics={"allocated_bytes": math.nan}),))
    assert len(compare(odd, make_run(id="head"), POLICY)) == 1


# The summary


def test_the_summary_counts_times_and_amounts_apart():
    bigger = make_benchmark(metrics={"peak_memory_bytes": 9e6, "allocated_bytes": 1e6})
    base = make_run(id="base", benchmarks=(make_benchmark(), make_benchmark("gone")))
    head = make_run(id="head", benchmarks=(bigger, make_benchmark("fresh")))
    found = summarise(compare(base, head, POLICY), head)
    assert found == Summary(undecided=1, higher=1, lower=1, new=1, removed=1)


def test_the_summary_counts_each_failed_benchmark_once():
    head = run_of(failures=(failure_of(), failure_of("never seen"), failure_of(None)))
    comparisons = compare(run_of(1, 1, run_id="base"), head, POLICY)
    assert summarise(comparisons, head) == Summary(failed=2)
    assert summarise(compare(None, head, POLICY), head) == Summary(failed=2)
