"""When two outputs are the same answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.workloads.definition import Equality
from perfwatch.workloads.equality import compare_outputs

CLOSE = Equality(rtol=1e-9)
finite = st.floats(min_value=1e-100, max_value=1e100)


@given(st.lists(finite, max_size=20))
def test_an_output_equals_itself(values):
    difference = compare_outputs({"a": np.array(values)}, {"a": np.array(values)}, Equality(rtol=0.0))
    assert difference.equal
    assert difference.greatest_ratio == 0
    assert difference.elements_count == len(values)


@given(finite, st.floats(min_value=-1e-3, max_value=1e-3))
def test_the_tolerance_is_relative_to_the_reference(value, change):
    head = value * (1 + change)
    difference = compare_outputs(np.array([value]), np.array([head]), Equality(rtol=1e-6))
    assert difference.equal == (abs(head - value) <= 1e-6 * value)


def test_one_wrong_element_is_found_counted_and_named():
    base = {"size": np.ones(100), "gap": np.ones(100)}
    head = {"size": np.ones(100), "gap": np.where(np.arange(100) == 7, 1.5, 1.0)}
    difference = compare_outputs(base, head, CLOSE)
    assert not difference.equal
    assert difference.array == "gap"
    assert difference.differing_count == 1
    assert difference.elements_count == 200
    assert difference.greatest_ratio == pytest.approx(0.5)
    assert "1 of 100" in difference.reason


def test_a_difference_within_the_tolerance_is_still_reported():
    difference = compare_outputs(np.array([1.0]), np.array([1.0 + 1e-12]), CLOSE)
    assert difference.equal
    assert difference.reason == ""
    assert 0 < difference.greatest_ratio < 1e-11


def test_nan_equals_nan_at_the_same_place_only():
    base = np.array([1.0, math.nan])
    assert compare_outputs(base, base.copy(), CLOSE).equal
    difference = compare_outputs(base, base[::-1], CLOSE)
    assert not difference.equal
    assert difference.differing_count == 2
    assert difference.greatest_ratio == math.inf


@pytest.mark.parametrize(
    ("base", "head", "equal"),
    [
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
        (math.inf, 1.0, False),
        (1.0, math.inf, False),
    ],
)
def test_an_infinity_equals_itself_alone(base, head, equal):
    assert compare_outputs(np.array([base]), np.array([head]), CLOSE).equal is equal


def test_a_reference_of_zero_allows_only_the_absolute_tolerance():
    zero, small = np.array([0.0]), np.array([1e-15])
    assert not compare_outputs(zero, small, CLOSE).equal
    assert compare_outputs(zero, small, Equality(rtol=0.0, atol=1e-14)).equal


@pytest.mark.parametrize(
    "head",
    [
        {"a": np.ones(3)},
        {"a": np.ones((2, 1))},
        {"b": np.ones(2)},
        {"a": np.ones(2), "b": np.ones(2)},
        {"a": np.ones(2, dtype=int)},
        {},
    ],
    ids=["length", "shape", "name", "one-more", "kind", "nothing"],
)
def test_another_form_is_another_answer(head):
    difference = compare_outputs({"a": np.ones(2)}, head, CLOSE)
    assert not difference.equal
    assert difference.reason


def test_empty_arrays_of_one_shape_are_equal():
    assert compare_outputs({"a": np.empty((0, 3))}, {"a": np.empty((0, 3))}, CLOSE).equal


def test_integers_and_texts_are_compared_by_value():
    assert compare_outputs(
        np.array([2**63], dtype=np.uint64), np.array([2**63], dtype=np.uint64), CLOSE
    ).equal
    assert not compare_outputs(np.array([1], dtype=np.uint8), np.array([2], dtype=np.uint8), CLOSE).equal
    assert not compare_outputs(np.array(["a", "b"]), np.array(["a", "c"]), CLOSE).equal
