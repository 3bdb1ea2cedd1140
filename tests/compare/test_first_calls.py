"""What is said of first calls, and of what was compiled in them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pairs import make_pair

from perfwatch.compare import first_calls, material
from perfwatch.compare.first_calls import MARGIN_RATIO, RATE, cache_state
from perfwatch.compare.paired import SCREEN
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import FirstCall, Side, Stage
from perfwatch.records.plan import Policy

pytestmark = pytest.mark.smoke

POLICY = Policy()
MS = 1_000_000


def call(time_ms=100.0, compile_ms=0.0, *, compiles=0, loads=0, misses=0):
    return FirstCall(
        time_ns=round(time_ms * MS),
        compile_ns=round(compile_ms * MS),
        compiles_count=compiles,
        loads_count=loads,
        misses_count=misses,
    )


def pair(base, head, **changes):
    return make_pair(first_calls=(base, head), **changes)


def pairs_of(*ratios, benchmark="work"):
    return [pair(call(100.0), call(100.0 * ratio), benchmark=benchmark) for ratio in ratios]


def compared(timings, policy=POLICY, names=("work",)):
    return first_calls([(timings, names)], policy)


def cold_of(timings, policy=POLICY):
    (found,) = compared(timings, policy)
    assert found.metric == "cold"
    return found


def compile_of(timings):
    cold, found = compared(timings)
    assert (cold.metric, found.metric) == ("cold", "compile")
    return found


def test_first_calls_that_take_half_as_long_again_are_slower_and_tell_by_how_much():
    found = cold_of(pairs_of(1.49, 1.51, 1.5, 1.5))
    assert found.verdict is Verdict.SLOWER
    assert found.ratio == pytest.approx(1.5, rel=0.01)
    assert found.interval[0] < 1.5 < found.interval[1]
    assert (found.base_value, found.margin_ratio, found.clock) == (pytest.approx(100 * MS), 0.10, "wall")
    assert "beyond the margin of 10.0% for first calls, by 4 pairs" in found.reason
    assert "compile" not in found.reason


def test_the_mirror_of_a_slower_first_call_is_a_faster_one():
    assert cold_of(pairs_of(1 / 1.49, 1 / 1.51, 1 / 1.5, 1 / 1.5)).verdict is Verdict.FASTER


def test_first_calls_that_hardly_differ_are_the_same_within_a_margin_of_their_own():
    found = cold_of(pairs_of(1.02, 1.03, 1.02, 1.03))
    assert (found.verdict, "inside the margin of 10.0%" in found.reason) == (Verdict.SAME, True)


def test_four_pairs_that_scatter_by_a_third_decide_nothing():
    found = cold_of(pairs_of(1.7, 0.9, 1.3, 1.1))
    assert (found.verdict, "neither inside nor beyond" in found.reason) == (Verdict.UNDECIDED, True)


def test_one_pair_decides_nothing_and_says_why():
    found = cold_of(pairs_of(3.0))
    assert (found.verdict, found.ratio, found.interval) == (Verdict.UNDECIDED, None, None)
    assert found.reason == "one pair of processes says nothing of how much pairs differ"


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(1.0, Verdict.SAME), (1.05, Verdict.SAME), (1.2, Verdict.SLOWER), (0.8, Verdict.FASTER)],
)
def test_pairs_without_any_spread_are_decided_exactly(ratio, verdict):
    found = cold_of(pairs_of(*[ratio] * 4))
    assert (found.verdict, found.noise_floor_ratio) == (verdict, 0.0)


def test_a_first_call_of_no_time_at_all_has_no_ratio_and_no_verdict():
    timings = [pair(call(0), call(10)) for _ in range(4)]
    found = cold_of(timings)
    assert (found.verdict, found.ratio) == (Verdict.UNDECIDED, None)


def test_a_benchmark_whose_margin_is_wider_keeps_it():
    wide = Policy(margins=(("wo*", 0.5),))
    found = cold_of(pairs_of(1.3, 1.31, 1.3, 1.31), wide)
    assert (found.verdict, found.margin_ratio) == (Verdict.SAME, 0.5)


def test_the_only_calls_that_there_are_have_no_second_verdict():
    assert compared([make_pair(), make_pair()]) == ()


def test_pairs_of_the_twin_and_of_the_confirmation_say_nothing_of_first_calls():
    others = [
        pair(call(100), call(900), against=Side.TWIN),
        pair(call(100), call(900), stage=Stage.CONFIRM),
    ]
    assert cold_of([*pairs_of(1.0, 1.0, 1.0, 1.0), *others]).verdict is Verdict.SAME


def test_where_nothing_was_compiled_there_is_no_comparison_of_compiling():
    assert [one.metric for one in compared(pairs_of(1.0, 1.0))] == ["cold"]


def compiling(base_ms, head_ms, count=4, base=None, head=None):
    base, head = base or {"compiles": 2}, head or {"compiles": 2}
    noise = [1.0, 1.01, 0.99, 1.005, 0.995]
    return [
        pair(call(500, base_ms, **base), call(500, head_ms * noise[at % 5], **head)) for at in range(count)
    ]


def test_a_head_that_compiles_twice_as_long_is_slower_and_names_the_functions_and_the_cache():
    found = compile_of(compiling(100, 200, head={"compiles": 5}))
    assert (found.verdict, found.ratio) == (Verdict.SLOWER, pytest.approx(2.0, rel=0.02))
    assert "functions compiled: 2, now 5; compile cache: off" in found.reason


@pytest.mark.parametrize(
    ("base_ms", "head_ms", "verdict"), [(0, 50, Verdict.SLOWER), (50, 0, Verdict.FASTER)]
)
def test_compiling_where_the_other_side_never_does_is_a_change_without_a_ratio(base_ms, head_ms, verdict):
    none = {"compiles": 0}
    base, head = (none if not ms else {"compiles": 1} for ms in (base_ms, head_ms))
    found = compile_of(compiling(base_ms, head_ms, base=base, head=head))
    assert (found.verdict, found.ratio) == (verdict, None)
    assert "compiles in its first call" in found.reason


def test_one_pair_in_which_only_head_compiled_decides_nothing():
    found = compile_of(compiling(0, 50, count=1, base={"compiles": 0}))
    assert found.verdict is Verdict.UNDECIDED


def test_a_side_that_compiles_in_some_pairs_only_is_undecided():
    traced = [pair(call(100, 5), call(100, at % 2)) for at in range(4)]
    assert compile_of(traced).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("first", "state"),
    [
        (call(), ""),
        (call(compiles=3), "off"),
        (call(compiles=3, misses=1), "empty"),
        (call(loads=2), "hit"),
        (call(loads=2, compiles=1, misses=1), "hit in part"),
    ],
)
def test_the_cache_was_off_empty_or_hit_by_what_was_compiled_loaded_and_missed(first, state):
    assert cache_state(first) == state


def test_pairs_in_another_state_of_the_cache_are_left_out_and_counted():
    empty = pair(call(900, 800, compiles=2, misses=2), call(400, 300, compiles=1, misses=1))
    hits = [pair(call(100, 10, loads=2), call(100 + at, 10, loads=2)) for at in range(3)]
    cold = next(one for one in compared([empty, *hits]) if one.metric == "cold")
    assert cold.ratio == pytest.approx(1.01, abs=0.01)
    assert "compile cache: hit; left out, since the cache was in another state: 1 of the pairs" in cold.reason


def test_of_two_states_that_are_as_frequent_the_later_one_counts():
    empty = [pair(call(900, 800, compiles=1, misses=1), call(900, 800, compiles=1, misses=1))] * 2
    hits = [pair(call(100, 10, loads=1), call(100, 10, loads=1))] * 2
    cold, _ = compared([*empty, *hits])
    assert (cold.base_value, "compile cache: hit" in cold.reason) == (100 * MS, True)


def test_a_head_that_lost_the_cache_is_compared_with_a_base_that_hits_it_and_says_so():
    timings = compiling(5, 400, base={"loads": 2}, head={"compiles": 2})
    found = compile_of(timings)
    assert found.verdict is Verdict.SLOWER
    assert "compile cache: hit in base, off in head" in found.reason


def test_the_more_benchmarks_there_are_the_more_each_has_to_show():
    clear = pairs_of(1.30, 1.34, 1.28, 1.36)
    assert cold_of(clear).verdict is Verdict.SLOWER
    names = ("work", *(f"other{at}" for at in range(60)))
    others = [one for name in names[1:] for one in pairs_of(1.0, 1.02, 0.99, 1.01, benchmark=name)]
    found = compared([*clear, *others], names=names)
    assert found[0].verdict is Verdict.UNDECIDED
    assert found[0].q_value > found[0].p_value


def test_benchmarks_of_one_name_in_two_targets_stay_apart():
    found = first_calls([(pairs_of(1.0, 1.0), ("work",)), (pairs_of(3.0, 3.0), ("work",))], POLICY)
    assert [one.verdict for one in found] == [Verdict.SAME, Verdict.SLOWER]


def test_shown_is_what_somebody_waits_for_and_all_of_a_metric_that_is_gated():
    slower = cold_of(pairs_of(1.5, 1.5, 1.5, 1.5))
    short = cold_of([pair(call(0.001), call(0.002)) for _ in range(4)])
    same = cold_of(pairs_of(1.0, 1.0, 1.0, 1.0))
    assert short.verdict is Verdict.SLOWER
    assert material([slower, short, same], ("time",)) == (slower,)
    assert material([slower, short, same], ("time", "cold")) == (slower, short, same)


def stopped_by_their_times(random, shift):
    """First calls of as many pairs as a screening takes that ends at the look which suits a false alarm best.

    The worst case: the time of a warm call tells all of a first call's luck.
    """
    luck = random.normal(0, 0.03, SCREEN.last)

    def excess(count):
        return math.sqrt(count) * luck[:count].mean() / luck[:count].std(ddof=1)

    return np.exp(shift + luck[: max(SCREEN.counts, key=excess)])


def test_at_the_margin_a_slower_first_call_is_rarer_than_stated_however_the_screening_came_to_end():
    random, trials = np.random.default_rng(7), 2_000
    shift = math.log1p(MARGIN_RATIO)
    found = [cold_of(pairs_of(*stopped_by_their_times(random, shift))) for _ in range(trials)]
    false = sum(one.verdict is Verdict.SLOWER for one in found)
    # 20 of 2,000 are what 1% allows; with the whole rate at each look there are 62.
    assert false <= RATE * trials + 2 * math.sqrt(RATE * trials)


def test_a_suite_of_a_hundred_first_calls_at_the_margin_hardly_ever_has_a_false_red():
    random, suites = np.random.default_rng(8), 60
    names = tuple(f"b{at}" for at in range(100))
    red = 0
    for _ in range(suites):
        shifts = np.exp(math.log1p(MARGIN_RATIO) + random.normal(0, 0.03, (100, 4)))
        timings = [
            one
            for name, ratios in zip(names, shifts, strict=True)
            for one in pairs_of(*ratios, benchmark=name)
        ]
        red += any(one.verdict is Verdict.SLOWER for one in compared(timings, names=names))
    assert red <= 3
