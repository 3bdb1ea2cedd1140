"""Benchmarks with margins of their own are judged by them, and the others as if these were not there."""

from __future__ import annotations

import numpy as np
from pairs import Machine, make_pair, measured

from perfwatch.compare import verdicts, verdicts_each, void_reason_each, wanted, wanted_each
from perfwatch.compare.margins import families
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Policy

POLICY = Policy(margin_ratio=0.01)
SHIFTS = {"loose": 0.05, "strict": 0.05, "still": 0.0}


def judged(policy, seed=1):
    machine = Machine(np.random.default_rng(seed), spread=0.005)
    timings = measured(machine, SHIFTS, wanted_each, policy=policy)
    return {one.benchmark: one for one in verdicts_each(timings, tuple(SHIFTS), policy)}


def test_the_same_change_is_none_inside_a_margin_of_its_own_and_a_red_elsewhere():
    found = judged(Policy(margin_ratio=0.01, margins={"loose": 0.2}))
    assert {name: one.verdict for name, one in found.items()} == {
        "loose": Verdict.SAME,
        "strict": Verdict.SLOWER,
        "still": Verdict.SAME,
    }
    assert found["loose"].margin_ratio == 0.2
    assert found["strict"].margin_ratio == 0.01


def test_without_margins_of_their_own_nothing_is_judged_otherwise():
    machine = Machine(np.random.default_rng(2), spread=0.01)
    timings = measured(machine, SHIFTS, wanted, policy=POLICY)
    names = tuple(SHIFTS)
    assert wanted_each(timings, names, POLICY) == wanted(timings, names, POLICY)
    assert verdicts_each(timings, names, POLICY) == verdicts(timings, names, POLICY)


def test_comparisons_keep_the_order_of_the_names():
    assert list(judged(Policy(margin_ratio=0.01, margins={"loose": 0.2, "still": 0.1}))) == list(SHIFTS)


def test_families_hold_each_name_once_by_margin():
    found = families(("a", "b", "c", "d"), Policy(margin_ratio=0.01, margins={"b": 0.1, "d": 0.1, "c": 0.01}))
    assert [(one.names, one.policy.margin_ratio) for one in found] == [
        (("a", "c"), 0.01),
        (("b", "d"), 0.1),
    ]


def test_base_that_differs_from_its_copy_inside_a_wide_margin_voids_nothing():
    twins = [make_pair(0.05 + 0.0001 * number, pair=number, against=Side.TWIN) for number in range(6)]
    assert void_reason_each(twins, POLICY) != ""
    assert void_reason_each(twins, Policy(margin_ratio=0.01, margins={"work": 0.2})) == ""
