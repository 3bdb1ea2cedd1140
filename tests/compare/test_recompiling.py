"""Benchmarks that compile in their warm calls are named, with how often and how long."""

from __future__ import annotations

import pytest
from pairs import TURN_NS, make_pair, make_turn

from perfwatch.compare import recompiling
from perfwatch.records.pairing import Side

pytestmark = pytest.mark.smoke


def compiling_turn(share, count):
    return make_turn(compile_ns=round(share * TURN_NS), compiles_count=count)


def test_a_head_that_compiles_at_each_call_is_named_with_its_share():
    pairs = [make_pair(head=compiling_turn(0.9, 2), loops_count=2) for _ in range(3)]
    (said,) = recompiling(pairs, ("work", "other"))
    assert said.startswith("work compiles in its warm calls, too (head: 1 times a call, 90.0% of its time)")


def test_both_sides_are_told_where_both_compile():
    pairs = [make_pair(base=compiling_turn(0.5, 1), head=compiling_turn(0.25, 1))]
    (said,) = recompiling(pairs, ("work",))
    assert "(base: 1 times a call, 50.0% of its time; head: 1 times a call, 25.0%" in said


def test_a_stray_compilation_and_none_are_passed_over():
    assert recompiling([make_pair(), make_pair(head=compiling_turn(0.009, 1))], ("work",)) == ()


def test_what_is_compiled_in_the_warm_up_and_by_the_twin_is_no_habit():
    warming = make_pair(head=compiling_turn(0.9, 1), quads=2, warmup_count=2)
    twin = make_pair(head=compiling_turn(0.9, 1), against=Side.TWIN)
    assert recompiling([warming, twin], ("work",)) == ()


def test_tracing_that_compiles_nothing_is_told_as_well():
    (said,) = recompiling([make_pair(head=compiling_turn(0.2, 0))], ("work",))
    assert "(head: 20.0% of its time)" in said
