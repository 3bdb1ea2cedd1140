"""Verdicts on stored runs: when they are given, when they are refused, and in which words."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from builders import make_benchmark, make_environment, make_process, make_run, make_timing
from hypothesis import given
from hypothesis import strategies as st
from stored_runs import STEADY, run_of, sessions_of, timing_of

from perfwatch.compare import (
    NOT_SIDE_BY_SIDE,
    compare,
    decide,
    decide_amount,
    environment_difference,
    process_values,
)
from perfwatch.records.comparison import Verdict
from perfwatch.records.plan import Policy
from perfwatch.records.timing import ProcessTiming, Timing
from perfwatch.stats.difference import Difference

POLICY = Policy()
MIRRORED = {
    Verdict.SLOWER: Verdict.FASTER,
    Verdict.FASTER: Verdict.SLOWER,
    Verdict.HIGHER: Verdict.LOWER,
    Verdict.LOWER: Verdict.HIGHER,
}


def headline(base, head, sessions=(), policy=POLICY):
    (comparison,) = compare(base, head, policy, sessions)
    return comparison


# With enough sessions


def test_a_clear_slowdown_is_slower():
    found = headline(STEADY[0], run_of(1_200_000, 1_201_000, 1_199_000), STEADY)
    assert found.verdict is Verdict.SLOWER
    assert found.ratio == pytest.approx(1.2, rel=1e-3)
    assert 1.01 < found.interval[0] < found.ratio < found.interval[1]
    assert found.confidence_level == 0.95
    assert found.p_value < 0.05
    assert found.q_value == found.p_value
    assert found.margin_ratio == 0.01
    assert (found.metric, found.clock, found.base_run) == ("time", "wall", "s0")
    assert found.reason.startswith("1.20 ms against 1.00 ms: +20.0%, 95.0% interval [+")
    assert found.reason.endswith("beyond the margin of 1.0%, judged by 5 stored sessions")


def test_a_clear_speedup_is_faster():
    found = headline(STEADY[0], run_of(800_000, 801_000, 799_000), STEADY)
    assert found.verdict is Verdict.FASTER
    assert found.interval[1] < 1 / 1.01


def test_equal_times_with_little_spread_are_the_same():
    found = headline(STEADY[0], run_of(1_000_000, 1_001_000, 999_000), STEADY)
    assert found.verdict is Verdict.SAME
    assert "90.0% interval" in found.reason
    assert "inside the margin of 1.0%" in found.reason


def test_sessions_that_scatter_leave_it_undecided():
    moody = sessions_of(1_000_000, 1_100_000, 900_000, 1_050_000, 950_000)
    found = headline(moody[0], run_of(1_060_000, 1_061_000, 1_059_000), moody)
    assert found.verdict is Verdict.UNDECIDED
    assert found.noise_floor_ratio > 0.1
    assert "the smallest visible change is +" in found.reason
    half_width = math.log(found.interval[1] / found.interval[0]) / 2
    assert found.noise_floor_ratio == pytest.approx(math.exp(half_width) - 1)


def test_the_ratio_is_against_all_sessions_not_against_the_base_alone():
    uneven = sessions_of(1_000_000, 1_040_000, 1_040_000, 1_040_000, 1_040_000)
    found = headline(uneven[0], run_of(1_040_000, 1_041_000, 1_039_000), uneven)
    assert found.base_value == pytest.approx(1_032_000, rel=1e-3)
    assert found.ratio == pytest.approx(found.head_value / found.base_value)


def test_identical_constants_are_the_same_exactly():
    flat = tuple(run_of(500, 500, run_id=f"s{i}") for i in range(5))
    found = headline(flat[0], run_of(500, 500), flat)
    assert found.verdict is Verdict.SAME
    assert found.interval == (1.0, 1.0)
    assert found.noise_floor_ratio == 0.0


def test_constants_that_differ_are_different_exactly():
    flat = tuple(run_of(500, 500, run_id=f"s{i}") for i in range(5))
    assert headline(flat[0], run_of(600, 600), flat).verdict is Verdict.SLOWER


def test_a_ratio_on_the_margin_itself_is_undecided_without_spread():
    exact = Difference(value=math.log1p(0.01), standard_error=0.0, dof=4.0)
    assert decide(exact, math.log1p(0.01), 0.05) is Verdict.UNDECIDED


def test_processes_of_unequal_number_are_compared():
    uneven = (run_of(1_000_000, 1_000_900, run_id="s0"), *STEADY[1:])
    found = headline(uneven[0], run_of(*([1_500_000, 1_501_000] * 4)), uneven)
    assert found.verdict is Verdict.SLOWER


def test_one_process_in_head_gives_no_interval():
    found = headline(STEADY[0], run_of(2_000_000), STEADY)
    assert (found.verdict, found.interval, found.noise_floor_ratio) == (Verdict.UNDECIDED, None, None)
    assert found.ratio == pytest.approx(2.0, rel=1e-3)
    assert found.reason == "a single process on one side gives no interval"


def test_what_stands_alone_may_fall_among_many():
    def run(run_id, first_ns, others_ns, count):
        marks = [
            make_benchmark(f"b{i}", timing=timing_of(level - 500, level + 500), metrics={})
            for i, level in enumerate([first_ns] + [others_ns] * (count - 1))
        ]
        return make_run(id=run_id, benchmarks=tuple(marks))

    def judged(count):
        levels = (1_000_000, 1_010_000, 990_000, 1_005_000, 995_000)
        sessions = [run(f"s{i}", level, level, count) for i, level in enumerate(levels)]
        return compare(sessions[0], run("head", 1_040_000, 1_000_000, count), POLICY, sessions)[0]

    alone, among = judged(1), judged(40)
    assert alone.verdict is Verdict.SLOWER
    assert among.verdict is Verdict.UNDECIDED
    assert among.p_value == alone.p_value
    assert among.q_value > 0.05
    assert among.reason.endswith("among 40 benchmarks compared that is no rarity")


# Without enough sessions


def test_without_sessions_ratio_and_interval_are_shown_and_nothing_is_decided():
    found = headline(STEADY[0], run_of(2_000_000, 2_001_000, 1_999_000))
    assert found.verdict is Verdict.UNDECIDED
    assert found.ratio == pytest.approx(2.0, rel=1e-3)
    assert 1.9 < found.interval[0] < found.interval[1] < 2.1
    assert found.reason.startswith("not measured side by side")
    assert "1 of the 5 sessions of base's code" in found.reason
    assert (found.p_value, found.noise_floor_ratio) == (None, None)


def test_one_process_each_gives_a_ratio_alone():
    found = headline(run_of(1_000, run_id="base"), run_of(1_100))
    assert (found.verdict, found.interval) == (Verdict.UNDECIDED, None)
    assert found.ratio == pytest.approx(1.1)
    assert found.reason.startswith(NOT_SIDE_BY_SIDE)
    assert "single process" in found.reason


@pytest.mark.parametrize(
    "changes",
    [{"code_digest": "c2"}, {"environment": make_environment(key="e2")}, {"id": "s0"}, {"id": "head"}],
    ids=["other code", "other environment", "base again", "head itself"],
)
def test_a_run_that_is_no_session_of_the_base_does_not_count(changes):
    stranger = replace(STEADY[4], header=replace(STEADY[4].header, **changes))
    found = headline(STEADY[0], run_of(2_000_000, 2_000_100), (*STEADY[:4], stranger))
    assert found.verdict is Verdict.UNDECIDED
    assert "4 of the 5" in found.reason


def test_runs_of_unknown_code_are_no_sessions_of_each_other():
    unknown = tuple(replace(run, header=replace(run.header, code_digest="")) for run in STEADY)
    assert "1 of the 5" in headline(unknown[0], run_of(2_000_000, 2_000_100), unknown).reason


def test_a_session_without_the_benchmark_does_not_count():
    other = run_of(1_000_000, 1_000_500, run_id="s4", name="other.py")
    assert "4 of the 5" in headline(STEADY[0], run_of(2_000_000, 2_001_000), (*STEADY[:4], other)).reason


def test_the_base_counts_as_a_session_though_it_is_not_listed():
    found = headline(STEADY[0], run_of(1_200_000, 1_201_000), STEADY[1:])
    assert found.verdict is Verdict.SLOWER


# What forbids a verdict


def test_another_environment_forbids_any_verdict_and_is_named():
    environment = make_environment(key="e2", python="3.12.1", libraries={"numpy": "2.1.0"})
    head = make_run(id="head", environment=environment)
    time, *amounts = compare(make_run(id="base"), head, POLICY)
    reason = "the environments differ: Python 3.11.7 against 3.12.1, numpy 2.0.0 against 2.1.0"
    assert (time.verdict, time.reason, time.interval) == (Verdict.UNDECIDED, reason, None)
    assert time.ratio == pytest.approx(1.0)
    assert amounts
    assert {(a.verdict, a.reason) for a in amounts} == {(Verdict.UNDECIDED, reason)}


def test_many_differences_are_named_in_part():
    base = make_environment(libraries={f"l{i}": "1" for i in range(6)})
    head = make_environment(key="e2", libraries={"l0": "1"})
    assert environment_difference(base, head) == (
        "the environments differ: l1 1 against none, l2 1 against none, l3 1 against none, "
        "l4 1 against none and 1 more"
    )


def test_unequal_keys_without_a_visible_difference_are_said_to_be_that():
    assert "keys are not equal" in environment_difference(make_environment(), make_environment(key="e2"))
    assert environment_difference(make_environment(), make_environment(executable="/elsewhere")) == ""


@pytest.mark.parametrize("side", ["base", "head"])
def test_sampled_times_are_not_for_verdicts(side):
    sampled = make_benchmark(timing=make_timing(for_verdicts=False, notes=("sampled as it ran",)), metrics={})
    plain = make_benchmark(metrics={})
    base = make_run(id="base", benchmarks=(sampled if side == "base" else plain,))
    head = make_run(id="head", benchmarks=(sampled if side == "head" else plain,))
    found = headline(base, head)
    assert (found.verdict, found.interval) == (Verdict.UNDECIDED, None)
    assert found.reason == f"{side}'s times are not for verdicts: sampled as it ran"


def test_other_parameters_are_another_benchmark():
    small = make_run(id="base", benchmarks=(make_benchmark(parameters={"size": "small"}, metrics={}),))
    large = make_run(id="head", benchmarks=(make_benchmark(parameters={"size": "large"}, metrics={}),))
    assert headline(small, large).reason == "base and head ran with different parameters: size"


def test_a_clock_that_did_not_tick_forbids_a_verdict():
    zeros = tuple(run_of(0, 0, run_id=f"s{i}") for i in range(5))
    found = headline(zeros[0], run_of(0, 0), zeros)
    assert (found.verdict, found.ratio, found.interval) == (Verdict.UNDECIDED, None, None)
    assert "too short for the clock" in found.reason


# Samples


def test_warmup_is_left_out_and_loops_are_divided_out():
    process = ProcessTiming(
        id="p", loops_count=10, wall_ns=(900, 100, 120, 110), cpu_ns=(1, 1, 1, 1), warmup_count=1
    )
    assert process_values(Timing(processes=(process,))) == (11.0,)


def test_a_process_without_samples_has_no_value():
    empty = ProcessTiming(id="p", loops_count=10, wall_ns=(900,), cpu_ns=(900,), warmup_count=1)
    assert process_values(Timing(processes=(empty, *timing_of(7).processes))) == (7.0,)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_the_order_of_samples_after_warmup_does_not_matter(samples, random):
    def values(ordered):
        wall = (10**15, *ordered)
        process = make_process(loops_count=3, wall_ns=wall, cpu_ns=wall, warmup_count=1)
        return process_values(Timing(processes=(process,)))

    shuffled = list(samples)
    random.shuffle(shuffled)
    assert values(samples) == values(shuffled)


# Any input

times = st.integers(min_value=0, max_value=10**15)
process_lists = st.lists(times, min_size=1, max_size=4)


@given(process_lists, process_lists, st.lists(process_lists, max_size=6))
def test_any_times_give_a_verdict_and_no_error(base, head, others):
    stored = tuple(run_of(*ts, run_id=f"s{i}") for i, ts in enumerate(others))
    found = headline(run_of(*base, run_id="base"), run_of(*head), stored)
    assert found.verdict in {Verdict.SLOWER, Verdict.FASTER, Verdict.SAME, Verdict.UNDECIDED}
    assert found.reason
    if found.interval is not None:
        assert 0 < found.interval[0] <= found.interval[1] < math.inf


@given(process_lists, process_lists)
def test_swapping_two_runs_turns_the_ratio_and_keeps_the_verdict(first, second):
    forth = headline(run_of(*first, run_id="a"), run_of(*second, run_id="b"))
    back = headline(run_of(*second, run_id="b"), run_of(*first, run_id="a"))
    assert forth.verdict is back.verdict is Verdict.UNDECIDED
    if forth.ratio and back.ratio:
        assert forth.ratio * back.ratio == pytest.approx(1.0)
    if forth.interval is not None:
        assert forth.interval[0] * back.interval[1] == pytest.approx(1.0)


@given(
    st.floats(-1, 1),
    st.one_of(st.just(0.0), st.floats(1e-6, 1)),
    st.floats(1, 50),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
def test_swapping_the_sides_mirrors_the_word(value, error, dof, base, head):
    forth = Difference(value=value, standard_error=error, dof=dof)
    word = decide(forth, math.log1p(0.01), 0.05)
    assert decide(replace(forth, value=-value), math.log1p(0.01), 0.05) is MIRRORED.get(word, word)
    amount = decide_amount(base, head, 0.01)
    assert decide_amount(head, base, 0.01) is MIRRORED.get(amount, amount)


@given(st.floats(0.8, 1.25), st.sampled_from([2, 1024, 2**20]))
def test_the_unit_of_time_does_not_matter(change, scale):
    def judged(factor):
        stored = tuple(
            run_of(*(factor * t.wall_ns[0] for t in run.benchmarks[0].timing.processes), run_id=run.header.id)
            for run in STEADY
        )
        head = [factor * round(1_000_000 * change) + factor * step for step in (-900, 0, 900)]
        return headline(stored[0], run_of(*head), stored)

    plain, scaled = judged(1), judged(scale)
    assert scaled.ratio == pytest.approx(plain.ratio)
    assert scaled.interval == pytest.approx(plain.interval)
    if abs(plain.p_value - 0.05) > 1e-6:
        assert scaled.verdict is plain.verdict


def test_runs_of_the_same_code_are_rarely_called_changed():
    random = np.random.default_rng(12)
    words = []
    for _ in range(300):
        levels = 1e6 * random.lognormal(0.0, 0.01, size=(6, 1))
        times = np.rint(levels * random.lognormal(0.0, 0.01, size=(6, 5))).astype(int).tolist()
        stored = tuple(run_of(*ts, run_id=f"s{i}") for i, ts in enumerate(times[:5]))
        words.append(headline(stored[0], run_of(*times[5]), stored).verdict)
    assert sum(word in {Verdict.SLOWER, Verdict.FASTER} for word in words) <= 0.05 * len(words)


def test_a_benchmark_may_have_a_margin_of_its_own():
    stored = tuple(run_of(*ts, run_id=f"s{i}") for i, ts in enumerate([[1_000, 1_001, 1_002]] * 5))
    head = run_of(1_020, 1_021, 1_022)
    name = head.benchmarks[0].name
    assert headline(stored[0], head, stored).verdict is Verdict.SLOWER
    wide = Policy(margins=(("*", 0.5), (name, 0.05)))
    (found,) = (one for one in compare(stored[0], head, wide, stored) if one.metric == "time")
    assert (found.verdict, found.margin_ratio) == (Verdict.SAME, 0.05)
