"""The word for an answer of head held against base's: what differs, what cannot be compared, what says nothing."""

from __future__ import annotations

import io
import json
import random

import numpy as np
import pytest
from answering import answer

from perfwatch.measure.answering import Programme, Told
from perfwatch.proving.answer_changes import answer_change, crossed_answer
from perfwatch.proving.answers import compare_answers
from perfwatch.proving.written import Answer
from perfwatch.records.answer_change import AnswerVerdict
from perfwatch.records.proof import AnswerRule, Ignored
from perfwatch.worker.portable import Writer

PLAIN = AnswerRule()


def told(value, **beside):
    found = answer(value, **beside)
    return Told(record=found.record, data=found.data)


def changed(base, head, rule=PLAIN):
    """The change between what base told twice and what head told once."""
    return answer_change("fit", [told(base), told(base)], [told(head)], rule)


def printing(text, exit_code=0):
    data = text.encode()
    programme = Programme(
        exit_code=exit_code, printed=text, printed_bytes=len(data), digest=str(hash(data)), files={}
    )
    return Told(programme=programme)


def test_another_number_is_named_by_its_place_and_by_how_much_of_itself():
    base, head = {"radius": np.ones(20)}, {"radius": np.ones(20)}
    head["radius"][17] += 3.2e-4
    change = changed([base], [head])
    assert change.verdict is AnswerVerdict.DIFFERENT
    assert change.reason.startswith(
        "[0]['radius']: 1 of 20 elements differ, most at [17], by 0.000320 of itself"
    )
    assert change.difference.index == (17,)


def test_a_lone_number_is_named_by_how_much():
    assert changed(2.0, 2.5).reason == "the value: differs by 0.250 of itself: 2.0 against 2.5"


def test_both_sides_are_called_by_their_names():
    assert changed([1, 2], (1, 2)).reason == "the value: a list in base, a tuple in head"
    assert changed({"a": 1}, {"b": 1}).reason == "['a']: only base has it"


def test_rounding_is_the_same_answer_and_says_how_much():
    change = changed(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-12]))
    assert change.verdict is AnswerVerdict.SAME
    assert change.reason == "equal but for rounding, by 5.00e-13 of itself at most"


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (PLAIN, AnswerVerdict.DIFFERENT),
        (AnswerRule(rtol=1e-3), AnswerVerdict.SAME),
        (AnswerRule(rtol=1e-7), AnswerVerdict.DIFFERENT),
    ],
)
def test_the_rule_decides_what_counts(rule, verdict):
    assert changed(1.0, 1.0001, rule).verdict is verdict


def test_what_is_ignored_makes_no_difference():
    base = [told(1.0, warnings=[["RuntimeWarning", "x"]])] * 2
    assert answer_change("fit", base, [told(1.0)], PLAIN).verdict is AnswerVerdict.DIFFERENT
    lenient = AnswerRule(ignored=(Ignored.WARNINGS,))
    assert answer_change("fit", base, [told(1.0)], lenient).verdict is AnswerVerdict.SAME


def test_a_base_that_disagrees_with_itself_is_no_failure_and_no_pass():
    draw = random.Random(3).random
    change = answer_change("fit", [told(draw()), told(draw())], [told(draw())], PLAIN)
    assert change.verdict is AnswerVerdict.INCOMPARABLE
    assert change.reason.startswith(
        "base disagrees with itself from one process to the next: the value: differs"
    )
    assert "Seed" in change.advice


def test_a_base_whose_third_answer_differs_takes_the_failure_back():
    base = [told(True), told(True), told(False)]
    change = answer_change("fit", base, [told(False), told(True)], PLAIN)
    assert change.verdict is AnswerVerdict.INCOMPARABLE


def test_a_head_that_alone_is_random_differs_and_is_said_to_be():
    change = answer_change("fit", [told(1.0)] * 3, [told(2.0), told(3.0)], PLAIN)
    assert change.verdict is AnswerVerdict.DIFFERENT
    assert change.reason.endswith("head disagrees with itself from one process to the next, too")


def test_a_side_without_an_answer_is_said_with_its_reason():
    change = answer_change("fit", [told(1.0)] * 2, [Told(why="its process was killed by SIGSEGV")], PLAIN)
    assert change.verdict is AnswerVerdict.INCOMPARABLE
    assert change.reason == "head gave no answer: its process was killed by SIGSEGV"


