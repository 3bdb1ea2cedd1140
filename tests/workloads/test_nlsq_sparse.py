"""Sparse Jacobians of many peaks: the same fit, and a pattern that covers every entry that counts."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stages import drawn, one_thread, variant_function, verdict
from tools import need_module

from perfwatch.errors import TargetFailed
from perfwatch.workloads.nlsq import damped, pattern, peaks, sparse
from perfwatch.workloads.nlsq.table_two import SPARSE

__all__ = ["one_thread"]  # a fixture that holds for the whole module

need_module("scipy", "scipy")
from perfwatch.workloads.nlsq import sparse_rows  # noqa: E402 - only where scipy is


def scan(points_count=2_000):
    return peaks.draw_scan(points_count, 10, seed=0)


# Forms


def test_the_sparse_form_fits_as_the_dense_one():
    assert verdict(SPARSE, variant_function(SPARSE, "sparse"), inputs=drawn(SPARSE, seeds_count=2)) == ""


def test_the_first_points_show_nothing_and_nothing_is_fitted():
    asked = sparse.inputs("small", 0)
    found = sparse_rows.seed_sparse(asked)
    assert found.found_share == 0.0
    assert np.array_equal(found.parameters, asked.start)
    assert verdict(SPARSE, sparse_rows.seed_sparse, inputs=[asked]).startswith("parameters: ")


def test_a_twentieth_of_the_entries_counts_and_the_sparse_form_finds_as_many():
    asked = sparse.inputs("small", 0)
    found = sparse_rows.sparse(asked)
    true = pattern.counting_entries(peaks.jacobian(asked.x, found.parameters)).mean()
    assert 0.05 < true < 0.06
    assert found.found_share == pytest.approx(true, rel=0.02)


def test_it_holds_a_fifth_of_the_reference_s_bytes_at_most():
    asked = scan()
    dense, held = sparse.reference(asked), sparse_rows.sparse(asked)
    assert dense.jacobian_bytes == 2_000 * 30 * 8
    assert 0 < held.jacobian_bytes < dense.jacobian_bytes / 5


# Wrong answers


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (lambda found: {"parameters": found.parameters * (1 + 2e-6)}, "parameters: 30 of 30"),
        (lambda found: {"high": (found.low + found.high) // 2}, "low, high: the pattern misses"),
        (lambda found: {"low": found.low[:-1]}, "low: int64 of shape (29,)"),
        (lambda found: {"high": found.high.astype(float)}, "high: float64"),
    ],
)
def test_other_parameters_and_patterns_with_holes_are_different_answers(changes, reason):
    def changed(asked):
        found = sparse_rows.sparse(asked)
        return dataclasses.replace(found, **changes(found))

    assert verdict(SPARSE, changed, inputs=[scan()]).startswith(reason)


def test_a_pattern_that_nobody_gave_is_a_different_answer():
    assert verdict(
        SPARSE,
        lambda asked: damped.Fitted(
            parameters=sparse.reference(asked).parameters, cost=0.0, evaluations_count=1
        ),
        inputs=[scan()],
    ).startswith("low: ")


# Patterns

places = st.floats(2.0, 98.0)
widths = st.floats(0.02, 6.0)


@given(
    st.lists(st.tuples(st.floats(0.5, 5.0), places, widths), min_size=1, max_size=6),
    st.integers(200, 4_000),
    st.sampled_from([0.01, 1e-9]),
    st.sampled_from([10, 100, 500]),
)
def test_what_is_detected_covers_every_entry_that_counts(drawn_peaks, points_count, threshold, samples_count):
    x = np.linspace(0.0, peaks.SCAN_END, points_count)
    jacobian = peaks.jacobian(x, np.array(drawn_peaks).ravel())
    found = pattern.detect(
        lambda at: peaks.jacobian(at, np.array(drawn_peaks).ravel()),
        x,
        threshold=threshold,
        samples_count=samples_count,
    )
    assert pattern.missed_count(jacobian, found.low, found.high, threshold) == 0


def test_narrow_peaks_are_found_by_a_denser_sample():
    x = np.linspace(0.0, peaks.SCAN_END, 20_000)
    found = pattern.detect(lambda at: peaks.jacobian(at, np.array([1.0, 33.3, 0.02])), x, samples_count=50)
    assert found.sampled_count > 50
    assert 0 < (found.high - found.low).max() < 400


def test_a_column_without_entries_needs_no_rows():
    found = pattern.detect(lambda at: np.stack([np.zeros_like(at), at + 1], axis=1), np.arange(50.0))
    assert (found.low[0], found.high[0], found.low[1], found.high[1]) == (0, 0, 0, 50)


@given(st.integers(2, 300), st.integers(0, 50))
def test_the_estimate_is_what_a_sparse_jacobian_takes(points_count, seed):
    x = np.linspace(0.0, peaks.SCAN_END, points_count)
    parameters = peaks.draw_parameters(4, seed)
    found = pattern.detect(lambda at: peaks.jacobian(at, parameters), x)
    rows = sparse_rows.sparse_jacobian(x, parameters, found)
    foretold = pattern.estimate_memory(points_count, 12, rows.nnz / (12 * points_count))
    assert sparse_rows.held_bytes(rows) == foretold.sparse_bytes
    dense = peaks.jacobian(x, parameters)
    inside = (np.arange(points_count)[:, None] >= found.low) & (np.arange(points_count)[:, None] < found.high)
    assert np.array_equal(rows.toarray(), np.where(inside, dense, 0.0))


# The model and its steps


@given(st.integers(0, 1_000))
def test_derivatives_are_those_of_the_model(seed):
    x, parameters = np.linspace(0.0, peaks.SCAN_END, 300), peaks.draw_parameters(5, seed)
    found, jacobian = peaks.value_and_jacobian(x, parameters)
    assert np.allclose(found, peaks.value(x, parameters), rtol=1e-13, atol=1e-15)
    for index in range(len(parameters)):
        step = np.zeros_like(parameters)
        step[index] = 1e-5
        slope = (peaks.value(x, parameters + step) - peaks.value(x, parameters - step)) / 2e-5
        assert np.allclose(jacobian[:, index], slope, atol=1e-6)


def test_a_fit_without_noise_finds_the_parameters():
    x, parameters = np.linspace(0.0, peaks.SCAN_END, 3_000), peaks.draw_parameters(10, 3)
    asked = peaks.Scan(x=x, y=peaks.value(x, parameters), start=parameters * 1.01)
    assert np.allclose(sparse.reference(asked).parameters, parameters, rtol=1e-9)
    assert np.allclose(sparse_rows.sparse(asked).parameters, parameters, rtol=1e-9)


def test_a_fit_that_does_not_converge_is_no_answer():
    def runs_away(parameters):
        return damped.Normal(cost=float(-parameters[0]), gradient=np.ones(1), curvature=np.zeros((1, 1)))

    with pytest.raises(TargetFailed, match="did not converge: 100 evaluations") as caught:
        damped.fit(runs_away, np.zeros(1))
    assert "no answer" in caught.value.means
