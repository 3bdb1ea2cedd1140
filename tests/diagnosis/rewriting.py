"""Rewriting small texts: what becomes of them, or that they are refused.

Each text marks the line that the finding points to with ``# <-``. What should become of it
is compared as a tree, so that blanks do not matter; comments are looked for in the text.
"""

from __future__ import annotations

import ast
from textwrap import dedent

from perfwatch.diagnose.rewrites import Changed, Refused, rewrite
from perfwatch.diagnose.source import read
from perfwatch.records.finding import Advice, Finding, Grade
from perfwatch.records.run import SourceFile

FILE = "study.py"
PACKAGES = frozenset({"numpy", "scipy", "numba"})
MARK = "# <-"


def finding(rule, line, file=FILE):
    """A finding of a rule at a line, with nothing else in it that a rewrite looks at."""
    return Finding(
        rule=rule, title="", benchmark="b", file=file, line_start=line, line_end=line, function="", mechanism="",
        share_ratio=0.9, ceiling_ratio=10.0, confidence=Grade.HIGH, severity=Grade.HIGH, priority=Grade.HIGH,
        effort=Grade.LOW, risk=Grade.LOW, advice=Advice(summary=""),
    )  # fmt: skip


def rewritten(rule, text, packages=PACKAGES):
    source = dedent(text).lstrip("\n")
    (line,) = [number for number, one in enumerate(source.split("\n"), 1) if MARK in one]
    program = read([SourceFile(file=FILE, digest="", text=source)])
    return rewrite(finding(rule, line), program, packages)


def tree(text):
    return ast.unparse(ast.parse(dedent(text)))


def becomes(rule, before, after, **more):
    found = rewritten(rule, before, **more)
    assert isinstance(found, Changed), found
    assert tree(found.text) == tree(after)
    return found


def refused(rule, text, **more):
    found = rewritten(rule, text, **more)
    assert isinstance(found, Refused), found.text
    assert found.reason
    return found.reason
