"""Crossover, payback and the word that a proof comes to."""

from __future__ import annotations

import math

import pytest
from pairs import make_pair, make_turn

from perfwatch.proving.crossover import crossover_of, next_size
from perfwatch.proving.payback import cold_of
from perfwatch.proving.proofs import Seen, size_proof, whole
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.proof import AnswerDifference, AnswerRule, Proof, ProofVerdict, SizeProof

PLAIN = Proof(
    name="p",
    reference="a:b",
    candidate="a:c",
    verdict=ProofVerdict.UNDECIDED,
    reason="",
    rule=AnswerRule(),
    margin_ratio=0.05,
)
EQUAL = AnswerDifference(equal=True)


def sized(size, ratio, spread=0.05, verdict=None):
    word = verdict or (
        ProofVerdict.PROVED
        if ratio < 0.95
        else ProofVerdict.SLOWER
        if ratio > 1.05
        else ProofVerdict.SAME_SPEED
    )
    interval = (ratio * (1 - spread), ratio * (1 + spread))
    return SizeProof(
        size=str(size), verdict=word, reason="r", difference=EQUAL, ratio=ratio, interval=interval
    )


def costs(size):
    """A candidate with a start of 1,000 and a tenth of the reference's cost for each item: even at 1,111."""
    return (1_000 + 0.1 * size) / size


def test_the_crossover_of_two_straight_costs_is_found_within_its_bracket():
    found = crossover_of([sized(size, costs(size)) for size in (100, 700, 1_500, 10_000)])
    assert found.above
    assert found.size == pytest.approx(1_111, rel=0.05)
    assert found.interval[0] <= found.size <= found.interval[1]
    assert 700 < found.interval[0] < found.interval[1] < 1_500


def test_a_candidate_that_is_faster_on_small_sizes_alone_is_said_to_be():
    found = crossover_of([sized(10, 0.5), sized(1_000, 2.0)])
    assert not found.above
    assert found.size == pytest.approx(100)


@pytest.mark.parametrize(
    "sizes",
    [
        [],
        [sized(10, 0.5)],
        [sized(10, 0.5), sized(20, 0.4)],
        [sized("small", 2.0), sized("large", 0.5)],
        [sized(1, 2.0), sized(2, 0.5), sized(3, 2.0), sized(4, 0.5)],
    ],
)
def test_without_one_change_of_sides_there_is_no_crossover(sizes):
    assert crossover_of(sizes) is None


def test_sizes_are_added_between_until_the_bracket_is_narrow():
    sizes = [sized(100, costs(100)), sized(100_000, costs(100_000))]
    added = []
    while (size := next_size(sizes)) is not None:
        assert 100 < size < 100_000
        added.append(size)
        sizes = sorted([*sizes, sized(size, costs(size))], key=lambda one: float(one.size))
    assert len(added) <= 6
    assert crossover_of(sizes).size == pytest.approx(1_111, rel=0.1)


def test_neighbouring_whole_sizes_have_none_between():
    assert next_size([sized(1, 2.0), sized(2, 0.5)]) is None


def cold_pairs(cold, warm, count=8):
    """Pairs whose first and later calls take so many nanoseconds on (reference, candidate)."""
    base, head = (make_turn(wall_ns=one) for one in warm)
    return [make_pair(base=base, head=head, cold_ns=cold) for _ in range(count)]


def test_a_dear_first_call_pays_back_after_as_many_calls_as_it_costs():
    found = cold_of(cold_pairs(cold=(1_000, 501_000), warm=(1_000, 500)))
    assert found.payback_calls_count == 1_001
    assert found.payback_interval == (1_001, 1_001)


@pytest.mark.parametrize(
    ("cold", "warm"),
    [((1_000, 500), (1_000, 500)), ((1_000, 9_000), (1_000, 1_000)), ((1_000, 9_000), (500, 1_000))],
)
def test_what_costs_no_more_or_never_gains_pays_nothing_back(cold, warm):
    found = cold_of(cold_pairs(cold, warm))
    assert found.payback_calls_count is None
    assert cold_of([]) is None


