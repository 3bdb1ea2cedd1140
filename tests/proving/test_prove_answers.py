"""Two answers are the same where a caller could not tell them apart, and it is said where they are not."""

from __future__ import annotations

import array
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import importlib.util
import math
import os
import subprocess
import sys
import threading
from collections import OrderedDict, deque, namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from answering import PLAIN, answer, differing
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import KDTree

from perfwatch.proving.answers import compare_answers, unseen_pairs
from perfwatch.records.proof import AnswerRule, Ignored


@dataclasses.dataclass
class Fit:
    values: np.ndarray
    name: str = "fit"


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a, self.b = a, b


class Metres(float):
    """A number of a class of its own, with a part beside its value."""

    unit = "m"


class Quantity(np.ndarray):
    """An array with a unit."""


def quantity(values, unit):
    made = np.asarray(values, dtype=float).view(Quantity)
    made.unit = unit
    return made


class Unpicklable:
    def __init__(self, values):
        self.values, self.call = values, len

    def __reduce__(self):
        raise TypeError("it does not travel")


class Done:
    """Holds nothing at all."""


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


Point = namedtuple("Point", "x y")  # noqa: PYI024 - as users write it
POINTS = np.random.default_rng(0).random((30, 2))
ROUND = 1.0 + 1e-12
FAR = 1.0 + 1e-6
MANY = [float(number) for number in range(40)]

SAME = [
    (None, None),
    (1, 1),
    (10**40, 10**40),
    (1.0, ROUND),
    (1.0, np.float64(ROUND)),
    (0.0, -0.0),
    (math.nan, math.nan),
    (math.inf, math.inf),
    (1 + 2j, 1 + 2j),
    ("text", "text"),
    ("\ud800", "\ud800"),
    (b"raw", b"raw"),
    ([1, 2.0, "x"], [1, 2.0 * ROUND, "x"]),
    (MANY, [value * ROUND for value in MANY]),
    ((1, (2, [3])), (1, (2, [3]))),
    ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
    ({"a": 1}, OrderedDict(a=1)),
    ({1, 2, 3}, {3, 2, 1}),
    (Fit(np.arange(3.0)), Fit(np.arange(3.0) * ROUND)),
    (Slotted(1, [2]), Slotted(1, [2])),
    (Colour.RED, Colour.RED),
    (Point(1, 2), Point(1, 2)),
    (deque([1, 2]), deque([1, 2])),
    (dt.date(2026, 1, 2), dt.date(2026, 1, 2)),
    (decimal.Decimal("1.10"), decimal.Decimal("1.10")),
    (np.arange(6).reshape(2, 3), np.arange(6).reshape(2, 3)),
    (np.array([1.0, math.nan]), np.array([ROUND, math.nan])),
    (np.array([1.0, 2.0]), np.array([1.0, 2.0], dtype=">f8")),
    (np.asfortranarray(np.ones((3, 4))), np.ones((3, 4))),
    (np.array(["a", "bb"]), np.array(["a", "bb"], dtype="U9")),
    (np.array([1, "x", None], dtype=object), np.array([1, "x", None], dtype=object)),
    (np.array(["2026-01-01", "NaT"], dtype="M8[D]"), np.array(["2026-01-01", "NaT"], dtype="M8[D]")),
    (
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    ),
    (np.ma.array([1.0, 2.0], mask=[0, 1]), np.ma.array([1.0, 9.0], mask=[0, 1])),
    (np.empty((0, 3)), np.empty((0, 3))),
    (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), pd.DataFrame({"a": [1, 2], "b": ["x", None]})),
    (pd.Series([1.0, 2.0], name="s"), pd.Series([1.0, 2.0 * ROUND], name="s")),
    (scipy.sparse.csr_matrix(np.eye(3)), scipy.sparse.csr_matrix(np.eye(3))),
    (np.random.default_rng(1), np.random.default_rng(1)),
    ((value for value in (1, 2)), (value for value in (1, 2))),
    (Metres(1.0), Metres(ROUND)),
    (quantity([1.0, 2.0], "m"), quantity([1.0, 2.0 * ROUND], "m")),
    (Unpicklable(np.arange(3.0)), Unpicklable(np.arange(3.0) * ROUND)),
    (Done(), Done()),
    (array.array("d", [1.0, 2.0]), array.array("d", [1.0, 2.0 * ROUND])),
    (functools.partial(max, 1.0), functools.partial(max, ROUND)),
    (pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-02")),
    (np.array([1e16, 1.0]), np.array([1e16, 0.0])),  # beside 1e16 a 1 is rounding
]

