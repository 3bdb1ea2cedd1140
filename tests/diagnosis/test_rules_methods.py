"""The same call of a method with the same arguments: asked about, found by its object's state, and advised for."""

from __future__ import annotations

import pytest
from test_diagnosis_experiments import found, outcome, run_of

from perfwatch.diagnose import experiments_of
from perfwatch.diagnose.rewrites import Refused, rewrite
from perfwatch.diagnose.rules import same_arguments
from perfwatch.diagnose.source import read
from perfwatch.records.experiment import ExperimentKind, FunctionPlace
from perfwatch.records.finding import Grade
from perfwatch.records.run import SourceFile

KERNELS = """\
import math


class Kernel:
    order = 3

    def __init__(self, length):
        self.length = length

    def at(self, r):
        x = r / self.length
        return (1.0 + x) * math.exp(-x)


def total(kernel, distances):
    return sum(kernel.at(r) for r in distances)


total(Kernel(2.0), [i % 50 for i in range(5000)])
"""
#: Of one second: (own, with callees, hits) by line.
TIMES = {11: (0.4, 0.4, 5000), 12: (0.5, 0.5, 5000), 16: (0.1, 1.0, 1), 19: (0.0, 1.0, 1)}
AT = FunctionPlace(file="script.py", line=10, name="at")


def digested(calls=5000, distinct=50, opaque=0, unhashable=0):
    counts = {"calls_count": calls, "distinct_count": distinct, "opaque_count": opaque}
    return outcome(ExperimentKind.ARGUMENTS, AT, **counts, unhashable_count=unhashable, digest_ns=1e6)


def of(text=KERNELS, tried=None):
    shift = text[: text.index("def at(")].count("\n") - KERNELS[: KERNELS.index("def at(")].count("\n")
    times = {line + shift: figures for line, figures in TIMES.items()}
    return found(run_of(text, times, outcomes=[digested() if tried is None else tried]), same_arguments)


def asked(text):
    shift = text[: text.index("def at(")].count("\n") - KERNELS[: KERNELS.index("def at(")].count("\n")
    wanted = experiments_of(run_of(text, {line + shift: figures for line, figures in TIMES.items()}))
    return [one.name for experiment in wanted for one in experiment.functions]


def test_a_method_is_asked_about():
    assert "at" in asked(KERNELS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    def at(self, r):", "    @staticmethod\n    def at(self, r):"),
        ("    def at(self, r):", "    @functools.cache\n    def at(self, r):"),
        ("    def at(self, r):", "    def at(kernel, r, self=None):"),
    ],
    ids=["static", "kept already", "called of something else"],
)
def test_what_is_no_method_of_its_object_is_not(before, after):
    assert "at" not in asked(KERNELS.replace(before, after))


def test_methods_that_python_itself_calls_are_not():
    text = KERNELS.replace("def at(", "def __call__(").replace("kernel.at(r)", "kernel(r)")
    times = TIMES
    assert "__call__" not in [
        one.name for wanted in experiments_of(run_of(text, times)) for one in wanted.functions
    ]


def test_the_object_is_part_of_what_is_said_and_advised():
    (finding,) = of()
    assert finding.mechanism == (
        "at (line 10) was called 5,000 times with 50 different arguments and states of its object: 99% of its calls computed "
        "what was known"
    )
    assert finding.share_ratio == pytest.approx(0.9 * 0.99)
    assert finding.confidence is Grade.HIGH
    assert (
        "in a dictionary of its object's, by its arguments; empty it where self.length changes."
        in finding.advice.summary
    )
    assert finding.advice.code == (
        "key = (r,)\nif key not in self.answers:  # a dictionary, made in __init__\n    self.answers[key] = self.at(r)"
    )


def test_a_method_without_arguments_keeps_one_answer():
    text = KERNELS.replace("def at(self, r):\n        x = r", "def at(self):\n        x = 1").replace(
        "at(r)", "at()"
    )
    (finding,) = of(text, digested(distinct=1))
    assert "Keep the answer of at with its object" in finding.advice.summary
    assert "self.kept_at = self.at()" in finding.advice.code


def test_arguments_that_are_no_keys_are_made_some():
    (finding,) = of(tried=digested(unhashable=5000))
    assert "(shape, tobytes())" in finding.advice.code


@pytest.mark.parametrize(
    ("before", "after", "doubt"),
    [
        ("    order = 3", "    order = [3]", "that Kernel.order does not change between calls"),
        ("class Kernel:", "class Kernel(Base):", "that what Base holds does not change between calls"),
        ("math.exp(-x)", "self.tail(x)", "that it only computes its answer"),
    ],
)
def test_what_objects_have_in_common_is_doubted_and_named(before, after, doubt):
    (finding,) = of(KERNELS.replace(before, after))
    assert finding.confidence is Grade.MEDIUM
    assert f"Check first {doubt}" in finding.advice.summary


@pytest.mark.parametrize(
    "tried", [digested(opaque=1), digested(distinct=2501)], ids=["holds what is not known", "mostly new"]
)
def test_without_repetition_that_is_certain_nothing_is_said(tried):
    assert of(tried=tried) == ()


def test_a_method_that_moves_its_object_on_is_left_alone():
    assert (
        of(KERNELS.replace("        x = r / self.length", "        self.length += 1; x = r / self.length"))
        == ()
    )


def test_no_decorator_is_put_on_a_method():
    (finding,) = of()
    source = SourceFile(file="script.py", digest="d", text=KERNELS)
    assert isinstance(rewrite(finding, read((source,)), frozenset()), Refused)
