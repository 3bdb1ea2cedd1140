"""The -k expression."""

from __future__ import annotations

import pytest

from perfwatch.errors import UsageError
from perfwatch.measure.select import selector


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("fit", {"fit_small", "fit_large", "Refit"}),
        ("fit and not large", {"fit_small", "Refit"}),
        ("large or predict", {"fit_large", "predict"}),
        ("not (fit or predict)", {"load"}),
        ("not not load", {"load"}),
        ("fit and (small or large)", {"fit_small", "fit_large"}),
        ("load or fit and small", {"load", "fit_small"}),
    ],
)
def test_words_are_joined_by_and_or_not_and_parentheses(expression, chosen):
    names = {"fit_small", "fit_large", "Refit", "predict", "load"}
    assert {name for name in names if selector(expression)(name)} == chosen


def test_a_word_may_hold_what_node_ids_hold():
    assert selector("test_x.py::test[a-1]")("tests/test_x.py::test[a-1]")


@pytest.mark.parametrize("expression", ["", "fit and", "or fit", "(fit", "fit)", "not", "fit predict", "()"])
def test_an_expression_that_does_not_parse_says_where(expression):
    with pytest.raises(UsageError) as caught:
        selector(expression)
    assert "does not parse" in caught.value.happened
    assert caught.value.do.startswith("Write words joined by and, or, not")


def test_nothing_in_an_expression_is_evaluated():
    assert not selector("__import__")("anything")
