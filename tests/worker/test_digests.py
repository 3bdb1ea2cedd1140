"""Digests of arguments: equal for equal values, and nothing of the target's runs for them."""

from __future__ import annotations

import array
import datetime as dt
import enum
import math
from dataclasses import dataclass

import numpy as np
import pytest

from perfwatch.worker.digests import VALUES_AT_MOST, Digest


def digest(*values):
    return Digest().of(values)


def told(*values):
    """Whether a call with these arguments is opaque, and whether it has an argument that is no key."""
    one = Digest()
    one.of(values)
    return one.opaque, one.unhashable


class Answering:
    """A class of a user's that breaks whoever asks it anything."""

    def _never(self, *_):
        raise AssertionError("a method of the user's was called")

    __eq__ = __hash__ = __repr__ = __str__ = __iter__ = __len__ = __bool__ = __buffer__ = __getattr__ = _never


class Asked(type):
    """A class of classes that breaks whoever looks for one of them in a table."""

    def __hash__(cls):
        raise AssertionError("the class of a user's class was asked")

    def __eq__(cls, other):
        raise AssertionError("the class of a user's class was asked")


class Made(metaclass=Asked):
    """A class of that class."""


class Tuple(tuple):  # noqa: SLOT001 - as users write it
    """A tuple that answers for itself."""

    def __iter__(self):
        raise AssertionError("a subclass was looked into")


ALIKE = [
    (1, 1.0, True, "1", b"1", 1 + 0j, np.float64(1), np.int64(1), np.int32(1)),
    (0.0, -0.0),
    (None, 0, "", b"", (), [], {}, set()),
    (("a", "b"), ("ab",), ("a", ("b",)), ["a", "b"]),
    (np.zeros(4), np.zeros(4, dtype=np.float32), np.zeros((2, 2)), np.zeros(8)),
    (10**400, 10**400 + 1, -(10**400)),
    (range(3), range(4), slice(0, 3)),
    ({1: 2}, {2: 1}, {1, 2}, frozenset([1, 2])),
    (bytearray(b"x"), array.array("b", b"x"), b"x"),
]


@pytest.mark.parametrize("values", ALIKE)
def test_values_that_are_not_the_same_have_different_digests(values):
    assert len({digest(one) for one in values}) == len(values)


@pytest.mark.parametrize(
    "make",
    [
        lambda: (1, 2.5, "text", None, b"b", True, math.nan, 10**50),
        lambda: ([1, [2, (3.0,)]], {"a": [1]}, {3, 1, 2}),
        lambda: (np.arange(12.0).reshape(3, 4)[:, ::2], np.float32(2.5)),
        lambda: (np.array(["2026-01-01"], dtype="datetime64[D]"),),
        lambda: (bytearray(b"abc"), array.array("d", [1.0])),
        lambda: (range(5), slice(1, None)),
    ],
)
def test_equal_values_made_twice_have_equal_digests_and_are_not_opaque(make):
    assert digest(*make()) == digest(*make())
    assert not told(*make())[0]


def test_an_array_that_was_changed_in_place_has_another_digest():
    values = np.zeros(1000)
    before = digest(values)
    values[500] = 1e-300
    assert digest(values) != before


def test_a_view_in_another_order_is_known_by_what_it_shows():
    values = np.arange(6.0).reshape(2, 3)
    assert digest(values.T) == digest(values.T.copy())
    assert digest(values.T) != digest(values)


@dataclass
class Open:
    """A dataclass whose field may be set."""

    x: float


@dataclass(frozen=True)
class Phase:
    """Constants, as users hand them about."""

    name: str
    energy: float
    levels: tuple[float, ...] = ()

    def __eq__(self, other):
        raise AssertionError("a method of the user's was called")

    def __hash__(self):
        raise AssertionError("a method of the user's was called")


@dataclass(frozen=True, slots=True)
class Point:
    """The same with slots."""

    x: float
    y: float


@dataclass(frozen=True)
class Deeper(Phase):
    """A dataclass of a dataclass."""

    depth: int = 0


@dataclass(frozen=True)
class Pair:
    """Two fields, as ``Point`` has."""

    x: float
    y: float


@pytest.mark.parametrize("make", [Phase, Deeper], ids=["plain", "inherited"])
def test_a_frozen_dataclass_is_known_by_its_fields_and_nothing_of_it_runs(make):
    assert digest(make("cubic", 1.5, (1.0, 2.0))) == digest(make("cubic", 1.5, (1.0, 2.0)))
    assert digest(make("cubic", 1.5)) != digest(make("cubic", 1.5000001))
    assert not told(make("cubic", 1.5))[0]


