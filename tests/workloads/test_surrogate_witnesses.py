"""What the surrogate's claims are held against: finite figures, orders and exponents that are what they say."""

from __future__ import annotations

import itertools

import pytest
from stages import one_thread, resolve
from tools import need_module

from perfwatch.records.claim import ClaimKind
from perfwatch.workloads.claims import CLAIMS
from perfwatch.workloads.seeding import asked
from perfwatch.workloads.surrogate import witnesses

__all__ = ["one_thread"]  # a fixture that holds for the whole module


def test_the_claims_are_those_of_the_guide():
    kinds = {claim.id: claim.kind for claim in CLAIMS["surrogate"]}
    assert kinds == {
        "C15": ClaimKind.HIT_RATE,
        "C16": ClaimKind.RUNS,
        "C17": ClaimKind.MEMORY_RATIO,
        "C18": ClaimKind.ORDER,
        "C19": ClaimKind.EXPONENT,
        "C42": ClaimKind.ORDER,
    }


@pytest.mark.parametrize(
    ("name", "size"),
    [("order_of_times", 32), ("order_of_memory", 40), ("exponents_of_the_process", 160)],
)
def test_a_witness_gives_the_figure_that_is_judged_and_all_are_finite(name, size):
    need_module("sklearn", "scikit-learn")
    witness = resolve(f"{witnesses.__name__}:{name}")
    found = witness(**asked(size, 1))
    (judged,) = {
        claim.witness.judged
        for claim in CLAIMS["surrogate"]
        if claim.witness is not None and claim.witness.function.endswith(f":{name}")
    }
    assert judged in found
    # A neighbour may make times fall as the data grow: once, and not each time.
    tries = itertools.chain([found], (witness(**asked(size, 1)) for _ in range(2)))
    assert any(all(0 <= value < 1e15 for value in one.values()) for one in tries)


@pytest.mark.parametrize(
    ("amounts", "share"),
    [((1, 2, 3), 1.0), ((3, 2, 1), 0.0), ((2, 1, 3), 2 / 3), ((1, 1, 1), 0.0)],
)
def test_an_order_is_the_share_of_its_pairs(amounts, share):
    order = ("forest", "network", "process")
    assert witnesses.as_stated(dict(zip(order, amounts, strict=True)), order) == share


def test_an_exponent_is_the_power_that_amounts_grow_with():
    counts = (100, 200, 400)
    assert witnesses.exponent(counts, [5 * count**2 for count in counts]) == pytest.approx(2)


def test_the_memory_of_a_process_grows_as_the_square_and_not_as_the_cube():
    need_module("sklearn", "scikit-learn")
    found = witnesses.exponents_of_the_process(800, 0)
    assert 1.9 < found["memory_exponent"] < 2.1


def test_points_for_the_claim_about_memory_cost_next_to_nothing():
    wanted = witnesses.many_points(5_000, 0)
    assert (wanted.points_count, wanted.steps_count) == (5_000, 1)
