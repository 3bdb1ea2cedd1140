"""What rules ask for, and what they conclude from what came out; nothing is executed here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_benchmark, make_pass, make_profiles, make_run

from perfwatch.diagnose import EXPERIMENTS_AT_MOST, diagnose, experiments_of
from perfwatch.diagnose.rule import Rule
from perfwatch.diagnose.rules import same_arguments, small_blas_threads
from perfwatch.records.experiment import Experiment, ExperimentKind, ExperimentOutcome, FunctionPlace
from perfwatch.records.finding import Grade
from perfwatch.records.profile import IoProfile, LineStat, ThreadPool
from perfwatch.records.run import PassName, SourceFile

PASSES = tuple(make_pass(name) for name in (PassName.CPU, PassName.LINES, PassName.IO))
PATTERNS = """\
import math

SCALE = 2.0


def pattern(mass, peaks=8):
    rows = [math.comb(mass, k) * SCALE for k in range(peaks)]
    return [x / max(rows) for x in rows]


def score(observed, mass):
    return sum(a * b for a, b in zip(observed, pattern(mass)))


def main(spectra):
    return [score(observed, mass) for observed, mass in spectra]
"""
#: Of one second: (own, with callees, hits) by line.
PATTERN_TIMES = {7: (0.6, 0.6, 1000), 8: (0.2, 0.2, 1000), 12: (0.1, 0.9, 1000), 16: (0.1, 1.0, 1000)}
PATTERN = FunctionPlace(file="script.py", line=6, name="pattern")
ALGEBRA = """\
import numpy as np


def step(matrix, vector):
    return np.linalg.solve(matrix, vector)


for _ in range(1000):
    step(np.eye(30), np.ones(30))
