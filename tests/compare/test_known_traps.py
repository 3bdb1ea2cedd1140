"""What other tools fell into, each as a claim about this one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from pairs import Machine, make_pair, make_turn, measured

from perfwatch.compare import presence, verdicts, wanted
from perfwatch.compare.paired import pair_values
from perfwatch.errors import ExitCode
from perfwatch.gate import exit_code_of, judge
from perfwatch.records.comparison import Verdict
from perfwatch.records.gate import GatePolicy
from perfwatch.records.pairing import Quad, Side
from perfwatch.records.plan import Policy
from perfwatch.stats.paired import p_above, paired

POLICY = Policy()


def said_of(timings):
    (comparison,) = verdicts(timings, ("work",), POLICY)
    return comparison


def from_machine(shift, seed=1, policy=POLICY, **weather):
    machine = Machine(np.random.default_rng(seed), **weather)
    timings = measured(machine, {"work": shift}, wanted, policy=policy)
    return said_of(timings)


# pyperf: an exception inside the test says "significant"; unequal counts raise


def test_a_clock_that_never_ticked_is_undecided_and_no_change():
    still = make_turn(wall_ns=0, cpu_ns=0, thread_ns=0)
    dead = replace(make_pair(), quads=(Quad(base=(still, still), head=(still, still)),) * 8)
    found = said_of([dead] * 4)
    assert (found.verdict, found.ratio) == (Verdict.UNDECIDED, None)


def test_pairs_with_unequal_numbers_of_turns_are_compared():
    timings = [make_pair(0.0, quads=count) for count in (3, 40, 12, 1)]
    assert said_of(timings).verdict is Verdict.SAME


# pyperf: two identical constant samples are "Significant"


@pytest.mark.parametrize("level", [0.0, 1.0, -3.0])
def test_identical_constants_are_the_same_exactly(level):
    turn = make_turn(level)
    timings = [make_pair(base=turn, head=turn) for _ in range(4)]
    found = said_of(timings)
    assert (found.verdict, found.ratio) == (Verdict.SAME, 1.0)


# asv: 6 against 6 can never be flagged, even at 3x; long calls get 2 samples


@pytest.mark.parametrize("spread", [0.0, 0.01, 0.03])
def test_three_times_as_slow_is_found_from_the_first_look_on(spread):
    found = from_machine(math.log(3), spread=spread)
    assert (found.verdict, round(found.ratio)) == (Verdict.SLOWER, 3)


def test_long_calls_of_one_quad_a_pair_are_found_as_well():
    words = [from_machine(math.log(3), seed, spread=0.03, quads=1).verdict for seed in range(20)]
    assert set(words) == {Verdict.SLOWER}


@pytest.mark.parametrize("count", [2, 6])
@pytest.mark.parametrize("spread", [0.003, 0.01, 0.03])
def test_few_pairs_are_called_different_at_the_nominal_rate_ties_and_all(count, spread):
    random = np.random.default_rng(count)
    # Rounded to a clock that ticks coarsely, values tie.
    trials = np.round(random.normal(0.0, spread, size=(4000, count)), 3)
    differences = [paired(values, resolution=0.001) for values in trials.tolist()]
    rate = np.mean([p_above(one, 0.0) <= 0.05 for one in differences])
    assert rate <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 4000)


# asv continuous: 1 for a tool's error and for a regression alike; one failure on base stops the suite


def test_a_benchmark_that_fails_on_base_is_new_and_stops_no_other():
    (failed,) = presence(("a", "b"), ("a", "b"), {(Side.BASE, "a"): "ValueError: no data"})
    assert (failed.benchmark, failed.verdict) == ("a", Verdict.NEW)
    result = judge([failed, said_of([make_pair()] * 4)], GatePolicy(), None)
    assert exit_code_of(result, head_failed=False, measured=True) is ExitCode.DONE


def test_a_benchmark_that_fails_on_head_is_failed_and_has_a_code_of_its_own():
    (failed,) = presence(("a",), ("a",), {(Side.HEAD, "a"): "ValueError: no data"})
    assert failed.verdict is Verdict.FAILED
    result = judge([failed], GatePolicy(), None)
    assert exit_code_of(result, head_failed=True, measured=True) is ExitCode.TARGET_FAILED


def test_a_benchmark_missing_on_base_is_no_silent_pass_and_no_error():
    (new,) = presence((), ("a",), {})
    assert (new.verdict, new.reason) == (Verdict.NEW, "only head has it")


# pytest-benchmark: a burst in either run decides


@pytest.mark.parametrize("side", [Side.BASE, Side.HEAD])
def test_a_burst_that_hits_one_side_of_some_turns_decides_nothing(side):
    hit = make_turn(2.0)
    still = make_turn()
    quad = Quad(
        base=(hit, still) if side is Side.BASE else (still, still),
        head=(hit, still) if side is Side.HEAD else (still, still),
    )
    one = make_pair()
    disturbed = replace(one, quads=(*one.quads[:6], *(quad,) * 4))
    assert pair_values([disturbed], "wall") == [0.0]
    assert said_of([disturbed] * 4).verdict is Verdict.SAME


# otava: autocorrelated series that are flat get a change point in 68 of 100


def test_flat_series_that_wander_are_called_changed_in_hardly_any_run():
    changed = {Verdict.SLOWER, Verdict.FASTER}
    words = [from_machine(0.0, seed, spread=0.005, drift=0.03, quads=4).verdict for seed in range(60)]
    assert sum(word in changed for word in words) <= 1


# "Not significant" is not "same"


def test_wide_pairs_without_a_difference_are_undecided_and_not_the_same():
    assert from_machine(0.0, spread=0.08).verdict is Verdict.UNDECIDED
