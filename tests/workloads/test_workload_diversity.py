"""Diversity of samples: one mean distance, however it is added up; a sampled one is another."""

from __future__ import annotations

import dataclasses
import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import digest, variant_function, verdict, working

from perfwatch.workloads.digital_twin import diversity, rules_two
from perfwatch.workloads.digital_twin.table_two import DIVERSITY

FORMS = [diversity.reference, diversity.matrix_normalise, diversity.blocked]


@pytest.mark.parametrize("name", working(DIVERSITY))
def test_every_variant_gives_the_same_mean_distance(name):
    assert verdict(DIVERSITY, variant_function(DIVERSITY, name)) == ""


def test_a_hundred_samples_are_another_quantity_and_the_error_is_told():
    state = np.random.get_state()  # noqa: NPY002 - the shared state that the document's form draws from
    np.random.seed(1)  # noqa: NPY002
    reason = verdict(DIVERSITY, diversity.seed_subsample)
    np.random.set_state(state)  # noqa: NPY002
    assert reason.startswith("mean_distance: off by up to 0.0")


def test_a_hundred_samples_give_another_answer_each_time():
    samples = diversity.draw_samples(1_500, 1, 0)
    first, second = diversity.seed_subsample(samples), diversity.seed_subsample(samples)
    assert digest(first) != digest(second)
    assert digest(diversity.blocked(samples)) == digest(diversity.blocked(samples))


def test_up_to_a_thousand_samples_all_are_taken():
    samples = diversity.draw_samples(1_000, 2, 0)
    assert digest(diversity.seed_subsample(samples)) == digest(diversity.matrix_normalise(samples))


def without_bounds(samples):
    """A candidate that normalises by the samples' own range: plausible, and another quantity."""
    bounds = {name: (column.min(), column.max()) for name, column in samples.columns.items()}
    return diversity.blocked(dataclasses.replace(samples, bounds=bounds))


def test_normalising_by_the_samples_own_range_is_a_different_answer():
    assert "off by up to" in verdict(DIVERSITY, without_bounds)


def test_no_number_and_no_answer_are_different_answers():
    samples = [diversity.draw_samples(50, 2, 0)]
    base = [diversity.reference(samples[0])]
    nothing = [dataclasses.replace(base[0], mean_distance=np.array([np.nan, 1.0]))]
    assert "by up to inf" in rules_two.same_mean_distance(samples, base, nothing)
    assert "has no mean_distance" in rules_two.same_mean_distance(samples, base, [0.67])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(0, 300), levels=st.integers(1, 4))
def test_all_forms_agree_whatever_the_seed(seed, count, levels):
    samples = diversity.draw_samples(count, levels, seed)
    for form in FORMS[1:]:
        reason = rules_two.same_mean_distance([samples], [diversity.reference(samples)], [form(samples)])
        assert reason == ""


@pytest.mark.parametrize("form", FORMS)
def test_the_mean_distance_is_that_of_every_pair(form):
    samples = diversity.draw_samples(40, 1, 3)
    rows = [
        [
            (value - low) / (high - low) if high > low else 0.0
            for (low, high), value in zip(samples.bounds.values(), row, strict=True)
        ]
        for row in zip(*samples.columns.values(), strict=True)
    ]
    expected = np.mean([math.dist(one, other) for one, other in itertools.combinations(rows, 2)])
    assert form(samples).mean_distance[0] == pytest.approx(expected, rel=1e-13)


def test_blocks_hold_a_small_part_of_the_distances():
    samples = diversity.draw_samples(4_000, 1, 0)
    peaks = []
    for form in (diversity.reference, diversity.blocked):
        tracemalloc.start()
        form(samples)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] > 60e6
    assert peaks[1] < 0.1 * peaks[0]