def test_a_frozen_dataclass_with_slots_is_known_by_them_and_by_its_class():
    assert digest(Point(1.0, 2.0)) == digest(Point(1.0, 2.0)) != digest(Point(2.0, 1.0))
    assert digest(Point(1.0, 2.0)) != digest(Pair(1.0, 2.0))
    assert not told(Point(1.0, 2.0))[0]


def test_a_frozen_dataclass_that_holds_more_than_its_fields_is_opaque():
    kept = Pair(1.0, 2.0)
    object.__setattr__(kept, "norm", 2.236)
    assert told(kept)[0]


OPAQUE = {
    "an object": Answering,
    "a subclass of a tuple": lambda: Tuple((1, 2)),
    "an object of a class with a class of its own": Made,
    "a class with a class of its own": lambda: Made,
    "an array of objects": lambda: np.array([object()]),
    "a dataclass that may change": lambda: Open(1.0),
    "a field that is opaque": lambda: Pair(Answering(), 1.0),
    "a date": lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    "a member of an enumeration": lambda: enum.Enum("Colour", "RED").RED,
    "a function made on the way": lambda: lambda: None,
}


@pytest.mark.parametrize("what", OPAQUE)
def test_what_is_not_known_is_opaque_and_never_asked(what):
    value = OPAQUE[what]()
    assert told(value)[0]
    assert told([value])[0]
    assert digest(value) == digest(value)


def test_functions_of_modules_and_classes_are_known_by_their_identity():
    assert not told(math.sqrt, math, digest, int)[0]
    assert digest(math.sqrt) != digest(math.cos)


def test_large_and_deep_containers_are_opaque():
    deep = []
    for _ in range(50):
        deep = [deep]
    assert told(deep)[0]
    assert told(list(range(VALUES_AT_MOST + 1)))[0]
    assert not told(list(range(VALUES_AT_MOST - 10)))[0]


def test_what_no_dictionary_takes_as_a_key_is_told():
    assert [told(one)[1] for one in ([1], {}, np.zeros(1), ([1],))] == [True] * 4
    assert [told(one)[1] for one in (1, "a", (1, 2), None, np.float64(1))] == [False] * 5


# The object whose method is called


class Slotted:
    """Holds one value, and may hold another."""

    __slots__ = ("later", "x")

    def __init__(self, x):
        self.x = x


class Model:
    """Parameters and parts, as users keep them."""

    def __init__(self, scale, rows):
        self.scale, self.table = scale, np.arange(float(rows))
        self.part = Slotted([scale, {"rows": rows}])

    def __getattribute__(self, name):
        raise AssertionError("a method of the user's was called")


class Counted(dict):
    """Holds more than its attributes."""


def state(owner, *values):
    """The digest of a call of a method, and whether it is opaque and has an argument that is no key."""
    one = Digest()
    return one.of(values, [owner]), one.opaque, one.unhashable


def test_an_owner_is_known_by_what_it_and_its_parts_hold():
    assert state(Model(2.0, 5), 1) == state(Model(2.0, 5), 1)
    assert state(Model(2.0, 5), 1)[1:] == (False, False)
    assert len({state(one, 1)[0] for one in (Model(2.0, 5), Model(2.5, 5), Model(2.0, 6))}) == 3
    assert state(Model(2.0, 5), 1)[0] != state(Model(2.0, 5), 2)[0]


def test_an_owner_that_was_changed_in_place_is_another():
    one = Model(2.0, 5)
    before = state(one)[0]
    object.__getattribute__(one, "table")[3] = 0.5
    changed = state(one)[0]
    object.__getattribute__(one, "part").later = None
    assert len({before, changed, state(one)[0]}) == 3


def test_what_is_handed_over_is_not_looked_into_as_an_owner_is():
    assert told(Slotted(1)) == (True, False)
    assert state(Slotted(1), Slotted(1))[1]
    assert state(Slotted(1), [1])[1:] == (False, True)


def around():
    one = Slotted(None)
    one.x = one
    return one


@pytest.mark.parametrize(
    "owner",
    [
        np.random.default_rng(1),
        iter([1, 2]),
        (n for n in range(3)),
        Counted(a=1),
        ValueError("x"),
        Made(),
        Slotted(iter([1])),
        Slotted(list(range(VALUES_AT_MOST + 1))),
        around(),
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    ],
    ids=lambda one: type(one).__name__,
)
def test_an_owner_that_may_hold_more_than_is_seen_is_opaque(owner):
    assert state(owner)[1]
