"""A claim's word: the answer before any figure, the stated range widened once, and the worst of several sizes."""

import math

import pytest
from claiming import OTHER, SAME, a_claim, a_figure, a_figure_claim, a_proof, a_size
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.claims import LEEWAY_RATIO, PLAUSIBLE_RATIO, judge, unmeasured
from perfwatch.records.claim import ClaimKind, ClaimVerdict
from perfwatch.records.proof import Crossover, ProofVerdict, Stated


@pytest.mark.parametrize(
    ("gain", "word"),
    [
        (4.0, ClaimVerdict.HOLDS),
        (4.0 * LEEWAY_RATIO * 0.95, ClaimVerdict.HOLDS),
        (4.0 / LEEWAY_RATIO * 1.05, ClaimVerdict.HOLDS),
        (20.0, ClaimVerdict.UNDERSTATED),
        (2.0, ClaimVerdict.OVERSTATED),
        (0.5, ClaimVerdict.REFUTED),
    ],
)
def test_a_stated_gain_is_held_to_within_a_quarter(gain, word):
    row = judge(a_claim(), a_proof(a_size(gain=gain)))
    assert row.verdict is word
    assert row.sizes[0].value == pytest.approx(gain)
    assert row.sizes[0].interval[0] < gain < row.sizes[0].interval[1]


def test_the_same_speed_is_nothing_of_a_stated_gain():
    row = judge(a_claim(), a_proof(a_size(gain=1.01, verdict=ProofVerdict.SAME_SPEED)))
    assert (row.verdict, row.reason) == (ClaimVerdict.REFUTED, "it is not faster")


def test_much_faster_is_never_understated():
    claim = a_claim(stated=Stated(text="much faster", low=1.0))
    assert judge(claim, a_proof(a_size(gain=500.0))).verdict is ClaimVerdict.HOLDS
    assert judge(claim, a_proof(a_size(gain=0.01))).verdict is ClaimVerdict.REFUTED


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (ProofVerdict.FAILS, ClaimVerdict.FAILS),
        (ProofVerdict.DIFFERENT_ANSWER, ClaimVerdict.DIFFERENT_ANSWER),
        (ProofVerdict.UNDECIDED, ClaimVerdict.UNMEASURED),
    ],
)
def test_the_answer_comes_before_any_figure(verdict, word):
    different = verdict is ProofVerdict.DIFFERENT_ANSWER
    row = judge(a_claim(), a_proof(a_size(verdict=verdict, difference=OTHER if different else None)))
    assert row.verdict is word
    assert row.sizes[0].value is None


def test_another_answer_is_no_reason_why_something_does_not_run():
    different = a_proof(a_size(verdict=ProofVerdict.DIFFERENT_ANSWER, difference=OTHER))
    assert judge(a_claim(ClaimKind.RUNS), different).verdict is ClaimVerdict.HOLDS
    fails = a_proof(a_size(verdict=ProofVerdict.FAILS))
    assert judge(a_claim(ClaimKind.RUNS), fails).verdict is ClaimVerdict.FAILS


def test_equal_answers_are_equivalent_at_any_speed():
    assert judge(a_claim(ClaimKind.EQUIVALENCE), a_proof(a_size(gain=0.1))).verdict is ClaimVerdict.HOLDS


def test_answers_that_cannot_be_compared_show_no_equivalence():
    uncertain = a_size(difference=SAME.__class__(equal=True, uncertain="an object without data"))
    assert judge(a_claim(ClaimKind.EQUIVALENCE), a_proof(uncertain)).verdict is ClaimVerdict.UNMEASURED


def test_a_reference_that_fails_refutes_nothing():
    proof = a_proof(a_size(verdict=ProofVerdict.FAILS), reference_failed=True)
    assert judge(a_claim(), proof).verdict is ClaimVerdict.UNMEASURED


def test_sizes_that_disagree_come_to_the_worst_word_and_say_where_each_holds():
    proof = a_proof(a_size("20", gain=0.5), a_size("200", gain=4.1))
    row = judge(a_claim(), proof)
    assert row.verdict is ClaimVerdict.REFUTED
    assert row.condition == "warm calls, refuted at 20; holds at 200"


