"""Pooled grids, told by identity; and a table of load that leaves nothing behind."""

from __future__ import annotations

import dataclasses
import multiprocessing
import threading

import numpy as np
import psutil
import pytest
from stages import drawn, one_thread, verdict
from tools import need_module

from perfwatch.workloads.intent import pool
from perfwatch.workloads.intent.rules import FIGURES, same_load_table
from perfwatch.workloads.intent.table_two import LOAD, POOL

need_module("sklearn", "scikit-learn")
from perfwatch.workloads.intent import load  # noqa: E402 - it needs scikit-learn

__all__ = ["one_thread"]  # a fixture that holds for the whole module


# Pool


def test_fresh_grids_are_not_taken_for_reused_ones_though_their_places_are():
    (asked,) = drawn(POOL, seeds_count=1)
    found = pool.reference(asked)
    assert (found.reused_count, found.kept_bytes) == (0, 0)


@pytest.mark.parametrize("form", [pool.pool, pool.temporary_array])
def test_a_pool_keeps_one_grid_and_uses_it_each_time(form):
    (asked,) = drawn(POOL, seeds_count=1)
    found = form(asked)
    assert found.reused_count == len(asked.places) - 1
    assert found.kept_bytes == asked.cells_count**2 * 8


def test_every_place_is_counted_once_and_smoothed():
    asked = pool.MapInputs(places=np.array([[[0.0, 0.0], [0.0, 0.1], [0.79, 0.0]]]), cells_count=16)
    profile = pool.reference(asked).profile[0]
    assert profile[8] == 2.0
    assert profile[7] == profile[9] == 1.0
    assert (profile[15], profile[14]) == (1.0, 0.5)


def test_a_pool_that_does_not_empty_its_grids_is_a_different_answer():
    class Dirty(pool.Pool):
        def take(self, shape):
            idle = self._idle.get(shape)
            return idle.pop() if idle else np.zeros(shape)

    assert "profile" in verdict(POOL, lambda asked: pool._mapped(asked, Dirty()))


def test_a_borrowed_array_is_taken_back_whatever_happens():
    arrays = pool.Pool()
    with pytest.raises(KeyError), pool.borrowed(arrays, (3, 3)) as grid:
        raise KeyError
    grid[:] = 7.0
    again = arrays.take((3, 3))
    assert again is grid
    assert not again.any()


# Load


@pytest.fixture(scope="module")
def asked():
    return load.inputs("small", 0)


@pytest.fixture(scope="module")
def table(asked):
    return load.reference(asked)


@pytest.fixture
def nothing_left():
    """Whatever a test starts has ended when it ends."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before
    assert multiprocessing.active_children() == []
    assert psutil.Process().children(recursive=True) == []


def test_a_table_has_a_line_for_1_10_and_100_users(table):
    assert table.users.tolist() == [1, 10, 100]
    assert table.controls.shape == (222, 2)
    assert len(np.unique(table.controls)) > 100


@pytest.mark.parametrize("form", [load.threads, load.processes])
def test_whoever_serves_the_controls_are_the_same_and_nothing_is_left(form, asked, table, nothing_left):
    found = form(asked)
    assert same_load_table([asked], [table], [found]) == ""
    assert np.array_equal(found.controls, table.controls)


def test_users_in_turn_wait_for_all_that_are_before_them(table):
    assert table.median_ms[2] > 20 * table.median_ms[0]
    assert table.mean_ms[1] * table.calls_per_s[1] / 1e3 == pytest.approx(10, rel=0.6)


def test_threads_really_call_at_once(asked):
    here = threading.Barrier(10, timeout=30)
    level = load._at_once(dataclasses.replace(asked, calls_count=1), 10, lambda *_: here.wait() * np.ones(2))
    assert sorted(level.controls[:, 0, 0]) == list(range(10))


class _Broken(Exception):
    pass


def fails(positions, robot):
    raise _Broken


@pytest.mark.parametrize("serve", [load._in_turn, load._at_once])
def test_a_server_that_fails_is_heard_of_and_leaves_nothing(serve, asked, nothing_left):
    with pytest.raises(_Broken):
        serve(asked, 10, fails)


def test_workers_whose_calls_fail_are_ended(asked, nothing_left):
    def use():
        with load._workers(asked) as ask:
            ask(np.zeros((0, 2)), np.zeros(4))

    with pytest.raises((ValueError, IndexError)):
        use()


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_figure_that_is_no_time_and_no_rate_is_refused(name, value, table):
    spoiled = getattr(table, name).copy()
    spoiled[1] = value
    found = same_load_table([None], [table], [dataclasses.replace(table, **{name: spoiled})])
    assert name in found


def test_figures_that_cannot_be_true_together_are_refused(table):
    def judged(**changes):
        return same_load_table([None], [table], [dataclasses.replace(table, **changes)])

    assert judged() == ""
    assert "users where there are" in judged(calls_per_s=100 * table.calls_per_s)
    assert "faster than its median" in judged(slow_ms=table.median_ms / 2)
    assert "one number for each level" in judged(mean_ms=table.mean_ms[:2])
    assert "users" in judged(users=table.users[:2])
    assert "controls" in judged(controls=table.controls + 1e-4)
    assert "has no users" in same_load_table([None], [table], [{}])


def test_a_server_that_forgets_the_hand_s_history_is_a_different_answer(monkeypatch):
    def forgetful(asked):
        return dataclasses.replace(
            load.reference(dataclasses.replace(asked, tracks=asked.tracks[:, -2:].repeat(4, axis=1)))
        )

    assert "controls" in verdict(LOAD, forgetful)
