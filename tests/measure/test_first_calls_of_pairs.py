"""The first calls of a pair: how long, what was compiled in them, and that warm turns compile nothing."""

from __future__ import annotations

import sys
from random import Random

import pytest

if sys.platform == "win32":
    pytest.skip("turns need named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

from side_tables import WORK, CrampedTable, asking_for, played, table_of
from tools import need_module

from perfwatch.compare import recompiling
from perfwatch.records.pairing import FirstCall
from perfwatch.records.plan import Plan, Recorded

NUMBA = """
import numba

@numba.njit
def inner(x):
    return x + 1

@numba.njit
def outer(x):
    return inner(x) * 2

def work():
    return outer(1.0)
"""
JAX = """
import jax
import jax.numpy as jnp

jax.config.update("jax_platforms", "cpu")
x = jnp.ones(8)
step = jax.jit(lambda x: jnp.sin(x) * 2 + x.sum())

def work():
    return step(x).block_until_ready()
"""
AGAIN = JAX.replace("step(x)", "jax.jit(lambda x: x + 1)(x)")


def warm(timing, place):
    return [turn for quad in timing.warm for turn in (quad.base, quad.head)[place]]


@pytest.mark.smoke
def test_a_pair_that_compiles_nothing_says_so_and_how_long_its_first_calls_took(tmp_path):
    (timing,) = played(
        table_of(tmp_path, WORK.format(rounds=20_000), WORK.format(rounds=60_000)), asking_for(1)
    ).timings
    for first, cold_ns in zip(timing.first_calls, timing.cold_ns, strict=True):
        assert first == FirstCall(time_ns=first.time_ns)
        assert 0 < first.time_ns <= cold_ns


def test_numba_and_jax_compile_in_the_first_call_alone(tmp_path):
    need_module("numba", "numba")
    need_module("jax", "jax")
    found = played(table_of(tmp_path, NUMBA, JAX), asking_for(1))
    assert found.failures == []
    (timing,) = found.timings
    by_numba, by_jax = timing.first_calls
    assert (by_numba.compiles_count, by_jax.compiles_count) == (2, 1)
    for first in (by_numba, by_jax):
        assert 0.3 * first.time_ns < first.compile_ns
        assert (first.loads_count, first.misses_count) == (0, 0)
    assert by_numba.compile_ns <= by_numba.time_ns
    for place in (0, 1):
        assert {(turn.compile_ns, turn.compiles_count) for turn in warm(timing, place)} == {(0, 0)}
    assert recompiling(found.timings, ("bench:work",)) == ()


def test_a_function_that_is_compiled_anew_at_each_call_is_seen_in_its_warm_turns_and_named(tmp_path):
    need_module("jax", "jax")
    found = played(table_of(tmp_path, WORK.format(rounds=20_000), AGAIN), asking_for(1))
    (timing,) = found.timings
    assert all(turn.compiles_count >= timing.loops_count for turn in warm(timing, 1))
    assert all(turn.compiles_count == 0 for turn in warm(timing, 0))
    (said,) = recompiling(found.timings, ("bench:work",))
    assert said.startswith("bench:work compiles in its warm calls, too (head: 1 times a call, ")


def test_a_cache_that_the_rehearsal_filled_is_hit_by_the_pairs(tmp_path):
    need_module("numba", "numba")
    cached = NUMBA.replace("@numba.njit", "@numba.njit(cache=True)")
    (timing,) = played(table_of(tmp_path, cached, NUMBA), asking_for(1)).timings
    base, head = timing.first_calls
    assert (base.compiles_count, base.misses_count, base.loads_count >= 1) == (0, 0, True)
    assert (head.compiles_count, head.loads_count) == (2, 0)
    assert base.compile_ns < head.compile_ns


def test_first_calls_are_told_where_one_process_is_alive_at_a_time_too(tmp_path):
    need_module("numba", "numba")
    roomy = table_of(tmp_path, WORK.format(rounds=20_000), NUMBA)
    table = CrampedTable(roomy._target, roomy._settings, Plan(), Recorded(), Random(1))
    found = played(table, asking_for(1))
    assert found.one_alive
    ((base, head),) = (timing.first_calls for timing in found.timings)
    assert (base.compiles_count, head.compiles_count) == (0, 2)
    assert head.compile_ns > 0
