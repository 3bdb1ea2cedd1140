"""Which benchmarks are chosen: by exact name, and by the ``-k`` expression.

An expression is words joined by ``and``, ``or``, ``not`` and parentheses. A word
matches where it stands anywhere in the name, whatever its case. It must not
evaluate anything as Python.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.records.plan import Plan

_TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")


def selected(plan: Plan) -> Callable[[str], bool]:
    """Return a test for names by all that the plan says of them; raises ``UsageError`` as ``selector`` does."""
    matches = selector(plan.keyword) if plan.keyword else lambda _name: True
    only, left_out = plan.names, plan.left_out
    return lambda name: name not in left_out and (only is None or name in only) and matches(name)


def selector(expression: str) -> Callable[[str], bool]:
    """Return a test for names; raises ``UsageError`` for an expression that does not parse."""
    tokens = _TOKEN.findall(expression)
    test, rest = _either(tokens, expression)
    if rest:
        raise _broken(expression, f"{rest[0]!r} stands where the expression should end")
    return test


def _either(tokens: list[str], whole: str) -> tuple[Callable[[str], bool], list[str]]:
    left, rest = _both(tokens, whole)
    while rest[:1] == ["or"]:
        right, rest = _both(rest[1:], whole)
        left = _joined(any, left, right)
    return left, rest


def _both(tokens: list[str], whole: str) -> tuple[Callable[[str], bool], list[str]]:
    left, rest = _single(tokens, whole)
    while rest[:1] == ["and"]:
        right, rest = _single(rest[1:], whole)
        left = _joined(all, left, right)
    return left, rest


def _joined(
    how: Callable[[list[bool]], bool], left: Callable[[str], bool], right: Callable[[str], bool]
) -> Callable[[str], bool]:
    return lambda name: how([left(name), right(name)])


def _single(tokens: list[str], whole: str) -> tuple[Callable[[str], bool], list[str]]:
    if not tokens or tokens[0] in (")", "and", "or"):
        raise _broken(
            whole, f"a word is missing before {tokens[0]!r}" if tokens else "a word is missing at its end"
        )
    word, rest = tokens[0], tokens[1:]
    if word == "not":
        inner, rest = _single(rest, whole)
        return lambda name: not inner(name), rest
    if word == "(":
        inner, rest = _either(rest, whole)
        if rest[:1] != [")"]:
            raise _broken(whole, "a parenthesis is not closed")
        return inner, rest[1:]
    return lambda name: word.casefold() in name.casefold(), rest


def _broken(expression: str, why: str) -> UsageError:
    return UsageError(
        f"The expression -k {expression!r} does not parse: {why}.",
        means="No benchmark was chosen.",
        do="Write words joined by and, or, not, as in: -k 'fit and not slow'",
    )
