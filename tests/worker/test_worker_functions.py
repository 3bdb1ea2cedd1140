"""A callable is called as its set-up says."""

from __future__ import annotations

import sys
import types
from typing import NamedTuple

import pytest
from serving import Recording, serve

from perfwatch.worker import functions


class Point(NamedTuple):
    """A tuple that has a meaning of its own."""

    x: int
    y: int


@pytest.fixture
def space(monkeypatch):
    """A module of our own, to be named in requests."""
    module = types.ModuleType("space_of_test")
    monkeypatch.setitem(sys.modules, "space_of_test", module)
    monkeypatch.setattr(sys, "path", list(sys.path))
    module.taken = lambda *args, **kwargs: (args, kwargs)
    return module


def driven(case, names=None):
    collector = Recording()
    request = {"names": names, "target": {"cases": [{"name": "case", **case}]}}
    assert functions.drive(request, collector) == 0
    return collector


@pytest.mark.parametrize(
    ("made", "called"),
    [
        ((1, 2), ((1, 2), {})),
        ((), ((), {})),
        ({"a": 1}, ((), {"a": 1})),
        ([1, 2], (([1, 2],), {})),
        (7, ((7,), {})),
        ("text", (("text",), {})),
        (Point(1, 2), ((Point(1, 2),), {})),
    ],
    ids=["tuple", "empty tuple", "dict", "list", "number", "text", "named tuple"],
)
def test_what_a_set_up_returns_decides_how_the_function_is_called(space, made, called):
    space.make = lambda: made
    collector = driven({"function": "space_of_test:taken", "setup": "space_of_test:make"})
    assert collector.values == [called]


def test_without_a_set_up_the_function_is_called_with_nothing(space):
    assert driven({"function": "space_of_test:taken"}).values == [((), {})]


def test_a_workloads_inputs_are_one_argument_whatever_they_are(space):
    space.make = lambda size, seed: (size, seed)
    case = {
        "function": "space_of_test:taken",
        "setup": "space_of_test:make",
        "setup_arguments": ["small", 3],
        "setup_is_argument": True,
    }
    assert driven(case).values == [((("small", 3),), {})]


def test_an_attribute_of_an_attribute_can_be_named(space):
    space.Model = types.SimpleNamespace(fit=lambda: "fitted")
    assert driven({"function": "space_of_test:Model.fit"}).values == ["fitted"]


def test_what_cannot_be_called_is_a_failure_of_its_case(space):
    space.number = 3
    (record,) = driven({"function": "space_of_test:number"}).records
    assert record["error"]["type"] == "TypeError"
    assert "int" in record["error"]["message"]


def test_a_case_that_raises_does_not_stop_the_next(space):
    def broken():
        raise ValueError("no")

    space.broken = broken
    collector = Recording()
    cases = [
        {"name": "broken", "function": "space_of_test:broken"},
        {"name": "good", "function": "space_of_test:taken"},
    ]
    functions.drive({"names": None, "target": {"cases": cases}}, collector)
    assert [("error" in record, record["name"]) for record in collector.records] == [
        (True, "broken"),
        (False, "good"),
    ]


def test_only_chosen_cases_are_measured(space):
    assert driven({"function": "space_of_test:taken"}, names=["other"]).records == []


def test_the_folder_one_stands_in_is_importable(tmp_path):
    (tmp_path / "beside.py").write_text("def f():\n    print('called')\n", encoding="utf-8")
    target = {"kind": "callable", "cases": [{"name": "beside:f", "function": "beside:f"}]}
    done, answer = serve(tmp_path, "timing", target, options={"seconds": 0.01, "quick": True})
    assert done.stdout == "called\n"
    assert answer["complete"]
