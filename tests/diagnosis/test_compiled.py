"""Where compiled code has most of the time: what is asked of the machine, and what is said of its limit."""

from __future__ import annotations

import ast
import contextlib
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.linalg
from builders import make_benchmark, make_pass, make_profiles, make_run

from perfwatch.diagnose import EXPERIMENTS_AT_MOST, diagnose, experiments_of
from perfwatch.diagnose.compiled import TOLD, TOLD_METHODS
from perfwatch.diagnose.rule import Suspect
from perfwatch.diagnose.table import RULES
from perfwatch.records.experiment import (
    Experiment,
    ExperimentKind,
    ExperimentOutcome,
    FunctionPlace,
    StatementPlace,
)
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.profile import LineStat
from perfwatch.records.run import PassName, SourceFile
from perfwatch.worker.amounts import Amounts, UnknownError

PASSES = tuple(make_pass(name) for name in (PassName.CPU, PassName.LINES, PassName.IO))
SMOOTH = """\
import numpy as np


def smooth(fields, kernel, count):
    total = 0.0
    for _ in range(count):
        made = (
            fields @ kernel
        )
        total += made[0, 0]
    return total


print(smooth(np.ones((9, 9)), np.ones((9, 9)), 40))
"""
PLACE = StatementPlace(
    function=FunctionPlace(file="script.py", line=4, name="smooth"),
    line_start=7,
    line_end=9,
    text="made = fields @ kernel",
)


def run_of(*outcomes, text=SMOOTH, native=0.95, times=None, passes=PASSES):
    times = times or {8: 0.9, 10: 0.05}
    lines = tuple(
        LineStat(
            file="script.py",
            line=line,
            function="smooth",
            source=text.splitlines()[line - 1],
            time_ns=own * 1e9,
            total_ns=own * 1e9,
            hits_count=40.0,
            native_ratio=native,
        )
        for line, own in times.items()
    )
    profiles = make_profiles(lines=lines, cpu=None, memory=None, io=None)
    return make_run(
        benchmarks=(make_benchmark(per_call_ns=1e9, profiles=profiles, passes=passes),),
        sources=(SourceFile(file="script.py", digest="d", text=text),),
        experiments=outcomes,
    )


def limit(place=PLACE, absent="", **figures):
    told = {
        "executions_count": 40.0,
        "wall_ns": 22e6,
        "flops_count": 1e9,
        "moved_bytes": 5e7,
        "arithmetic_ns": 20e6,
        "memory_ns": 0.0,
        "product_flops_per_s": 50e9,
        "memory_bytes_per_s": 12e9,
        "tried_bytes": 5e7,
        "rows_count": 1000.0,
        "inner_count": 2000.0,
        "columns_count": 250.0,
        **figures,
    }
    told["reached_ratio"] = (told["arithmetic_ns"] + told["memory_ns"]) / told["wall_ns"]
    return ExperimentOutcome(
        kind=ExperimentKind.LIMIT,
        target="script:script.py",
        benchmark="script.py",
        statement=place,
        figures={} if absent else told,
        absent=absent,
    )


def asked_of(run):
    return [one for one in experiments_of(run) if one.kind is ExperimentKind.LIMIT]


def test_the_dearest_statement_is_asked_about_with_its_lines_and_its_function():
    (asked,) = asked_of(run_of())
    assert (asked.kind, asked.statement) == (ExperimentKind.LIMIT, PLACE)
    assert asked.share_ratio == pytest.approx(0.9)


def test_a_statement_at_the_module_s_own_level_belongs_to_the_module():
    text = "import numpy as np\na = np.ones((9, 9))\nb = a @ a\n"
    (asked,) = asked_of(run_of(text=text, times={3: 0.9}))
    assert asked.statement.function == FunctionPlace(file="script.py", line=1, name="<module>")


@pytest.mark.parametrize(
    "changed",
    [
        {"native": 0.2},
        {"times": {8: 0.4}},
        {"passes": (make_pass(PassName.TIMING),)},
        {
            "text": SMOOTH.replace("total += made[0, 0]", "for part in made @ made:\n            total += 1"),
            "times": {10: 0.9},
        },
    ],
)
def test_what_is_the_interpreters_or_cheap_or_a_loop_is_not_asked_about(changed):
    assert asked_of(run_of(**changed)) == []


@pytest.mark.parametrize(
    "text",
    [
        "np.exp(fields)",
        "helper(fields)",
        "fields ** 3",
        "[one + 1 for one in fields]",
        "fields.sum()",
        "fields",
    ],
)
def test_a_statement_whose_amount_nobody_could_tell_is_not_asked_about(text):
    assert asked_of(run_of(text=SMOOTH.replace("fields @ kernel", text))) == []