def test_the_condition_names_the_size_from_which_on_it_is_faster():
    crossover = Crossover(size=90.0, interval=(60.0, 140.0))
    proof = a_proof(a_size("20", gain=0.5), a_size("200", gain=4.1), crossover=crossover)
    assert judge(a_claim(), proof).condition.endswith("; faster from 90 on [60 to 140]")


def test_a_verdict_unlike_the_first_measurements_says_so():
    claim = a_claim(expected=ClaimVerdict.REFUTED)
    assert judge(claim, a_proof(a_size(gain=4.0))).differs == "the first measurement came to refuted"
    assert judge(claim, a_proof(a_size(gain=0.4))).differs == ""
    assert judge(claim, a_proof(a_size())).differs == ""


@pytest.mark.parametrize(
    ("memory", "word"),
    [
        (0.4, ClaimVerdict.HOLDS),
        (0.1, ClaimVerdict.UNDERSTATED),
        (0.8, ClaimVerdict.OVERSTATED),
        (0.97, ClaimVerdict.REFUTED),
        (1.5, ClaimVerdict.REFUTED),
        (None, ClaimVerdict.UNMEASURED),
    ],
)
def test_less_memory_is_judged_by_what_is_left_of_the_peak(memory, word):
    claim = a_claim(ClaimKind.MEMORY_RATIO, Stated(text="50 to 70% less", low=0.3, high=0.5))
    assert judge(claim, a_proof(a_size(gain=1.0 + 1e-9, memory_ratio=memory))).verdict is word


# Figures


def leak(low=100e6):
    return a_figure_claim(ClaimKind.MEMORY, Stated(text="a leak", low=low, nothing=0.0), unit="bytes")


def test_what_grows_but_stays_small_is_an_overstated_leak():
    row = judge(leak(), figures=[a_figure(4.6e6), a_figure(920.0, name="bytes_per_record")])
    assert row.verdict is ClaimVerdict.OVERSTATED
    assert [one.value for one in row.sizes] == [4.6e6]
    assert len(row.figures) == 2


def test_no_reuse_at_all_refutes_a_pool():
    claim = a_figure_claim(
        ClaimKind.HIT_RATE, Stated(text="reused", low=0.5, high=1.0, nothing=0.0), judged="hit_rate"
    )
    assert judge(claim, figures=[a_figure(0.0, name="hit_rate")]).verdict is ClaimVerdict.REFUTED
    assert judge(claim, figures=[a_figure(0.2, name="hit_rate")]).verdict is ClaimVerdict.OVERSTATED
    assert judge(claim, figures=[a_figure(0.9, name="hit_rate")]).verdict is ClaimVerdict.HOLDS


def test_a_share_below_half_is_no_bottleneck():
    stated = Stated(text="most of it", low=0.5, high=1.0, nothing=0.5)
    claim = a_figure_claim(ClaimKind.SHARE, stated, judged="share")
    assert judge(claim, figures=[a_figure(0.25, name="share")]).verdict is ClaimVerdict.REFUTED
    assert judge(claim, figures=[a_figure(0.75, name="share")]).verdict is ClaimVerdict.HOLDS
    undecided = judge(claim, figures=[a_figure(0.5, (0.4, 0.6), name="share")])
    assert undecided.verdict is ClaimVerdict.UNMEASURED
    assert undecided.reason.startswith("undecided")


@pytest.mark.parametrize(
    ("amount", "word"),
    [
        (500.0, ClaimVerdict.OVERSTATED),
        (900.0, ClaimVerdict.HOLDS),
        (5_000.0, ClaimVerdict.HOLDS),
        (760_000.0, ClaimVerdict.UNDERSTATED),
    ],
)
def test_an_amount_is_met_within_a_quarter_of_its_range_and_may_be_more_or_less(amount, word):
    stated = Stated(text="1K to 10K points/s", low=1e3, high=1e4, nothing=0.0)
    claim = a_figure_claim(ClaimKind.AMOUNT, stated, judged="points_count", unit="count")
    assert judge(claim, figures=[a_figure(amount, name="points_count")]).verdict is word


