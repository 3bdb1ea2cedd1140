"""From samples to a timing: the process is the unit, and each counts once."""

from __future__ import annotations

import math

import pytest
from builders import make_process
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.collect.clock import process_timing, summarise


def record(*wall, loops=1, **changes):
    taken = {
        "loops": loops,
        "wall": list(wall),
        "cpu": list(wall),
        "started": list(range(len(wall))),
        "cold_ns": 10 * max(wall, default=1),
    }
    return {**taken, **changes}


def process(*wall, loops=1, **changes):
    return make_process(loops_count=loops, wall_ns=wall, cpu_ns=wall, started_ns=(), **changes)


def test_a_record_keeps_its_raw_totals_and_its_place():
    timing = process_timing(record(100, 110, 105, loops=10), order=2)
    assert (timing.id, timing.order, timing.loops_count) == ("p3", 2, 10)
    assert timing.wall_ns == timing.cpu_ns == (100, 110, 105)
    assert timing.started_ns == (0, 1, 2)
    assert timing.cold_ns == 1_100


def test_slow_first_samples_are_counted_as_warm_up():
    slow, fast = [300, 290], [100, 101, 99, 100, 102, 98, 100, 101, 99, 100]
    timing = process_timing(record(*slow, *fast), order=0)
    assert timing.warmup_count == 2
    assert len(timing.wall_ns) == 12


def test_samples_that_waited_are_counted_after_the_warm_up():
    slow, fast = [300, 290], [100, 101, 99, 100, 102, 98, 100, 101, 99, 100]
    seen = {"waited": [True] * 3 + [False] * 9, "shared": [True] * 2 + [False] * 10}
    timing = process_timing(record(*slow, *fast, **seen), order=0)
    assert (timing.warmup_count, timing.waited_count, timing.shared_count) == (2, 1, 0)
    unseen = process_timing(record(*slow, *fast), order=0)
    assert (unseen.waited_count, unseen.shared_count) == (None, None)


def test_the_only_sample_of_a_first_call_is_no_warm_up():
    timing = process_timing(record(1_000, cold_ns=1_000, first_call_only=True), order=0)
    assert (timing.warmup_count, timing.wall_ns, timing.cold_ns) == (0, (1_000,), 1_000)


def test_a_summary_is_per_call_not_per_sample():
    timing = summarise((process(1_000, 1_000, loops=10), process(1_000, 1_000, loops=10)))
    assert timing.median_ns == pytest.approx(100)
    assert timing.cpu_median_ns == 100


def test_each_process_counts_once_however_many_samples_it_has():
    timing = summarise((process(*[100] * 50), process(400)))
    assert timing.median_ns == pytest.approx(200)


def test_warm_up_counts_in_no_figure():
    timing = summarise((process(900, 900, 100, 100, warmup_count=2), process(100, 100)))
    assert timing.median_ns == pytest.approx(100)


def test_one_process_has_no_interval():
    timing = summarise((process(100, 110, 90),))
    assert timing.median_ns == pytest.approx(100)
    assert timing.interval_ns is None


def test_two_processes_have_an_interval_around_the_median():
    timing = summarise((process(100), process(110)))
    low, high = timing.interval_ns
    assert low < timing.median_ns < high


def test_no_process_gives_no_figure():
    timing = summarise(())
    assert (timing.median_ns, timing.interval_ns, timing.cold_ns, timing.cpu_median_ns) == (None,) * 4


def test_a_process_whose_samples_are_all_set_aside_gives_its_first_call_only():
    timing = summarise((process(cold_ns=500), process(100), process(100)))
    assert timing.median_ns == pytest.approx(100)
    assert timing.cold_ns > 0


def test_a_clock_that_did_not_tick_gives_a_median_and_no_interval():
    timing = summarise((process(0, 0), process(0, 0)))
    assert timing.median_ns == 0
    assert timing.interval_ns is None


def test_the_cold_time_is_the_median_of_first_calls():
    timing = summarise(tuple(process(100, cold_ns=cold) for cold in (300, 900, 400)))
    assert (timing.cold_ns, timing.compile_ns) == (400, None)


def test_the_compilation_of_a_benchmark_is_the_median_of_the_processes_that_compiled():
    timing = summarise(tuple(process(100, compile_ns=ns) for ns in (50, None, 90, 70)))
    assert timing.compile_ns == 70


def test_a_note_and_its_doubt_are_kept():
    timing = summarise((process(100),), for_verdicts=False, note="sampled")
    assert (timing.for_verdicts, timing.notes) == (False, ("sampled",))


times = st.lists(st.integers(1, 10**12), min_size=1, max_size=8)


@given(st.lists(times, min_size=2, max_size=6), st.integers(1, 1000))
def test_the_median_lies_between_the_processes_and_inside_the_interval(samples, loops):
    timing = summarise(tuple(process(*wall, loops=loops) for wall in samples))
    per_call = [sorted(wall) for wall in samples]
    assert timing.median_ns <= max(max(wall) for wall in per_call) / loops * (1 + 1e-9)
    assert timing.median_ns >= min(min(wall) for wall in per_call) / loops * (1 - 1e-9)
    low, high = timing.interval_ns
    assert low <= timing.median_ns * (1 + 1e-9)
    assert high >= timing.median_ns * (1 - 1e-9)


@given(times, st.integers(2, 50))
def test_a_slower_clock_scales_every_figure(wall, factor):
    plain = summarise((process(*wall), process(*wall)))
    scaled = summarise((process(*(t * factor for t in wall)), process(*(t * factor for t in wall))))
    assert math.isclose(scaled.median_ns, plain.median_ns * factor, rel_tol=1e-9)
