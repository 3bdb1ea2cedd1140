"""What an object shows of itself, and whether it holds more: nothing is overlooked, nothing is pickled."""

from __future__ import annotations

import array
import contextlib
import ctypes
import datetime as dt
import functools
import io
import sqlite3
import threading
import types

import numpy as np
import pytest

from perfwatch.worker.holding import AROUND, IDENTITY, ITSELF, OWN, held_together
from perfwatch.worker.opened import attributes, hides, lent_data, pickled_state
from perfwatch.worker.portable import Writer


class Plain:
    def __init__(self, **facts):
        self.__dict__.update(facts)


class Private:
    __slots__ = ("__mine", "seen")

    def __init__(self, mine):
        self.__mine, self.seen = mine, 1


class Slim(Plain):
    __slots__ = ("more",)


class Stubborn(Plain):
    def __reduce__(self):
        raise TypeError("it does not travel")


class Lending:
    def __array__(self, dtype=None, copy=None):
        return np.arange(3.0)


class Endless:
    """An array of objects that holds the very object it was made of."""

    def __array__(self, dtype=None, copy=None):
        found = np.empty((), dtype=object)
        found[()] = self
        return found


class Seconds(dt.timedelta):
    pass


class Own(threading.local):
    pass


def node(value):
    return Writer(io.BytesIO()).node(value)


def row(*values):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("select " + ", ".join("?" * len(values)), values).fetchone()


def test_attributes_are_found_in_slots_whose_names_are_private_too():
    assert attributes(Private(7)) == [("_Private__mine", 7), ("seen", 1)]
    assert attributes(Plain(b=1, a=2)) == [("a", 2), ("b", 1)]


@pytest.mark.parametrize(
    "value",
    [Plain(), Plain(a=1), Private(1), Slim(), Stubborn(), types.SimpleNamespace(a=1), Lending()],
    ids=lambda value: type(value).__name__,
)
def test_a_class_of_python_holds_no_more_than_its_attributes(value):
    assert not hides(type(value))


@pytest.mark.parametrize(
    "value",
    [object(), threading.Lock(), row(1), Own(), Seconds(3), functools.partial(print), array.array("d")],
    ids=lambda value: type(value).__name__,
)
def test_a_class_that_c_code_made_room_in_may_hold_more(value):
    assert hides(type(value))


def test_data_that_is_lent_is_seen_by_each_protocol():
    assert lent_data(Lending(), np).tolist() == [0.0, 1.0, 2.0]
    assert lent_data(array.array("i", [4, 5]), np).tolist() == [4, 5]
    assert lent_data((ctypes.c_double * 2)(1.0, 2.0), np).tolist() == [1.0, 2.0]
    assert bytes(lent_data(array.array("b", [1]), None)) == b"\x01"
    assert lent_data(Endless(), np) is None
    assert lent_data(Plain(), np) is None


def test_the_state_for_a_pickler_is_seen_where_a_class_has_a_way_of_its_own():
    assert pickled_state(functools.partial(max, 1, key=len))[1][:3] == (max, (1,), {"key": len})
    assert pickled_state(Plain(a=1)) is None
    assert pickled_state(Stubborn(a=1)) is None
    assert pickled_state(threading.Lock()) is None


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Stubborn(a=1), "fields"),
        (Plain(), "fields"),
        (Lending(), "array"),
        (array.array("d", [1.0]), "array"),
        (Seconds(3), "state"),
        (functools.partial(max, 1), "state"),
        (object(), "opaque"),
        (threading.Lock(), "opaque"),
        ({threading.Lock()}, "opaque"),
        ({object(): 1}, "opaque"),
        (lambda: 1, "opaque"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_object_is_written_by_what_it_shows(value, kind):
    assert node(value)["is"] == kind


def test_opaque_objects_are_numbered_anew_in_each_value():
    writer = Writer(io.BytesIO())
    writer.node([object(), object()])
    found = writer.node({"a": object(), "b": [object()]})
    assert [value["number"] for _, value in found["items"][:1]] == [0]
    assert found["items"][1][1]["items"][0]["number"] == 1


def test_an_own_attribute_does_not_hide_what_lies_inside():
    kept = Own()
    kept.a = 1
    parts = dict(node(kept)["items"])
    assert parts["(inside)"]["is"] == "opaque"
    assert parts["a"]["is"] == "int"


# Held against each other


def held(first, again, other):
    (found,) = held_together(first, again, other, [[0, 0]])
    return found


def test_objects_that_know_when_they_are_equal_say_so():
    assert held([row(1, 2)], [row(1, 2)], [row(1, 2)]) == (True, OWN)
    assert held([row(1, 2)], [row(1, 2)], [row(1, 3)]) == (False, OWN)


def test_one_and_the_same_object_is_the_same():
    lock = threading.Lock()
    assert held(lock, threading.Lock(), lock) == (True, ITSELF)


def test_an_equality_that_goes_by_identity_decides_nothing():
    assert held(threading.Lock(), threading.Lock(), threading.Lock()) == (None, IDENTITY)


class Box:
    """Knows how to compare what its lock cannot."""

    def __init__(self, size):
        self.lock, self.size = threading.Lock(), size

    def __eq__(self, other):
        return self.size == other.size

    __hash__ = None


def test_an_object_around_may_say_yes_but_its_no_decides_nothing():
    assert held(Box(1), Box(1), Box(1)) == (True, AROUND.format("Box"))
    same, why = held(Box(1), Box(1), Box(2))
    assert same is None
    assert why == IDENTITY


class Raising(threading.local):
    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = None


class Vague(threading.local):
    def __eq__(self, other):
        return np.array([True, False])

    __hash__ = None


@pytest.mark.parametrize("kind", [Raising, Vague])
def test_an_equality_without_a_plain_truth_value_decides_nothing(kind):
    same, why = held(kind(), kind(), kind())
    assert same is None
    assert "no plain yes or no" in why


def test_an_object_that_is_not_found_again_decides_nothing():
    assert held_together([row(1)], [row(1)], [], [[0, 0]])[0][0] is None
    assert held_together([row(1)], [row(1)], [threading.Lock()], [[0, 0]])[0][0] is None
    assert held_together([row(1)], [row(1)], [row(1)], [[5, 0]])[0][0] is None
