"""A gate's answers in every form: a terminal, a page, Markdown, JSON; names from outside do nothing."""

from __future__ import annotations

import io
import json
import math
import re

import jsonschema
import pytest
from builders import make_comparison, make_report
from hostile import MARKUP
from rich.console import Console

from perfwatch.records.answer_change import AnswerChange, AnswerVerdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict
from perfwatch.records.proof import AnswerDifference
from perfwatch.report.answers_text import answer_lines, by_attention, summary_of
from perfwatch.report.gate_markdown import gate_markdown
from perfwatch.report.gate_text import render_gate
from perfwatch.report.html import render_html
from perfwatch.report.json_file import render_json, schema

PLACE = "[0].radius: 1 of 20 elements differ, most at [17], by 0.000320 of itself: 1.0 against 1.00032"
DIFFERENT = AnswerChange(
    benchmark="fit",
    verdict=AnswerVerdict.DIFFERENT,
    reason=PLACE,
    difference=AnswerDifference(equal=False, reason=PLACE, greatest_ratio=math.inf, index=(17,)),
)
RANDOM = AnswerChange(
    benchmark="draw",
    verdict=AnswerVerdict.INCOMPARABLE,
    reason="base disagrees with itself",
    advice="Seed what it draws from",
)
SAME = AnswerChange(benchmark="total", verdict=AnswerVerdict.SAME, reason="equal")


def nothing(name):
    return AnswerChange(
        benchmark=name, verdict=AnswerVerdict.NONE, reason="it returns nothing", advice="Let it return"
    )


def gated(*answers):
    comparison = make_comparison(benchmark="fit")
    gate = GateResult(
        verdict=GateVerdict.FAILED,
        policy=GatePolicy(same_output=True),
        comparisons=(comparison,),
        failing=(f"fit (answer): {PLACE}",),
        answers=answers,
    )
    return make_report(comparisons=(comparison,), gate=gate)


def printed(report):
    text = io.StringIO()
    render_gate(report, Console(file=text, width=200, highlight=False), None)
    return text.getvalue()


def test_what_wants_attention_comes_first_and_is_counted_by_word():
    answers = [SAME, nothing("a"), RANDOM, DIFFERENT]
    assert [one.benchmark for one in by_attention(answers)] == ["fit", "draw", "a", "total"]
    assert summary_of(answers) == "Answers: 1 different-answer, 1 not-comparable, 1 no-answer, 1 same."


def test_a_terminal_says_each_reason_once_and_what_to_do():
    said = printed(gated(SAME, RANDOM, DIFFERENT))
    assert said.count(PLACE) == 1
    assert "draw: not-comparable: base disagrees with itself. Seed what it draws from." in said
    assert "total" not in said


def test_a_gate_that_compared_no_answers_says_nothing_of_them():
    assert list(answer_lines(())) == []
    assert "Answers" not in printed(gated())
    assert "Answers" not in render_html(gated())


def test_benchmarks_that_return_nothing_share_one_sentence():
    (_, (sentence, _)) = answer_lines([nothing(f"b{number}") for number in range(9)])
    assert sentence == "b0, b1, b2, b3, b4 and 4 more: no-answer: it returns nothing. Let it return."


def test_a_long_list_is_cut_and_counted():
    lines = [words for words, _ in answer_lines([RANDOM] * 60)]
    assert len(lines) == 52
    assert lines[-1] == "and 10 more: not-comparable"


def test_markdown_names_what_fails_and_what_could_not_be_compared():
    text = gate_markdown(gated(SAME, RANDOM, DIFFERENT).gate)
    assert "fit (answer)" in text
    assert "- Answers: 1 different-answer, 1 not-comparable, 1 same." in text
    assert "Seed what it draws from" in text


def test_the_page_has_a_table_of_all_answers():
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", render_html(gated(SAME, RANDOM, DIFFERENT))))
    for text in ("different-answer", PLACE, "not-comparable", "Seed what it draws from", "total"):
        assert text in page


@pytest.mark.parametrize("render", [render_html, lambda report: gate_markdown(report.gate)])
def test_names_and_texts_from_outside_are_shown_and_do_nothing(render):
    hostile = AnswerChange(benchmark=MARKUP, verdict=AnswerVerdict.INCOMPARABLE, reason=MARKUP, advice=MARKUP)
    assert "<script>window" not in render(gated(hostile))


def test_json_has_each_answer_and_obeys_the_schema():
    document = json.loads(render_json(gated(SAME, DIFFERENT)))
    jsonschema.validate(document, schema())
    assert document["gate"]["policy"]["same_output"] is True
    same, different = document["gate"]["answers"]
    assert (same["verdict"], same["difference"]) == ("same", None)
    assert different["reason"] == PLACE
    assert different["difference"]["index"] == [17]
    assert different["difference"]["greatest_ratio"] is None
    assert set(different["rule"]) == {"rtol", "atol", "exact", "ignored"}


def test_the_schema_refuses_another_word_for_an_answer():
    document = json.loads(render_json(gated(SAME)))
    document["gate"]["answers"][0]["verdict"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema())