@pytest.mark.parametrize("name", sorted(TOLD))
def test_every_function_that_is_asked_about_has_an_amount(name):
    names = {"a": np.eye(8) + 0.1, "b": np.ones((8, 8))}
    frame = SimpleNamespace(f_locals=names, f_globals={"numpy": np, "scipy": scipy})
    for arguments in ("a, b", "a"):
        with contextlib.suppress(UnknownError, TypeError):
            pieces = Amounts(frame, np).of(ast.parse(f"c = {name}({arguments})").body[0])
            assert pieces or name in {"numpy.ravel", "numpy.transpose"}
            return
    pytest.fail(f"{name} has no amount")


@pytest.mark.parametrize(
    "text",
    ["a.dot(a)", "a.copy()", "a.astype('f4')", "a.reshape(4, 16) + 1", "a.ravel() + 1", "a.transpose() + 1"],
)
def test_every_method_that_is_asked_about_has_an_amount(text):
    frame = SimpleNamespace(f_locals={"a": np.eye(8)}, f_globals={})
    assert re.search(r"\.(\w+)\(", text)[1] in TOLD_METHODS
    assert Amounts(frame, np).of(ast.parse(f"c = {text}").body[0])


def test_it_is_not_asked_for_again():
    assert asked_of(run_of(limit())) == []


def test_it_pushes_nothing_out_that_a_rule_asks_for():
    def asking(kind):
        def ask(scene):
            place = {"target": scene.evidence.benchmark.target, "benchmark": scene.evidence.benchmark.name}
            yield Experiment(kind=kind, share_ratio=0.1, **place)

        return replace(RULES[0], ask=ask, find=lambda _: ())

    rules = [asking(ExperimentKind.ONE_THREAD), asking(ExperimentKind.ARGUMENTS)]
    assert len(rules) == EXPERIMENTS_AT_MOST
    assert [one.kind for one in experiments_of(run_of(), rules[:1])] == ["one-thread", "limit"]
    assert [one.kind for one in experiments_of(run_of(), rules)] == ["one-thread", "arguments"]


def test_it_is_not_asked_for_where_a_rule_is_sure_of_something():
    def find(scene):
        site = scene.sites[0]
        advice = Advice(summary="Do otherwise.", reference="https://numpy.org")
        yield Suspect(
            module=site.module, node=site.statement, share=0.9, mechanism="m", advice=advice, sure=Grade.HIGH
        )

    assert experiments_of(run_of(), [replace(RULES[0], ask=None, find=find)]) == ()
    assert len(experiments_of(run_of(), [replace(RULES[0], ask=None, find=lambda _: ())])) == 1


def test_a_product_near_the_limit_leaves_another_algorithm_and_says_both_speeds():
    bound = diagnose(run_of(limit())).bound
    assert bound.startswith("95% of the time passes in compiled code, most of it at script.py:7. ")
    assert "It does 45.5 GFLOP/s; tried in the same process, this machine reaches 50.0 GFLOP/s" in bound
    assert "(its own largest is 1,000 x 2,000 by 2,000 x 250)" in bound
    assert "91% of the machine's limit, which is its arithmetic" in bound
    assert "another algorithm, a narrower type, more threads" in bound


def test_a_pass_near_the_limit_leaves_fewer_passes():
    bound = diagnose(run_of(limit(flops_count=0.0, arithmetic_ns=0.0, memory_ns=4.2e6, wall_ns=5e6))).bound
    assert (
        "It does 10.0 GB/s; tried in the same process, this machine reaches 12.0 GB/s by passes over as much"
        in bound
    )
    assert "84% of the machine's limit, which is its memory" in bound
    assert "fewer passes over the arrays" in bound
    assert "FLOP" not in bound


def test_far_below_the_limit_the_calls_are_what_is_slow():
    bound = diagnose(run_of(limit(wall_ns=200e6))).bound
    assert "At these speeds its operations would take 10% of its time" in bound
    assert "fewer and larger calls" in bound


def test_nothing_above_the_whole_is_said():
    bound = diagnose(run_of(limit(wall_ns=15e6))).bound
    assert (
        "It does 66.7 GFLOP/s; tried in the same process, nothing was faster on this machine: 50.0 GFLOP/s"
        in bound
    )
    assert "100% of the machine's limit" in bound


@pytest.mark.parametrize(
    "tried",
    [
        limit(absent="what the statement amounts to is not known: fft(…)"),
        limit(place=StatementPlace(function=PLACE.function, line_start=3, line_end=3, text="x = 1")),
        limit(place=replace(PLACE, function=replace(PLACE.function, file="other.py"))),
    ],
)
def test_without_figures_for_this_statement_no_limit_is_named(tried):
    found = diagnose(run_of(tried))
    assert found.bound.endswith(
        "most of it at script.py:7: what is left to try there is fewer or larger calls, another algorithm, a narrower "
        "type, threads, or other hardware."
    )
    if tried.absent:
        assert "The experiment limit on script.py brought nothing: " + tried.absent in found.notes
