"""The claims about the intent workload: what is held against what, and witnesses that measure what they say."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from stages import one_thread, resolve
from tools import need_module

from perfwatch.errors import TargetError
from perfwatch.workloads.claims import claims_of
from perfwatch.workloads.intent import advised, caches, witnesses
from perfwatch.workloads.intent.cache import TTL_S
from perfwatch.workloads.seeding import asked

need_module("sklearn", "scikit-learn")
CLAIMS = {claim.id: claim for claim in claims_of("intent")}

__all__ = ["one_thread"]  # a fixture that holds for the whole module


def test_every_claim_of_the_catalogue_is_there():
    assert list(CLAIMS) == ["C30", "C31", "C32", "C33", "C35", "C38", "C39a", "C39b", "C40"]


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_a_witness_s_judged_figure_is_one_that_it_gives(claim):
    if claim.witness is not None and claim.id not in {"C30", "C38"}:  # a compiler's seconds, a GPU
        size = claim.witness.sizes[0]
        found = resolve(claim.witness.function)(**asked(int(size) if size.isdigit() else size, 1))
        assert claim.witness.judged in found
        assert all(-1e15 < value < 1e15 for value in found.values())


def test_the_compiled_loops_are_held_against_scipy_and_against_python():
    need_module("numba", "numba")
    found = witnesses.compiled_loops(40, 0)
    assert set(found) == {"gain_over_python_loops_ratio", "gain_over_scipy_ratio", "first_call_ns"}
    assert found["gain_over_python_loops_ratio"] > 5 * found["gain_over_scipy_ratio"]


def test_the_unlike_pair_gains_by_the_search_that_one_of_them_does():
    found = witnesses.fair_pair(60, 0)
    assert found["unlike_gain_ratio"] > 2 * found["fair_gain_ratio"]
    assert 0 < found["search_share"] < 1


def test_arrays_from_a_pool_hold_what_fresh_ones_hold():
    size = advised.side(64, 0)
    assert advised.taken_from_pool(size) == advised.taken_fresh(size) == 50 * 64 * 64 / 512


def test_a_pool_s_reuse_is_told_by_identity():
    assert witnesses.arrays_used_again("small", 0)["hit_rate"] == pytest.approx(29 / 30)


def test_what_a_key_costs_grows_with_the_argument():
    small, large = (witnesses.costs_of_a_cache(size, 0) for size in (64, 8_000_000))
    assert large["hashing_ns"] > 50 * small["hashing_ns"]
    assert large["hit_ns"] > 50 * small["hit_ns"]
    assert small["disk_hit_ns"] > small["hit_ns"]


def test_a_hit_needs_the_key_of_the_whole_argument(monkeypatch):
    hashed = []
    key_of = caches.key_of
    monkeypatch.setattr(caches, "key_of", lambda argument: hashed.append(argument.nbytes) or key_of(argument))
    computed = []
    cache, argument = caches.MemoryCache(8, TTL_S), np.zeros((1_000, 2))
    for _ in range(3):
        caches.answered(cache, argument, lambda given: computed.append(given) or given[:4])
    assert (len(computed), hashed) == (1, [16_000] * 3)


def test_noise_lets_no_call_of_the_pipeline_recur_and_a_replay_all_but_the_first():
    rates = {
        motion: witnesses.hits_of_the_pipeline(motion, 0)["hit_rate"]
        for motion in ("moving", "resting", "replayed")
    }
    assert rates == {"moving": 0.0, "resting": 0.0, "replayed": pytest.approx(0.9)}


def test_pauses_are_counted_under_both_settings_and_the_collector_is_left_as_it_was(monkeypatch):
    before, called = gc.get_threshold(), list(gc.callbacks)
    found = witnesses.gc_pauses("small", 0)
    assert found["collections_count"] > found["tuned_collections_count"]
    assert found["gc_pause_ns_per_observation"] > 0
    assert (gc.get_threshold(), gc.callbacks, gc.get_freeze_count()) == (before, called, 0)


def test_where_there_is_no_gpu_a_witness_says_so_and_measures_nothing(monkeypatch):
    need_module("jax", "jax")
    from perfwatch.workloads.intent import gp_gpu

    def none_at_hand():
        raise TargetError("JAX finds no GPU here (it has: cpu).")

    monkeypatch.setattr(gp_gpu, "gpu_at_hand", none_at_hand)
    with pytest.raises(TargetError, match="no GPU"):
        witnesses.gpu_at_hand("small", 0)
