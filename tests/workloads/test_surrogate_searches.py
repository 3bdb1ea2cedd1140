"""Searches on a surrogate, and the choice of one: where they end, who takes the steps, what the table holds."""

from __future__ import annotations

import dataclasses
import multiprocessing
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import one_thread

from perfwatch.workloads.surrogate import early_stop, multistart, rules, selection
from perfwatch.workloads.surrogate.descent import Optimiser, descend_all, descend_one
from perfwatch.workloads.surrogate.gradient import drawn_surrogate
from perfwatch.workloads.surrogate.models import KINDS

METHODS = multiprocessing.get_all_start_methods()

__all__ = ["one_thread"]  # a fixture that holds for the whole module


@pytest.fixture(scope="module")
def surrogate():
    return drawn_surrogate(48, 4, 0)


def starts(count, seed=0):
    return np.random.default_rng(seed).random((count, 4))


def asked(surrogate, **changes):
    plain = {"surrogate": surrogate, "starts": starts(6), "iterations_count": 40, "workers_count": 2}
    return multistart.MultistartInputs(**plain | changes)


# Descents


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1_000), iterations_count=st.integers(0, 60))
def test_starts_together_go_where_each_goes_alone(surrogate, seed, iterations_count):
    drawn = starts(5, seed)
    places, values = descend_all(surrogate, drawn, iterations_count)
    for start, place, value in zip(drawn, places, values, strict=True):
        alone, alone_value = descend_one(surrogate, start, iterations_count)
        assert place == pytest.approx(alone, abs=1e-6)
        assert value == pytest.approx(alone_value, abs=1e-9)
        assert value <= surrogate.predict(start[np.newaxis])[0] + 1e-12
        assert ((place >= 0) & (place <= 1)).all()


def test_a_descent_ends_where_nothing_is_to_be_gained(surrogate):
    places, _ = descend_all(surrogate, starts(8), 400)
    slopes = surrogate.gradient(places)
    # Within the bounds the slope is gone; at a bound it points out of it.
    free = np.where((places > 0) & (places < 1), np.abs(slopes), 0)
    assert free.max() < 1e-4
    assert (slopes[places == 0] > -1e-6).all()
    assert (slopes[places == 1] < 1e-6).all()


def test_a_step_of_an_optimiser_never_goes_up(surrogate):
    optimiser = Optimiser(surrogate, starts(1)[0])
    values = [optimiser.value]
    for _ in range(60):
        optimiser.step()
        values.append(optimiser.value)
    assert (np.diff(values) <= 0).all()
    assert optimiser.value == pytest.approx(surrogate.predict(optimiser.place[np.newaxis])[0], abs=1e-12)


# Many starts


@pytest.mark.parametrize("method", ["", "spawn"])
def test_processes_find_the_same_optimum_however_they_are_started(surrogate, method):
    found = multistart.processes(asked(surrogate, start_method=method))
    expected = multistart.reference(asked(surrogate))
    assert found.value == pytest.approx(expected.value, abs=1e-9)
    assert found.design == pytest.approx(expected.design, abs=1e-6)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("method", METHODS)
def test_a_local_function_cannot_be_sent_to_processes(surrogate, method):
    with pytest.raises((AttributeError, pickle.PicklingError), match="local object"):
        multistart.seed_processes(asked(surrogate, start_method=method))
    assert multiprocessing.active_children() == []


def test_one_start_is_enough(surrogate):
    single = asked(surrogate, starts=starts(1))
    expected = multistart.reference(single)
    for form in (multistart.batched, multistart.processes):
        assert form(single).value == pytest.approx(expected.value, abs=1e-12)


# When to stop


def long_descent(surrogate, steps_count=200):
    return early_stop.EarlyStopInputs(surrogate=surrogate, start=starts(1, 3)[0], steps_count=steps_count)


def test_patience_ends_long_before_the_last_step_and_as_low(surrogate):
    question = long_descent(surrogate)
    expected = early_stop.reference(question)
    for form in (early_stop.patience, early_stop.seed_patience):
        found = form(question)
        assert found.steps_count < expected.steps_count
        assert rules.as_low([question], [expected], [found]) == ""