def test_an_exception_on_one_side_is_another_answer():
    raised = Told(record={"value": {"is": "error", "class": "ValueError", "text": "no root"}})
    change = answer_change("fit", [told(1.0)] * 2, [raised], PLAIN)
    assert change.verdict is AnswerVerdict.DIFFERENT
    assert change.reason == "the value: a float in base, ValueError raised (no root) in head"


def test_an_object_without_parts_cannot_be_compared():
    change = changed([object()], [object()])
    assert change.verdict is AnswerVerdict.INCOMPARABLE
    assert change.reason.startswith("[0] is a object, which shows nothing of what it holds")
    assert "--rule" not in change.reason
    assert "plain data" in change.advice


def test_an_endless_generator_is_cut_and_not_passed():
    from itertools import count

    change = answer_change("fit", [told(count())] * 2, [told(count())], PLAIN)
    assert change.verdict is AnswerVerdict.INCOMPARABLE
    assert "too many parts" in change.reason


def test_nothing_returned_and_nothing_changed_is_no_answer():
    assert changed(None, None).verdict is AnswerVerdict.NONE
    node = answer([1]).record["value"]
    sorting = [told(None, changed={"0": node})] * 2
    assert answer_change("sort", sorting, sorting[:1], PLAIN).verdict is AnswerVerdict.SAME


def test_of_crossed_sides_no_answer_counts():
    change = crossed_answer(changed(1.0, 2.0), "head imported fit from base's tree.")
    assert (change.verdict, change.reason) == (
        AnswerVerdict.INCOMPARABLE,
        "head imported fit from base's tree",
    )


# Programmes


def test_programmes_differ_by_what_they_print_and_how_they_end():
    same = [printing("sum 1.5\n")] * 2
    assert answer_change("s", same, [printing("sum 1.5\n")], PLAIN).verdict is AnswerVerdict.SAME
    other = answer_change("s", same, [printing("sum 1.8\n")], PLAIN)
    assert other.reason == "output: line 1: 'sum 1.5' in base, 'sum 1.8' in head, by up to 0.200 of a number"
    ended = answer_change("s", same, [printing("sum 1.5\n", exit_code=3)], PLAIN)
    assert ended.reason == "base ends with 0, head with 3"


def test_a_programme_that_prints_nothing_is_said_to():
    change = answer_change("s", [printing("")] * 2, [printing("")], PLAIN)
    assert change.reason == "both end with 0 and print nothing"


def test_output_too_long_to_be_kept_is_not_called_different():
    def long(digest):
        programme = Programme(exit_code=0, printed="1.0\n", printed_bytes=5_000_000, digest=digest)
        return Told(programme=programme)

    change = answer_change("s", [long("a")] * 2, [long("b")], PLAIN)
    assert change.verdict is AnswerVerdict.INCOMPARABLE
    exact = answer_change("s", [long("a")] * 2, [long("b")], AnswerRule(exact=True))
    assert exact.verdict is AnswerVerdict.DIFFERENT


# Data too large to be kept


def bounded(value, room):
    blobs = io.BytesIO()
    writer = Writer(blobs, bytes_at_most=room)
    writer.begin(room)
    node = json.loads(json.dumps(writer.node(value)))
    assert len(blobs.getvalue()) <= room
    return Answer(record={"value": node}, data=memoryview(blobs.getvalue()))


def test_data_beyond_the_bound_are_told_apart_by_a_digest_and_never_called_different():
    values = np.arange(1000.0)
    whole, cut = bounded(values, 10_000), bounded(values, 100)
    assert compare_answers(whole, cut, PLAIN).uncertain == ""
    other = compare_answers(whole, bounded(values + 1e-12, 100), PLAIN)
    assert other.equal
    assert other.uncertain == "the value is too large to be compared part by part"


def test_data_beyond_the_bound_still_differ_by_shape():
    found = compare_answers(bounded(np.ones(1000), 100), bounded(np.ones(999), 100), PLAIN)
    assert not found.equal


def test_each_benchmark_has_room_of_its_own_within_that_of_the_process():
    blobs = io.BytesIO()
    writer = Writer(blobs, bytes_at_most=250)
    kept = []
    for _ in range(4):
        writer.begin(100)
        kept.append(writer.node(b"x" * 80)["at"][0] >= 0)
        assert writer.node(b"y" * 80)["at"][0] == -1
    assert kept == [True, True, True, False]