@pytest.mark.parametrize("factor", [PLAUSIBLE_RATIO * 1.1, 1 / PLAUSIBLE_RATIO / 1.1])
def test_a_baseline_off_by_more_than_its_order_of_magnitude_is_refuted_on_either_side(factor):
    stated = Stated(text="some 2 min", low=120e9, high=120e9, nothing=0.0)
    claim = a_figure_claim(ClaimKind.PLAUSIBILITY, stated, judged="x_ns", unit="ns")
    row = judge(claim, figures=[a_figure(120e9 * factor, name="x_ns")])
    assert row.verdict is ClaimVerdict.REFUTED
    assert row.reason == (
        "11 times what was stated (some 2 min)" if factor > 1 else "11 times less than stated (some 2 min)"
    )
    assert judge(claim, figures=[a_figure(120e9 * 2, name="x_ns")]).verdict is ClaimVerdict.HOLDS


def test_an_exponent_on_either_side_is_another_one():
    claim = a_figure_claim(ClaimKind.EXPONENT, Stated(text="n^3", low=3.0, high=3.0, nothing=0.0), "exponent")
    assert judge(claim, figures=[a_figure(2.0, name="exponent")]).verdict is ClaimVerdict.REFUTED
    assert judge(claim, figures=[a_figure(4.5, name="exponent")]).verdict is ClaimVerdict.REFUTED
    assert judge(claim, figures=[a_figure(2.9, name="exponent")]).verdict is ClaimVerdict.HOLDS


def test_too_few_processes_measure_nothing():
    row = judge(leak(), figures=[a_figure(1e9, interval=None)])
    assert row.verdict is ClaimVerdict.UNMEASURED


def test_nothing_measured_is_said_and_kept_apart_from_a_refutation():
    assert judge(leak()).verdict is ClaimVerdict.UNMEASURED
    assert judge(a_claim()).verdict is ClaimVerdict.UNMEASURED
    assert unmeasured(leak(), "scipy is not installed").reason == "scipy is not installed"


GAINS = st.floats(min_value=1e-3, max_value=1e3, allow_nan=False)
RANGES = st.tuples(st.floats(1.06, 50), st.floats(1, 20)).map(lambda one: (one[0], one[0] * one[1]))


@given(gain=GAINS, range_=RANGES)
def test_a_greater_gain_never_makes_a_claim_worse(gain, range_):
    claim = a_claim(stated=Stated(text="x", low=range_[0], high=range_[1]))
    order = [
        ClaimVerdict.REFUTED,
        ClaimVerdict.OVERSTATED,
        ClaimVerdict.UNMEASURED,
        ClaimVerdict.HOLDS,
        ClaimVerdict.UNMEASURED,
        ClaimVerdict.UNDERSTATED,
    ]
    less, more = (judge(claim, a_proof(a_size(gain=one))).verdict for one in (gain, gain * 3))
    assert order.index(less) <= len(order) - 1 - order[::-1].index(more)


@given(gain=GAINS)
def test_the_stated_ratio_is_candidate_over_reference(gain):
    low, high = gain, gain * 2
    row = judge(a_claim(stated=Stated(text="x", low=low, high=high)), a_proof())
    assert row.stated_ratio == (1 / high, 1 / low)
    assert judge(a_claim(stated=Stated(text="x", low=low)), a_proof()).stated_ratio == (0.0, 1 / low)
    assert math.isinf(Stated(text="x", low=low).high)


def test_more_of_a_share_than_stated_is_as_wrong_as_less():
    claim = a_figure_claim(
        ClaimKind.SHARE, Stated(text="60 to 75%", low=0.6, high=0.75, nothing=0.0), "share"
    )
    assert judge(claim, figures=[a_figure(0.97, name="share")]).verdict is ClaimVerdict.REFUTED
    assert judge(claim, figures=[a_figure(0.3, name="share")]).verdict is ClaimVerdict.REFUTED
    assert judge(claim, figures=[a_figure(0.7, name="share")]).verdict is ClaimVerdict.HOLDS