@pytest.mark.parametrize("form", [early_stop.reference, early_stop.patience, early_stop.seed_patience])
def test_no_more_steps_are_taken_than_asked_for(surrogate, form):
    assert form(long_descent(surrogate, 3)).steps_count == 3


def test_too_little_patience_ends_too_high(surrogate):
    question = long_descent(surrogate)
    expected = early_stop.reference(question)
    hasty = early_stop.patience(dataclasses.replace(question, steps_count=1))
    assert "above the reference's" in rules.as_low([question], [expected], [hasty])


def test_a_value_that_is_not_the_surrogate_s_is_refused(surrogate):
    question = long_descent(surrogate, 20)
    found = early_stop.reference(question)
    lie = dataclasses.replace(found, value=found.value - 0.1)
    assert "where the surrogate has" in rules.as_low([question], [found], [lie])
    outside = dataclasses.replace(found, design=found.design + 2)
    assert "outside of its bounds" in rules.as_low([question], [found], [outside])


# The choice that memory allows


def choice(**changes):
    return dataclasses.replace(selection.inputs("small", 0), **changes)


def test_estimates_are_the_document_s():
    # 2,000 points in 20 dimensions: 32 MB, 10,816 weights, 224 kB.
    assert selection.estimates(2_000, 20) == [32e6, 4 * (20 * 128 + 128 * 64 + 64), pytest.approx(224e3)]


def test_estimates_choose_the_process_then_the_network_then_the_forest():
    def kinds(budget):
        asked_for = choice(budget_bytes=np.full(3, budget))
        return [KINDS[kind] for kind in selection.reference(asked_for).chosen]

    # 32, 64 and 128 points: 8, 33 and 131 kB for a process, 36 kB for a network.
    assert kinds(1e6) == ["gaussian_process"] * 3
    assert kinds(40e3) == ["gaussian_process", "gaussian_process", "network"]
    assert kinds(9e3) == ["gaussian_process", "forest", "forest"]


def test_measured_peaks_are_above_what_the_document_estimates_for_a_process():
    table = selection.measured(choice(epochs_count=1, trees_count=3))
    estimated = [selection.estimates(count, 4)[0] for count in table.counts.tolist()]
    assert (table.memory_bytes[:, 0] > estimated).all()
    assert (np.diff(table.memory_bytes[:, 0]) > 0).all()
    assert (table.fit_ns > 0).all()


def test_a_measured_choice_fits_the_budget_where_any_kind_does():
    asked_for = choice(epochs_count=1, trees_count=3, budget_bytes=np.array([1e9, 2e5, 1.0]))
    table = selection.measured(asked_for)
    assert KINDS[table.chosen[0]] == "gaussian_process"
    assert table.memory_bytes[2, table.chosen[2]] == table.memory_bytes[2].min()
    assert rules.sound_table([asked_for], [table], [table]) == ""


def test_a_choice_above_its_budget_is_no_sound_table():
    asked_for = choice()
    table = selection.reference(asked_for)
    costly = dataclasses.replace(
        table, memory_bytes=np.array([[1e9, 10.0, 10.0]] * 3), chosen=np.zeros(3, int)
    )
    assert "above the budget" in rules.sound_table([asked_for], [table], [costly])
    unknown = dataclasses.replace(table, chosen=np.full(3, 7))
    assert "no kind 7" in rules.sound_table([asked_for], [table], [unknown])
    empty = dataclasses.replace(table, fit_ns=np.full(3, np.nan))
    assert "not positive numbers" in rules.sound_table([asked_for], [table], [empty])


def test_a_peak_is_taken_beside_somebody_else_s_trace_and_leaves_it_running():
    def hold():
        return np.ones(200_000)[:10].copy()

    alone = selection.peak_of(hold)
    tracemalloc.start()
    try:
        beside = selection.peak_of(hold)
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
    assert alone == pytest.approx(1_600_000, rel=0.01)
    assert beside == pytest.approx(alone, rel=0.01)
