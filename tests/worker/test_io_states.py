"""What the table of stacks says of an instruction: which call it is, and of which format."""

from __future__ import annotations

import csv
import dis
import json
import pickle
import sys
from pickle import dumps

import pytest

from perfwatch.worker import io_states
from perfwatch.worker.io_states import BEYOND, NOWHERE, States, called


def instructions(function, words):
    return [one for one in dis.get_instructions(function) if one.opname.startswith(words)]


def calls_of(function):
    """The dotted names of all that a function calls, in order."""
    found = [called(function.__code__, one.offset) for one in instructions(function, "CALL")]
    return [".".join(names) for names in found if names]


def nested(file, rows):
    file.write(pickle.dumps(rows))
    return json.loads(file.read(10))


def test_a_call_inside_a_call_is_told_from_it():
    assert calls_of(nested) == ["pickle.dumps", "file.write", "file.read", "json.loads"]


def test_what_is_no_call_has_no_name():
    def plain(a, b):
        return a + b

    code = plain.__code__
    assert {called(code, one.offset) for one in dis.get_instructions(code)} == {()}


def over(file):
    for _ in csv.reader(file):
        pass
    rows = csv.reader(file)
    for _ in rows:
        pass


def test_a_loop_is_named_after_what_it_iterates_over():
    found = [called(over.__code__, one.offset) for one in instructions(over, "FOR_ITER")]
    assert found == [("csv", "reader", "(next)"), ("rows", "(next)")]


class Reaching:
    """Whatever is looked up on it is an error: a table must not ask a target's own objects anything."""

    def __getattr__(self, name):
        raise AssertionError(name)


HOSTILE = Reaching()


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("pickle.loads(look())", "pickle"),
        ("dumps(look())", "pickle"),
        ("rows = csv.writer(file)\nrows.writerow(look())", "CSV"),
        ("HOSTILE.dump(look())", ""),
        ("print(look())", ""),
    ],
)
def test_a_format_is_known_by_the_module_of_what_is_called(text, format_):
    space = {"pickle": pickle, "dumps": dumps, "csv": csv, "HOSTILE": HOSTILE}
    code = compile(text, "target.py", "exec")
    outer = [one for one in dis.get_instructions(code) if one.opname.startswith("CALL")][-1]
    names = called(code, outer.offset)
    assert io_states._format_of(names, code, space) == format_


def test_frames_of_ours_are_no_part_of_a_stack():
    assert States().of(None) == NOWHERE


def test_the_same_place_is_the_same_number_and_another_is_another():
    states = States()

    def here():
        return states.of(sys._getframe())

    assert len({here() for _ in range(3)}) == 1
    assert here() != here()


def test_the_table_stays_bounded():
    states = States()
    states.count = io_states.STATES_AT_MOST
    assert states.of(sys._getframe()) == BEYOND


def test_a_deep_recursion_keeps_few_frames():
    states = States()

    def deeper(left):
        return deeper(left - 1) if left else states.of(sys._getframe())

    number = deeper(300)
    frames = states.described()[number]["frames"]
    assert 1 <= len(frames) <= io_states.FRAMES_KEPT
    assert frames[0][2].endswith("deeper")


def test_json_s_own_frames_are_serialising():
    states = States()
    numbers = []

    class Seen:
        pass

    json.dumps(Seen(), default=lambda _: numbers.append(states.of(sys._getframe())))
    assert states.described()[numbers[0]]["format"] == "JSON"
