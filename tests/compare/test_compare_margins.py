"""Benchmarks with margins of their own are judged by them, and the others as if these were not there."""

from __future__ import annotations

import numpy as np
import pytest
from pairs import Machine, make_pair, measured

from perfwatch.compare import verdicts, void_reason, wanted
from perfwatch.compare.policies import fits, policy_for
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Policy

POLICY = Policy(margin_ratio=0.01)
SHIFTS = {"loose": 0.05, "strict": 0.05, "still": 0.0}


def test_the_same_change_is_none_inside_a_margin_of_its_own_and_a_red_elsewhere():
    policy = Policy(margin_ratio=0.01, margins=(("loose", 0.2),))
    machine = Machine(np.random.default_rng(1), spread=0.005)
    timings = measured(machine, SHIFTS, wanted, policy=policy)
    found = {one.benchmark: one for one in verdicts(timings, tuple(SHIFTS), policy)}
    assert {name: one.verdict for name, one in found.items()} == {
        "loose": Verdict.SAME,
        "strict": Verdict.SLOWER,
        "still": Verdict.SAME,
    }
    assert (found["loose"].margin_ratio, found["strict"].margin_ratio) == (0.2, 0.01)


def test_the_last_margin_that_fits_counts():
    policy = Policy(margins=(("a*", 0.2), ("ab", 0.3), ("*z", 0.4)))
    assert [policy_for(name, policy).margin_ratio for name in ("ab", "abz", "ac", "b")] == [
        0.3,
        0.4,
        0.2,
        0.01,
    ]


@pytest.mark.parametrize(
    ("name", "pattern", "fitting"),
    [
        ("test_fit[3]", "test_fit[3]", True),
        ("test_fit[3]", "test_fit*", True),
        ("test_fit3", "test_fit[3]", True),
        ("test_fit[3]", "test_fit[4]", False),
        ("Test_fit", "test_fit", False),
    ],
)
def test_a_name_fits_itself_and_patterns_of_file_names(name, pattern, fitting):
    assert fits(name, pattern) is fitting


def test_base_that_differs_from_its_copy_inside_a_wide_margin_voids_nothing():
    twins = [make_pair(0.05 + 0.0001 * number, pair=number, against=Side.TWIN) for number in range(6)]
    assert void_reason(twins, POLICY) != ""
    assert void_reason(twins, Policy(margin_ratio=0.01, margins=(("work", 0.2),))) == ""
