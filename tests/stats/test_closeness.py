"""How far arrays are apart: tolerances, units in the last place, what is not a number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.records.proof import AnswerRule
from perfwatch.stats.closeness import CANCELLING, ROUNDING, closeness

EXACT = AnswerRule(exact=True)
finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


@given(finite, st.integers(min_value=0, max_value=50))
def test_units_in_the_last_place_are_steps_to_the_next_number(value, steps):
    other = value
    for _ in range(steps):
        other = math.nextafter(other, math.inf)
    if math.isfinite(other):
        found = closeness(np.array([value]), np.array([other]), EXACT)
        assert found.greatest_ulp_count == steps


@given(st.lists(finite, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_the_distance_in_last_places_is_symmetric(values, random):
    others = [random.choice(values) for _ in values]
    one = closeness(np.array(values), np.array(others), EXACT).greatest_ulp_count
    assert one == closeness(np.array(others), np.array(values), EXACT).greatest_ulp_count


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64, np.complex128])
def test_rounding_of_each_precision_is_let_pass_and_more_is_not(dtype):
    width = np.dtype(dtype).itemsize // (2 if np.dtype(dtype).kind == "c" else 1)
    rtol = ROUNDING[width]
    base = np.array([1.0, 2.0, 3.0], dtype=dtype)
    assert closeness(base, (base * (1 + rtol / 3)).astype(dtype), AnswerRule()).differing_count == 0
    assert closeness(base, (base * (1 + 4 * rtol)).astype(dtype), AnswerRule()).differing_count == 3


def test_what_cancels_to_nothing_is_rounding_of_the_greatest_number():
    allowed = CANCELLING * ROUNDING[8]
    base = np.array([1.0, 0.0])
    assert closeness(base, np.array([1.0, allowed / 2]), AnswerRule()).differing_count == 0
    assert closeness(base, np.array([1.0, 2 * allowed]), AnswerRule()).differing_count == 1
    assert closeness(np.array([0.0]), np.array([1e-300]), AnswerRule()).differing_count == 1


@given(finite, finite, st.floats(min_value=0, max_value=1), st.floats(min_value=0, max_value=1))
def test_a_tolerance_that_was_asked_for_is_the_only_one(base, head, rtol, atol):
    found = closeness(np.array([base]), np.array([head]), AnswerRule(rtol=rtol, atol=atol))
    with np.errstate(over="ignore"):
        within = base == head or abs(np.float64(head) - np.float64(base)) <= atol + rtol * abs(
            np.float64(base)
        )
    assert (found.differing_count == 0) == within


def test_integers_wider_than_a_double_are_compared_whole():
    base = np.array([2**62, 2**62 + 1])
    assert closeness(base, base, AnswerRule()).differing_count == 0
    assert closeness(base, base[::-1], AnswerRule()).differing_count == 2
    assert (
        closeness(np.array([2**64 - 1], dtype="u8"), np.array([0], dtype="u8"), AnswerRule()).differing_count
        == 1
    )


def test_what_is_not_a_number_counts_by_its_place():
    found = closeness(np.array([math.nan, 1.0]), np.array([1.0, math.nan]), AnswerRule(rtol=1e300))
    assert found.differing_count == 2
    assert found.nan_pattern


def test_the_worst_element_is_the_one_that_is_named():
    base = np.ones((3, 4))
    head = base.copy()
    head[1, 2], head[2, 3] = 1.5, 1.1
    found = closeness(base, head, AnswerRule())
    assert found.index == (1, 2)
    assert found.greatest_ratio == 0.5
    assert (found.differing_count, found.elements_count) == (2, 12)


def test_nothing_against_nothing_is_the_same():
    assert closeness(np.empty(0), np.empty(0), EXACT).elements_count == 0


@pytest.mark.parametrize(
    ("base", "head", "differing_count"),
    [(math.inf, math.inf, 0), (math.inf, -math.inf, 1), (math.inf, 1.0, 1), (1.0, math.inf, 1)],
)
def test_an_infinity_equals_itself_alone(base, head, differing_count):
    found = closeness(np.array([base]), np.array([head]), AnswerRule(rtol=1e-9))
    assert found.differing_count == differing_count


def test_a_reference_of_zero_allows_only_the_absolute_tolerance():
    zero, small = np.array([0.0]), np.array([1e-15])
    assert closeness(zero, small, AnswerRule(rtol=1e-9)).differing_count == 1
    assert closeness(zero, small, AnswerRule(atol=1e-14)).differing_count == 0


def test_a_difference_within_the_tolerance_is_still_reported():
    found = closeness(np.array([1.0]), np.array([1.0 + 1e-12]), AnswerRule(rtol=1e-9))
    assert found.differing_count == 0
    assert 0 < found.greatest_ratio < 1e-11


def test_small_integers_do_not_wrap_around_and_texts_are_equal_or_not():
    unsigned = [np.array([value], dtype=np.uint8) for value in (1, 2)]
    assert closeness(*unsigned, AnswerRule(rtol=1.0)).differing_count == 0
    assert closeness(*unsigned[::-1], AnswerRule(rtol=0.1)).greatest_ratio == 0.5
    assert closeness(np.array(["a", "b"]), np.array(["a", "c"]), AnswerRule()).differing_count == 1
