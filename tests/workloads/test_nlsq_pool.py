"""Pooled buffers of repeated fits: the same bits, and reuse that is told by identity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stages import drawn, one_thread, variant_function, verdict, working

from perfwatch.workloads.nlsq import peaks, pool
from perfwatch.workloads.nlsq.buffers import Fresh, MemoryPool, RolePool, SeedPool, Watched
from perfwatch.workloads.nlsq.table_two import POOL

__all__ = ["one_thread"]  # a fixture that holds for the whole module

PARTS = pool.buffers_of_a_step(60, 6)
BYTES_OF_A_STEP = 8 * (6 * 60 + 3 * 60 + 6 + 36)


def fits(fits_count=3):
    return pool.draw_fits(fits_count, 60, 2, seed=0)


@pytest.mark.parametrize("name", working(POOL))
def test_every_form_fits_to_the_same_bits(name):
    assert verdict(POOL, variant_function(POOL, name), inputs=drawn(POOL, seeds_count=2)) == ""


def test_the_documents_pool_makes_every_buffer_anew_and_says_that_it_reused_them():
    found = pool.seed_pool(pool.inputs("small", 1))
    assert found.reused_count == 0
    assert found.allocated_bytes == pool.reference(pool.inputs("small", 1)).allocated_bytes
    assert found.stated_reuse_ratio > 0.99


@pytest.mark.parametrize("function", [pool.memory_pool, pool.trf_pool])
def test_a_pool_that_works_makes_the_buffers_of_one_step_and_no_more(function):
    found = function(fits())
    assert found.asked_count == 3 * 6 * len(PARTS)
    assert found.reused_count == found.asked_count - len(PARTS)
    assert found.allocated_bytes == found.peak_bytes == found.kept_bytes == BYTES_OF_A_STEP
    assert found.stated_reuse_ratio == found.reused_count / found.asked_count


def test_fresh_buffers_are_not_taken_for_reused_ones_though_their_places_are():
    found = pool.reference(fits(40))
    assert found.reused_count == found.kept_bytes == 0
    assert found.allocated_bytes == 40 * 6 * BYTES_OF_A_STEP
    assert BYTES_OF_A_STEP <= found.peak_bytes < 2 * BYTES_OF_A_STEP


class LendsHalfTheBytes(Fresh):
    """A wrong pool: its buffers are of single precision, whatever was asked for."""

    def take(self, part, shape):
        return np.zeros(shape, np.float32)


def test_buffers_of_single_precision_give_a_different_answer():
    reason = verdict(POOL, lambda asked: pool._fit_all(asked, LendsHalfTheBytes()))
    assert reason.startswith("parameters: ")
    assert "elements differ" in reason


def test_a_buffer_that_is_lent_or_of_another_shape_is_refused():
    lender = RolePool({"residual": (3,)})
    with pytest.raises(ValueError, match="is not of shape"):
        lender.take("residual", (4,))
    lender.take("residual", (3,))
    with pytest.raises(ValueError, match="is lent"):
        lender.take("residual", (3,))


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 3)), max_size=60),
    st.sampled_from([MemoryPool, SeedPool]),
)
def test_no_two_borrowers_share_memory_and_the_watch_counts_what_is_alive(steps, kind):
    lender = kind()
    watched, lent = Watched(lender), []
    for takes, length in steps:
        if takes or not lent:
            buffer = watched.take("any", (length,))
            assert not any(np.shares_memory(buffer, other) for other in lent)
            lent.append(buffer)
            del buffer
        else:
            watched.give("any", lent.pop(0))
    reused = watched.reused_count / watched.asked_count if watched.asked_count else 0.0
    assert reused == (lender.stated_reuse_ratio if kind is MemoryPool else 0.0)
    assert 8 * sum(len(one) for one in lent) <= watched.kept_bytes() <= watched.peak_bytes
    assert watched.peak_bytes <= watched.allocated_bytes


def test_the_buffers_hold_the_models_own_derivatives():
    asked = fits(1)
    lent = {part: np.full(shape, np.nan) for part, shape in PARTS.items()}
    cost = pool._fill(asked.x, asked.y[0], asked.start[0], lent)
    value, jacobian = peaks.value_and_jacobian(asked.x, asked.start[0])
    assert np.allclose(lent["jacobian"].T, jacobian, rtol=1e-12, atol=1e-15)
    assert cost == pytest.approx(0.5 * ((asked.y[0] - value) ** 2).sum())


def test_fits_end_at_the_noise():
    asked = pool.inputs("small", 2)
    noise = 0.5 * len(asked.x) * peaks.NOISE**2
    assert np.all(np.abs(pool.trf_pool(asked).cost / noise - 1) < 0.15)
