"""Which pairs are wanted, on which clock they are judged, and what is said of them."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from pairs import Machine, make_pair, make_turn, measured

from perfwatch.compare import smallest_visible, verdicts, void_reason, wanted
from perfwatch.compare.paired import CPU, WALL, clock_for
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Quad, Side, Stage, Want
from perfwatch.records.plan import Policy

pytestmark = pytest.mark.smoke

POLICY = Policy()
make_twin = partial(make_pair, against=Side.TWIN)
make_fresh = partial(make_pair, stage=Stage.CONFIRM)


def screen_of(shift, count=4, **changes):
    return [make_pair(shift, **changes) for _ in range(count)] + [make_twin()]


def verdict_of(timings, names=("work",)):
    (comparison,) = verdicts(timings, names, POLICY)
    return comparison


def test_four_pairs_and_one_of_the_twin_are_wanted_first():
    assert wanted([], ("work",), POLICY) == (
        Want(benchmark="work", stage=Stage.SCREEN, pairs_count=4),
        Want(benchmark="work", stage=Stage.SCREEN, pairs_count=1, against=Side.TWIN),
    )


def test_identical_pairs_are_the_same_exactly_and_nothing_more_is_wanted():
    timings = screen_of(0.0)
    assert wanted(timings, ("work",), POLICY) == ()
    same = verdict_of(timings)
    assert (same.verdict, same.ratio, same.interval) == (Verdict.SAME, 1.0, (1.0, 1.0))
    assert "inside the margin of 1.0%" in same.reason


def test_a_red_is_measured_afresh_before_anything_is_said():
    timings = screen_of(0.05)
    (want,) = wanted(timings, ("work",), POLICY)
    assert (want.stage, want.pairs_count) == (Stage.CONFIRM, 4)
    early = verdict_of(timings)
    assert early.verdict is Verdict.UNDECIDED
    assert "no time to measure it afresh" in early.reason


@pytest.mark.parametrize(("shift", "verdict"), [(0.05, Verdict.SLOWER), (-0.05, Verdict.FASTER)])
def test_a_red_that_fresh_pairs_confirm_is_slower_or_faster(shift, verdict):
    timings = [*screen_of(shift), *(make_fresh(shift) for _ in range(8))]
    found = verdict_of(timings)
    assert found.verdict is verdict
    assert found.ratio == pytest.approx(math.exp(shift))
    assert "confirmed by 8 fresh pairs" in found.reason


def test_fresh_pairs_alone_count_and_a_red_that_they_do_not_confirm_is_none():
    timings = [*screen_of(0.05), *(make_fresh(0.0) for _ in range(8))]
    assert verdict_of(timings).verdict is Verdict.SAME
    wide = [*screen_of(0.05), *(make_fresh(shift) for shift in (0.04, -0.03) * 4)]
    unsure = verdict_of(wide)
    assert unsure.verdict is Verdict.UNDECIDED
    assert "do not confirm it" in unsure.reason


def test_fewer_fresh_pairs_than_were_fixed_beforehand_are_no_confirmation():
    timings = [*screen_of(0.05), *(make_fresh(0.05) for _ in range(3))]
    found = verdict_of(timings)
    assert found.verdict is Verdict.UNDECIDED
    assert "there was time for 3 of the 4 fresh pairs that can confirm it" in found.reason


def test_a_shift_that_is_not_far_beyond_the_spread_gets_ten_fresh_pairs_at_least():
    timings = [*(make_pair(shift) for shift in (0.045, 0.05, 0.055, 0.05)), make_twin()]
    (want,) = wanted(timings, ("work",), POLICY)
    assert (want.stage, want.pairs_count) == (Stage.CONFIRM, 10)


def test_no_red_is_confirmed_before_every_benchmark_is_screened():
    timings = screen_of(0.05)
    assert {want.stage for want in wanted(timings, ("work", "other"), POLICY)} == {Stage.SCREEN}


def test_a_benchmark_whose_screening_is_over_holds_no_red_back():
    timings = screen_of(0.05)
    wants = wanted(timings, ("work", "other"), POLICY, over={"other"})
    assert {(want.benchmark, want.stage) for want in wants} == {("work", Stage.CONFIRM)}


def test_what_is_neither_inside_nor_beyond_is_undecided_and_says_how_much_longer_it_would_take():
    spread = [make_pair(shift) for shift in (0.03, -0.03) * 16]
    found = verdict_of(spread)
    assert found.verdict is Verdict.UNDECIDED
    assert "more would decide it" in found.reason
    assert wanted([*spread, *(make_twin() for _ in range(8))], ("work",), POLICY) == ()


def test_pairs_too_few_for_a_first_look_are_told_on_the_clock_that_they_ask_for():
    found = verdict_of([*(make_pair(shift) for shift in (0.001, -0.001, 0.0)), make_twin()])
    assert found.verdict is Verdict.UNDECIDED
    assert "after 3 pairs of processes on the processor clock" in found.reason


def test_one_pair_says_nothing():
    found = verdict_of([make_pair(0.5)])
    assert (found.verdict, found.interval) == (Verdict.UNDECIDED, None)


def test_a_benchmark_without_a_pair_has_no_comparison():
    assert verdicts([], ("work",), POLICY) == ()


# The clock


def clock_of(**changes):
    return clock_for([make_pair(**changes) for _ in range(4)])[0]


def test_processor_time_decides_for_one_thread_that_waits_for_nothing():
    assert clock_of() == CPU


@pytest.mark.parametrize(
    ("name", "turn"),
    [
        ("children", make_turn(children_ns=1_000_000)),
        ("waiting", make_turn(waits_count=2)),
        ("threads", make_turn(cpu_ns=9_000_000)),
        ("never calm", make_turn(0.5, 0.0)),
    ],
)
def test_wall_time_decides_where_processor_time_may_miss_something(name, turn):
    assert clock_of(base=turn, head=turn) == WALL, name


def test_wall_time_decides_beside_an_accelerator():
    assert clock_of(accelerator=True) == WALL


def test_a_neighbour_that_steals_the_processor_leaves_the_choice_and_the_verdict_alone():
    machine = Machine(np.random.default_rng(1), spread=0.003, burst=0.4)
    timings = measured(machine, {"work": math.log(1.05)}, wanted, policy=POLICY)
    found = verdict_of(timings)
    assert (found.clock, found.verdict) == (CPU, Verdict.SLOWER)


def test_a_head_made_parallel_is_not_called_slower():
    """Its wall time halves and its processor time grows: wall time decides."""
    parallel = make_turn(-0.69, 0.1, thread_ns=2_600_000)
    timings = [
        make_pair(head=parallel, stage=stage) for stage in (Stage.SCREEN, Stage.CONFIRM) for _ in range(8)
    ]
    found = verdict_of(timings)
    assert (found.clock, found.verdict) == (WALL, Verdict.FASTER)


def test_where_wall_time_contradicts_processor_time_nothing_is_decided():
    """Most quads are stolen from on head's side alone, as a hypervisor might: some calm ones choose processor time."""
    stolen, still = make_turn(0.2, 0.0), make_turn()
    pair = make_pair(head=stolen, quads=8)
    calm = Quad(base=(still, still), head=(still, still))
    timings = [
        replace(pair, quads=(calm,) * 3 + pair.quads, stage=stage) for stage in Stage for _ in range(8)
    ]
    found = verdict_of(timings)
    assert found.clock == CPU
    assert found.verdict is Verdict.UNDECIDED
    assert "the clocks contradict each other" in found.reason


# The veto


def test_a_base_that_differs_from_its_own_copy_voids_the_run():
    timings = [*(make_pair(0.05) for _ in range(4)), *(make_twin(0.03) for _ in range(3))]
    assert "differs from its own copy" in void_reason(timings, POLICY)
    found = verdict_of(timings)
    assert found.verdict is Verdict.UNDECIDED
    assert "differs from its own copy" in found.reason


def test_one_twin_pair_cannot_veto_and_shows_no_smallest_change():
    timings = [make_pair(0.0), make_twin(0.5)]
    assert void_reason(timings, POLICY) == ""
    assert smallest_visible(timings) is None


def test_the_smallest_visible_change_is_the_half_width_of_the_twins_interval():
    timings = [make_twin(shift) for shift in (0.001, -0.001, 0.002, -0.002)]
    # t(0.975, 3) * s / sqrt(4), s = sqrt(1e-5 / 3)
    half = 3.182446 * math.sqrt(1e-5 / 3) / 2
    assert smallest_visible(timings) == pytest.approx(math.expm1(half), rel=1e-4)