def told(verdict, ratio=0.5):
    return Comparison(
        benchmark="call", metric="time", verdict=verdict, reason="why", ratio=ratio, interval=(ratio, ratio)
    )


@pytest.mark.parametrize(
    ("seen", "word", "reason"),
    [
        (Seen(size="", failure="it broke"), ProofVerdict.FAILS, "it broke"),
        (
            Seen(size="", difference=AnswerDifference(equal=False, reason="off")),
            ProofVerdict.DIFFERENT_ANSWER,
            "off",
        ),
        (Seen(size="", difference=EQUAL, unanswered="itself"), ProofVerdict.UNDECIDED, "itself"),
        (
            Seen(size="", difference=AnswerDifference(equal=True, uncertain="a lock")),
            ProofVerdict.UNDECIDED,
            "a lock",
        ),
        (Seen(size="", difference=EQUAL), ProofVerdict.UNDECIDED, "not measured"),
        (Seen(size="", difference=EQUAL, comparison=told(Verdict.FASTER)), ProofVerdict.PROVED, "why"),
        (Seen(size="", difference=EQUAL, comparison=told(Verdict.SAME)), ProofVerdict.SAME_SPEED, "why"),
        (Seen(size="", difference=EQUAL, comparison=told(Verdict.SLOWER)), ProofVerdict.SLOWER, "why"),
        (Seen(size="", difference=EQUAL, comparison=told(Verdict.UNDECIDED)), ProofVerdict.UNDECIDED, "why"),
    ],
)
def test_the_answer_decides_before_the_time(seen, word, reason):
    found = size_proof(seen)
    assert found.verdict is word
    assert reason in found.reason


def test_a_speed_up_that_changes_the_answer_at_one_size_is_none():
    bad = SizeProof(
        size="9",
        verdict=ProofVerdict.DIFFERENT_ANSWER,
        reason="off",
        difference=AnswerDifference(equal=False),
    )
    found = whole(PLAIN, [sized(5, 0.1), bad])
    assert found.verdict is ProofVerdict.DIFFERENT_ANSWER
    assert "at size 9" in found.reason


def test_a_proof_that_holds_from_a_size_on_says_so():
    found = whole(PLAIN, [sized(100, 2.0), sized(150, 0.5)])
    assert found.verdict is ProofVerdict.PROVED
    assert found.condition.startswith("from size 1")
    assert found.crossover is not None


def test_a_proof_of_named_sizes_names_them():
    found = whole(PLAIN, [sized("small", 1.0), sized("large", 0.5)])
    assert found.condition == "at size large; same-speed at small"


@pytest.mark.parametrize(
    ("words", "whole_word"),
    [
        ((ProofVerdict.SAME_SPEED, ProofVerdict.SLOWER), ProofVerdict.SLOWER),
        ((ProofVerdict.SAME_SPEED, ProofVerdict.UNDECIDED), ProofVerdict.UNDECIDED),
        ((ProofVerdict.SAME_SPEED, ProofVerdict.SAME_SPEED), ProofVerdict.SAME_SPEED),
        ((ProofVerdict.PROVED, ProofVerdict.FAILS), ProofVerdict.FAILS),
        ((), ProofVerdict.UNDECIDED),
    ],
)
def test_the_whole_comes_to_its_worst_word(words, whole_word):
    sizes = [sized(number + 1, 1.0, verdict=word) for number, word in enumerate(words)]
    assert whole(PLAIN, sizes).verdict is whole_word


def test_a_size_beyond_any_number_breaks_nothing():
    assert crossover_of([sized(0, 2.0), sized(10**300, 0.5)]) is None
    assert math.isfinite(crossover_of([sized(1, 2.0), sized(10**300, 0.5)]).size)