DIFFERENT = [
    (None, 0, "None"),
    (1, 2, "1 against 2"),
    (1, 1.0, "dtype"),
    (True, 1, "dtype"),
    (10**40, 10**40 + 1, "10000"),
    (1.0, FAR, "1.000001"),
    (1.0, math.nan, "nan"),
    (np.array([1.0, math.nan]), np.array([math.nan, 1.0]), "2 of 2"),
    (math.inf, -math.inf, "inf"),
    ("abc", "abd", "character 2"),
    (b"raw", b"row", "bytes"),
    ([1, 2], [1, 2, 3], "2 items"),
    ([1, 2], (1, 2), "list in the reference, a tuple"),
    (MANY, [*MANY[:-1], 7.0], "1 of 40"),
    (MANY, [int(value) for value in MANY], "dtype"),
    ({"a": 1}, {"b": 1}, "only the reference"),
    ({1, 2}, {1, 3}, "on one side alone: 2, 3"),
    (Fit(np.arange(3.0)), Fit(np.array([0.0, 1.0, 3.0])), ".values"),
    (Fit(np.arange(3.0)), {"values": np.arange(3.0)}, "Fit"),
    (Slotted(1, [2]), Slotted(1, [3]), ".b[0]"),
    (Colour.RED, Colour.BLUE, "name"),
    (dt.date(2026, 1, 2), dt.date(2026, 1, 3), "2026"),
    (np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2), "shape (2, 3)"),
    (np.ones(3), np.ones(3, dtype=np.float32), "dtype float64"),
    (np.ones(3), [1.0, 1.0, 1.0], "array"),
    (np.ones((3, 3)), np.ones((3, 3)) + np.eye(3)[::-1] * 0.5, "3 of 9 elements differ"),
    (np.ma.array([1.0, 2.0], mask=[0, 1]), np.ma.array([1.0, 2.0], mask=[1, 0]), "mask"),
    (np.ma.array([1.0, 2.0], mask=[0, 1]), np.array([1.0, 2.0]), "mask"),
    (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]}), "['a']"),
    (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [1, 2]}), "columns"),
    (pd.Series([1.0], index=[3]), pd.Series([1.0], index=[4]), "index"),
    (scipy.sparse.csr_matrix(np.eye(3)), scipy.sparse.csr_matrix(np.eye(4)), "shape"),
    (np.random.default_rng(1), np.random.default_rng(2), "state"),
    ((value for value in (1, 2)), (value for value in (1, 3)), "[1]"),
    ((value for value in (1, 2)), [1, 2], "generator"),
    (Metres(1.0), Metres(2.0), "(value)"),
    (quantity([1.0], "m"), quantity([1.0], "km"), ".unit"),
    (quantity([1.0], "m"), quantity([2.0], "m"), "(data)"),
    (Unpicklable(np.arange(3.0)), Unpicklable(np.ones(3)), ".values"),
    (array.array("d", [1.0]), array.array("d", [2.0]), "1.0 against 2.0"),
    (functools.partial(max, 1.0), functools.partial(max, 2.0), "(state)"),
    (pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-03"), "(state)"),
    (KDTree(POINTS), KDTree(POINTS[1:]), "(state)"),
]


@pytest.mark.parametrize(
    ("base", "head"), SAME, ids=[f"{number}-{type(base).__name__}" for number, (base, _) in enumerate(SAME)]
)
def test_what_a_caller_cannot_tell_apart_is_the_same(base, head):
    found = differing(base, head)
    assert found.equal, found.reason
    assert found.differing_count == 0
    assert not found.uncertain


@pytest.mark.parametrize(
    ("base", "head", "said"),
    DIFFERENT,
    ids=[f"{number}-{type(base).__name__}" for number, (base, _, _) in enumerate(DIFFERENT)],
)
def test_what_a_caller_can_tell_apart_differs_and_it_is_said_where(base, head, said):
    found = differing(base, head)
    assert not found.equal
    assert found.differing_count > 0
    assert said in found.reason


def test_exact_tells_signs_of_zero_and_a_last_bit():
    exact = AnswerRule(exact=True)
    assert not differing(0.0, -0.0, exact).equal
    assert not differing(1.0, np.nextafter(1.0, 2.0), exact).equal
    assert differing(math.nan, math.nan, exact).equal
    assert differing(np.nextafter(1.0, 2.0), 1.0).greatest_ulp_count == 1


def test_a_tolerance_that_was_asked_for_lets_another_precision_pass_with_a_note():
    found = differing(np.ones(3), np.ones(3, dtype=np.float32), AnswerRule(rtol=1e-6))
    assert found.equal
    assert any("float32" in note for note in found.notes)
    assert not differing(np.ones(3), np.ones(3, dtype=np.float32), AnswerRule(exact=True)).equal