"""
ALGEBRA_TIMES = {5: (0.9, 0.9, 1000), 9: (0.1, 1.0, 1000)}
POOL = ThreadPool(library="OpenBLAS", kind="openblas", threads_count=2, cpu_over_wall=1.9)


def run_of(text, times, *, outcomes=(), pools=(), passes=PASSES):
    lines = tuple(
        LineStat(
            file="script.py",
            line=line,
            function="",
            source=text.splitlines()[line - 1],
            time_ns=own * 1e9,
            total_ns=total * 1e9,
            hits_count=hits,
        )
        for line, (own, total, hits) in times.items()
    )
    profiles = make_profiles(lines=lines, cpu=None, memory=None, io=IoProfile(pools=tuple(pools)))
    return make_run(
        benchmarks=(make_benchmark(per_call_ns=1e9, profiles=profiles, passes=passes),),
        sources=(SourceFile(file="script.py", digest="d", text=text),),
        experiments=tuple(outcomes),
    )


def outcome(kind, function=None, *, note="", absent="", **figures):
    figures = {name: float(value) for name, value in figures.items()}
    place = {"target": "script:script.py", "benchmark": "script.py"}
    return ExperimentOutcome(kind=kind, function=function, figures=figures, note=note, absent=absent, **place)


def digested(function=PATTERN, calls=1000, distinct=20, opaque=0, unhashable=0):
    counts = {"calls_count": calls, "distinct_count": distinct, "opaque_count": opaque}
    return outcome(ExperimentKind.ARGUMENTS, function, **counts, unhashable_count=unhashable, digest_ns=1e6)


def turns(ratio, least=None, cpu_ns=7.6e9):
    return outcome(
        ExperimentKind.ONE_THREAD,
        wall_ns=4.0e9,
        cpu_ns=cpu_ns,
        one_thread_wall_ns=4.0e9 / ratio,
        one_thread_cpu_ns=4.0e9 / ratio,
        executions_count=4,
        speed_ratio=ratio,
        least_speed_ratio=ratio if least is None else least,
    )


def found(run, rule):
    result = diagnose(run, (rule.RULE,))
    assert not [note for note in result.notes if note.startswith("The rule")], result.notes
    return result.ranked


# Asking


def test_the_dearest_functions_whose_answers_nobody_keeps_are_asked_about():
    (asked,) = experiments_of(run_of(PATTERNS, PATTERN_TIMES))
    assert (asked.kind, asked.target, asked.benchmark) == (
        *(ExperimentKind.ARGUMENTS, "script:script.py", "script.py"),
    )
    assert [one.name for one in asked.functions] == ["main", "score", "pattern"]
    assert PATTERN in asked.functions


@pytest.mark.parametrize(
    "changed",
    [
        PATTERNS.replace("def pattern", "@functools.lru_cache\ndef pattern"),
        PATTERNS.replace("for k in range(peaks)]", "for k in range(peaks) if k or pattern(mass, 1)]"),
    ],
    ids=["kept already", "calls itself"],
)
def test_a_function_that_another_rule_is_for_is_not_asked_about(changed):
    shift = changed.count("\n") - PATTERNS.count("\n")
    times = {line + shift: figures for line, figures in PATTERN_TIMES.items()}
    (asked,) = experiments_of(run_of(changed, times))
    assert "pattern" not in [one.name for one in asked.functions]


def test_a_decorated_function_is_named_by_the_line_its_code_begins_on():
    text = PATTERNS.replace("def pattern", "@checked\ndef pattern")
    times = {line + 1: figures for line, figures in PATTERN_TIMES.items()}
    (asked,) = experiments_of(run_of(text, times))
    assert PATTERN in asked.functions


def test_a_function_that_begins_with_a_loop_was_not_called_once_a_turn():
    text = "def walk(rows):\n    for row in rows:\n        row.sort()\n    return rows\n\n\nwalk(DATA)\n"
    times = {2: (0.1, 0.1, 5001), 3: (0.9, 0.9, 5000), 4: (0.0, 0.0, 1), 7: (0.0, 1.0, 1)}
    assert experiments_of(run_of(text, times)) == ()


def test_what_is_cheap_or_called_a_few_times_is_not_asked_about():
    rare = {line: (own, total, 19) for line, (own, total, _) in PATTERN_TIMES.items()}
    cheap = {line: (own * 0.09, total * 0.09, hits) for line, (own, total, hits) in PATTERN_TIMES.items()}
    assert experiments_of(run_of(PATTERNS, rare)) == ()
    assert experiments_of(run_of(PATTERNS, cheap)) == ()


def test_one_thread_is_asked_for_where_a_busy_pool_or_many_short_calls_do_algebra_and_nowhere_else():
    def kinds(pools, text=ALGEBRA, hits=1000):
        times = {5: (0.9, 0.9, hits), 9: (0.1, 1.0, hits)}
        return [one.kind for one in experiments_of(run_of(text, times, pools=pools))]

    idle = replace(POOL, cpu_over_wall=0.4)
    assert ExperimentKind.ONE_THREAD in kinds([POOL], hits=10)
    assert ExperimentKind.ONE_THREAD in kinds([idle])
    assert ExperimentKind.ONE_THREAD not in kinds([idle], hits=10)
    assert ExperimentKind.ONE_THREAD not in kinds([replace(POOL, threads_count=1)])
    assert ExperimentKind.ONE_THREAD not in kinds([POOL], ALGEBRA.replace("np.linalg.solve", "np.add"))


def test_nothing_is_asked_without_the_passes_that_a_rule_needs():
    assert experiments_of(run_of(PATTERNS, PATTERN_TIMES, passes=(make_pass(PassName.CPU),))) == ()


def test_what_was_tried_is_not_asked_for_again():
    assert experiments_of(run_of(PATTERNS, PATTERN_TIMES, outcomes=[digested()])) == ()


def rule_asking(ask):
    return Rule(
        slug="asking", title="", needs=frozenset(), shape="", limits="", source="", find=lambda _: (), ask=ask
    )


def test_no_more_is_asked_than_may_be_tried_and_the_dearest_first():
    wanted = [
        Experiment(kind=ExperimentKind.ARGUMENTS, target="t", benchmark=str(n), share_ratio=n / 10)
        for n in range(8)
    ]
    asked = experiments_of(run_of(PATTERNS, PATTERN_TIMES), (rule_asking(lambda _: wanted),))
    assert [one.benchmark for one in asked] == ["7", "6", "5", "4"][:EXPERIMENTS_AT_MOST]


def test_a_rule_that_raises_when_it_is_asked_costs_itself_alone_and_is_named():
    def broken(_):
        raise ValueError("no such scene")

    run = run_of(PATTERNS, PATTERN_TIMES)
    rules = (rule_asking(broken), same_arguments.RULE)
    assert len(experiments_of(run, rules)) == 1
    assert "The rule asking failed: ValueError: no such scene" in diagnose(run, rules).notes


# One thread


def test_the_measured_ratio_is_what_the_finding_says():
    (finding,) = found(
        run_of(ALGEBRA, ALGEBRA_TIMES, pools=[POOL], outcomes=[turns(4.0)]), small_blas_threads
    )
    assert finding.mechanism.startswith("with one thread it took 1.00 s instead of 4.00 s with 2 (openblas)")
    assert finding.share_ratio == pytest.approx(0.75)
    assert finding.ceiling_ratio == pytest.approx(4.0)
    assert (finding.confidence, finding.line_start) == (Grade.HIGH, 5)


@pytest.mark.parametrize("tried", [turns(1.04), turns(0.7), turns(1.5, least=1.0), turns(1.5, least=1.15)])
def test_where_one_thread_is_not_faster_in_every_pair_nothing_is_said(tried):
    assert found(run_of(ALGEBRA, ALGEBRA_TIMES, pools=[POOL], outcomes=[tried]), small_blas_threads) == ()


def test_where_no_second_thread_was_at_work_a_faster_run_is_the_machines_doing():
    tried = turns(1.5, cpu_ns=4.1e9)
    assert found(run_of(ALGEBRA, ALGEBRA_TIMES, pools=[POOL], outcomes=[tried]), small_blas_threads) == ()


def test_where_it_was_not_tried_the_finding_is_a_guess_and_says_so():
    lost = outcome(ExperimentKind.ONE_THREAD, absent="the target failed")
    for outcomes in ([], [lost]):
        run = run_of(ALGEBRA, ALGEBRA_TIMES, pools=[POOL], outcomes=outcomes)
        (finding,) = found(run, small_blas_threads)
        assert finding.confidence is Grade.MEDIUM
        assert finding.advice.summary.startswith("Try one thread")
    assert "The experiment one-thread on script.py brought nothing: the target failed" in diagnose(run).notes


def test_threads_that_wait_for_each_other_on_a_busy_machine_are_found_by_trying_alone():
    idle = replace(POOL, cpu_over_wall=0.4)
    assert found(run_of(ALGEBRA, ALGEBRA_TIMES, pools=[idle]), small_blas_threads) == ()
    (finding,) = found(
        run_of(ALGEBRA, ALGEBRA_TIMES, pools=[idle], outcomes=[turns(5.0)]), small_blas_threads
    )
    assert finding.confidence is Grade.HIGH


# The same arguments


def test_calls_with_known_arguments_are_found_at_the_line_that_makes_them():
    (finding,) = found(run_of(PATTERNS, PATTERN_TIMES, outcomes=[digested()]), same_arguments)
    assert (finding.line_start, finding.function, finding.confidence) == (12, "score", Grade.HIGH)
    assert finding.share_ratio == pytest.approx(0.8 * (1 - 20 / 1000))
    assert finding.mechanism.startswith("pattern (line 6) was called 1,000 times with 20 different arguments")
    assert finding.advice.code == "@functools.cache\ndef pattern(mass, peaks=8):"
    assert finding.evidence["distinct_count"] == 20


@pytest.mark.parametrize(
    "tried",
    [
        digested(distinct=501),
        digested(opaque=1),
        outcome(ExperimentKind.ARGUMENTS, PATTERN, absent="no entry of it was seen in this process"),
    ],
    ids=["mostly new", "opaque", "absent"],
)
def test_without_repetition_that_is_certain_nothing_is_said(tried):
    assert found(run_of(PATTERNS, PATTERN_TIMES, outcomes=[tried]), same_arguments) == ()


def test_half_of_the_calls_repeated_is_enough():
    assert found(run_of(PATTERNS, PATTERN_TIMES, outcomes=[digested(distinct=500)]), same_arguments)


def test_what_only_a_repeated_function_calls_goes_with_it():
    score = FunctionPlace(file="script.py", line=11, name="score")
    run = run_of(PATTERNS, PATTERN_TIMES, outcomes=[digested(), digested(score)])
    (finding,) = found(run, same_arguments)
    assert finding.mechanism.startswith("score ")


def test_arguments_that_are_no_keys_are_advised_otherwise():
    (finding,) = found(run_of(PATTERNS, PATTERN_TIMES, outcomes=[digested(unhashable=1000)]), same_arguments)
    assert "functools.cache" not in finding.advice.code
    assert "answers[key] = pattern(mass, peaks)" in finding.advice.code


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        ("rows = [library.of(mass, k) * SCALE for k in range(peaks)]", "that it only computes its answer"),
        ("rows = [mass * FACTORS[k] for k in range(peaks)]", "that FACTORS does not change between calls"),
    ],
)
def test_a_function_that_may_depend_on_more_is_doubted_and_the_doubt_is_named(line, doubt):
    text = PATTERNS.replace("rows = [math.comb(mass, k) * SCALE for k in range(peaks)]", line)
    text += "\n\nFACTORS = [1.0]\nfor n in range(9):\n    FACTORS.append(n)\n"
    (finding,) = found(run_of(text, PATTERN_TIMES, outcomes=[digested()]), same_arguments)
    assert finding.confidence is Grade.MEDIUM
    assert f"Check first {doubt}" in finding.advice.summary


@pytest.mark.parametrize(
    "line",
    [
        "rows = [random.random() * mass for k in range(peaks)]",
        "rows = [np.random.normal(mass) for k in range(peaks)]",
        "rows = [RNG.normal(mass) for k in range(peaks)]",
        "rows = [drawn(mass) for k in range(peaks)]",
        "rows = [mass] * peaks; SEEN.append(mass)",
        "rows = [mass] * peaks; print(mass)",
        "rows = [mass] * peaks; open('log', 'a').write(str(mass))",
        "rows = [mass] * peaks; time.sleep(0.001)",
        "global SCALE; SCALE = SCALE + 1; rows = [mass]",
    ],
)
def test_a_call_that_draws_or_changes_anything_is_never_advised_away(line):
    text = PATTERNS.replace("rows = [math.comb(mass, k) * SCALE for k in range(peaks)]", line)
    text = text.replace("import math", "import math, random, time, numpy as np")
    text += (
        "\n\nSEEN = []\nRNG = np.random.default_rng()\n\n\ndef drawn(x):\n    return x + random.random()\n"
    )
    assert found(run_of(text, PATTERN_TIMES, outcomes=[digested()]), same_arguments) == ()


def test_a_function_without_an_answer_is_never_advised_away():
    text = PATTERNS.replace("    return [x / max(rows) for x in rows]", "    SINK[mass] = [x for x in rows]")
    assert found(run_of(text, PATTERN_TIMES, outcomes=[digested()]), same_arguments) == ()


def test_figures_of_the_first_calls_alone_say_so_in_the_notes():
    partial = replace(digested(), note="only its first 1,000 entries were digested")
    notes = diagnose(run_of(PATTERNS, PATTERN_TIMES, outcomes=[partial])).notes
    assert (
        "The experiment arguments on script.py, pattern: only its first 1,000 entries were digested" in notes
    )