def test_an_object_without_parts_makes_the_answer_uncertain_and_not_equal_by_default():
    found = differing({"lock": threading.Lock()}, {"lock": threading.Lock()})
    assert found.equal
    assert "lock" in found.uncertain


def test_what_two_objects_said_of_each_other_settles_what_could_not_be_seen():
    base, head = answer({"lock": threading.Lock()}), answer({"lock": threading.Lock()})
    (pair,) = unseen_pairs(base, head, PLAIN)
    equal = compare_answers(base, head, PLAIN, held={pair: (True, "their own ==")})
    assert equal.equal
    assert not equal.uncertain
    assert equal.notes == ("_thread.lock: compared where both sides' objects were, by their own ==",)
    other = compare_answers(base, head, PLAIN, held={pair: (False, "their own ==")})
    assert "that differ by their own ==" in other.reason
    neither = compare_answers(base, head, PLAIN, held={pair: (None, "its == raises")})
    assert neither.equal
    assert "shows nothing of what it holds (its == raises)" in neither.uncertain


def test_raw_memory_in_a_state_may_hold_addresses_and_makes_no_difference_by_itself():
    found = differing(KDTree(POINTS), KDTree(POINTS))
    assert found.equal
    assert "KDTree" in found.uncertain
    assert len(unseen_pairs(answer(KDTree(POINTS)), answer(KDTree(POINTS)), PLAIN)) == 1


def test_objects_told_by_their_states_are_found_as_keys_and_in_sets():
    first, second = pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-03")
    assert not differing({first, second}, {second, first}).uncertain
    found = differing({first: 1, second: 2}, {second: 2, first: 1})
    assert found.equal
    assert not found.uncertain


def test_objects_in_a_set_or_as_keys_are_not_equal_by_their_class():
    for base, head in (({object()}, {object()}), ({object(): 1}, {object(): 2})):
        assert differing(base, head).uncertain


def test_functions_that_were_made_inside_others_have_no_name_to_go_by():
    def made(step):
        return lambda value: value + step

    assert differing(made(1), made(2)).uncertain
    assert not differing(math.sin, math.sin).uncertain


def test_an_object_that_refuses_to_be_looked_at_is_not_the_same_as_another_one():
    class Shut:
        def __getattribute__(self, name):
            raise RuntimeError("shut")

    assert differing(Shut(), Shut()).uncertain


def test_a_value_that_holds_itself_is_compared_and_comes_to_an_end():
    first, second = [1], [1]
    first.append(first)
    second.append(second)
    assert differing(first, second).equal
    third = [1, [1]]
    assert not differing(first, third).equal


JAX = """
import numpy as np
import jax
from answering import differing
found = differing(np.ones(3, dtype=np.float32), jax.numpy.ones(3))
print(found.equal, *found.notes)
"""


def test_arrays_of_other_libraries_are_compared_by_their_values_with_a_note():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("no JAX here: pip install jax")
    # In a process of its own: JAX starts threads, and no test after it could fork.
    tests = Path(__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(tests), "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", JAX]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert said.stdout.startswith("True a ndarray in the reference, a ArrayImpl")


@pytest.mark.parametrize(
    ("base", "head", "said"),
    [
        ({"warnings": [["RuntimeWarning", "x"]]}, {}, "RuntimeWarning in the reference, none"),
        ({}, {"shares": [0]}, "argument 1 in the candidate"),
        ({}, {"drawn_from": ["random"]}, "the candidate from random"),
    ],
)
def test_what_happens_beside_the_value_counts(base, head, said):
    found = compare_answers(answer(1, **base), answer(1, **head), PLAIN)
    assert not found.equal
    assert said in found.reason
    everything = AnswerRule(ignored=tuple(Ignored))
    assert compare_answers(answer(1, **base), answer(1, **head), everything).equal


def test_arguments_that_only_one_side_changes_are_a_difference():
    node = {"is": "int", "value": "0x1"}
    both = compare_answers(answer(1, changed={"0": node}), answer(1, changed={"0": node}), PLAIN)
    assert both.equal
    one = compare_answers(answer(1), answer(1, changed={"0": node}), PLAIN)
    assert "the candidate changes it" in one.reason


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(nested)
def test_any_value_is_the_same_as_itself(value):
    found = differing(value, value, AnswerRule(exact=True))
    assert found.equal
    assert found.greatest_ratio == 0


@given(nested, nested)
def test_comparing_does_not_depend_on_who_is_the_reference(base, head):
    exact = AnswerRule(exact=True)
    assert differing(base, head, exact).equal == differing(head, base, exact).equal
