"""The gate's own rates: from pairs whose slowdown is known, what each trial says and what all of them come to."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from builders import make_target
from pairs import Machine, make_pair, measured
from rich.console import Console

from perfwatch.compare.paired import confirming_pairs, screen
from perfwatch.measure.side_by_side import SideBySide
from perfwatch.measure.two_sides import Sided
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import ExtraWork, Side, Stage
from perfwatch.records.plan import Policy
from perfwatch.records.selftest import BenchmarkRates, Selftest, Trial
from perfwatch.report.json_file import render_record
from perfwatch.report.selftest_text import render_selftest
from perfwatch.selftest import _wanted_alone, level_rates, trial_of
from perfwatch.stats.proportion import wilson

pytestmark = pytest.mark.smoke

SECOND_NS = 1_000_000_000


def extra(rounds=0, calls=0, percent=5, spent_ns=0, error=0.0):
    return ExtraWork(
        percent=percent, calls_count=calls, rounds_count=rounds, error_ratio=error, spent_ns=spent_ns
    )


def sided(timings):
    names = tuple(dict.fromkeys(timing.benchmark for timing in timings))
    found = SideBySide(timings=list(timings))
    return Sided(target=make_target(), base_names=names, head_names=names, found=found, benchmarks=())


def played(shift, *, spread=0.003, names=("work",), seed=1):
    """All pairs that the rules of a selftest ask for, on a simulated machine; the first is slowed."""
    machine = Machine(np.random.default_rng(seed), spread=spread)
    shifts = {name: shift if name == names[0] else 0.0 for name in names}

    def wanted(timings, _names, policy):
        return _wanted_alone(names, policy)(timings, frozenset())

    return measured(machine, shifts, wanted, policy=Policy())


def trial(**facts):
    return Trial(
        **{
            "target": "t",
            "benchmark": "work",
            "slowdown_ratio": 0.05,
            "verdict": Verdict.SLOWER,
            "reason": "",
            "duration_ns": 6 * SECOND_NS,
            **facts,
        }
    )


def test_a_slowdown_that_is_there_is_a_trial_that_found_it():
    one = trial_of(sided(played(math.log(1.05))), "work", 5, Policy())
    assert (one.verdict, one.slowdown_ratio) == (Verdict.SLOWER, 0.05)
    assert one.ratio == pytest.approx(1.05, abs=0.01)
    assert one.pairs_count >= 8


def test_the_same_work_on_both_sides_is_a_trial_that_found_nothing():
    one = trial_of(sided(played(0.0)), "work", 0, Policy())
    assert one.verdict is Verdict.SAME
    assert one.ratio == pytest.approx(1.0, abs=0.01)


def test_a_benchmark_without_a_pair_is_undecided_and_says_so():
    one = trial_of(sided(played(0.0)), "other", 2, Policy())
    assert (one.verdict, one.ratio, one.pairs_count) == (Verdict.UNDECIDED, None, 0)
    assert "no pair" in one.reason


def test_benchmarks_are_judged_each_as_if_it_alone_were_slowed_and_confirmed_after_all_were_screened():
    names = ("work", "one", "two", "three")
    timings = played(math.log(1.05), names=names)
    stages = [timing.stage for timing in timings]
    assert stages == sorted(stages, key=[Stage.SCREEN, Stage.CONFIRM].index)
    words = [trial_of(sided(timings), name, 0, Policy()).verdict for name in names]
    assert words == [Verdict.SLOWER, Verdict.SAME, Verdict.SAME, Verdict.SAME]
    slowed = [timing for timing in timings if timing.benchmark == "work"]
    # As many fresh pairs as where nothing else is measured: Holm has one red to reckon with.
    confirming = sum(one.stage is Stage.CONFIRM and one.against is Side.HEAD for one in slowed)
    assert confirming == confirming_pairs(slowed, screen(slowed, Policy()), 1, Policy())


def test_what_making_the_slowdown_took_is_no_part_of_a_trial_time():
    def pair(number, name, spent_ns):
        return make_pair(benchmark=name, pair=number, spent_ns=SECOND_NS, extra=extra(spent_ns=spent_ns))

    timings = [pair(1, "work", SECOND_NS // 2), pair(1, "other", 0), pair(2, "work", 0)]
    one = trial_of(sided(timings), "work", 5, Policy())
    # The first pair hosted two, which share what it cost and what weighing took.
    assert one.duration_ns == 2 * SECOND_NS - SECOND_NS // 4


def test_what_rounds_add_is_as_uncertain_as_it_differs_from_pair_to_pair():
    rounds = [900, 1_000, 1_100, 1_000]
    timings = [
        make_pair(shift=0.05, pair=number, loops_count=10, extra=extra(rounds=count, calls=0, error=1e-5))
        for number, count in enumerate(rounds)
    ]
    one = trial_of(sided(timings), "work", 5, Policy())
    assert one.extra_error_ratio == pytest.approx(0.05 * np.std(rounds, ddof=1) / 1_000 / 2)
    whole = [replace(timing, extra=extra(calls=5)) for timing in timings]
    assert trial_of(sided(whole), "work", 5, Policy()).extra_error_ratio == 0.0


def test_a_rate_counts_slower_where_there_is_a_slowdown_and_any_change_where_there_is_none():
    words = [Verdict.SLOWER, Verdict.FASTER, Verdict.SAME, Verdict.UNDECIDED]
    trials = [trial(slowdown_ratio=level, verdict=word) for level in (0.0, 0.05) for word in words]
    none, five = level_rates(trials, (0, 5))
    assert (none.flagged.flagged_count, five.flagged.flagged_count) == (2, 1)
    assert five.flagged.rate_ratio == 0.25
    assert five.flagged.interval == wilson(1, 4)
    assert five.verdicts == {"slower": 1, "faster": 1, "same": 1, "undecided": 1}


def test_errors_are_those_against_the_known_ratio():
    trials = [trial(ratio=1.05 * (1 + error)) for error in (0.001, -0.002, 0.003, -0.05)] + [
        trial(ratio=None)
    ]
    (five,) = level_rates(trials, (5,))
    assert five.error_median_ratio == pytest.approx(0.0025)
    assert five.error_90th_ratio == pytest.approx(0.05)
    assert five.flagged.trials_count == 5


def test_a_level_that_had_no_trial_has_no_rate():
    (two,) = level_rates([trial()], (2,))
    assert (two.flagged.rate_ratio, two.flagged.interval, two.trial_ns) == (None, (0.0, 1.0), None)


def selftest(**changes):
    trials = (
        *(trial(slowdown_ratio=0.0, verdict=Verdict.SAME, ratio=1.001) for _ in range(9)),
        trial(slowdown_ratio=0.0, verdict=Verdict.FASTER, ratio=0.98),
        *(trial(ratio=1.06, extra=extra(rounds=100), extra_error_ratio=0.0004) for _ in range(3)),
        *(trial(ratio=1.04, verdict=Verdict.UNDECIDED, extra=extra(rounds=100), benchmark="b\x1b[31m[x]") for _ in range(2)),
    )  # fmt: skip
    levels = (0, 2, 5)
    facts = {
        "chosen": ("both sides are the same code",),
        "margin_ratio": 0.01,
        "budget_ns": 600 * SECOND_NS,
        "per_benchmark_ns": 15 * SECOND_NS,
        "levels": level_rates(trials, levels),
        "benchmarks": tuple(
            BenchmarkRates(
                target="t",
                benchmark=name,
                levels=level_rates([one for one in trials if one.benchmark == name], levels),
            )
            for name in ("work", "b\x1b[31m[x]")
        ),
        "trials": trials,
        "rounds_count": 10,
        "duration_ns": 90 * SECOND_NS,
    }
    return Selftest(**{**facts, **changes})


def shown(record, width=100):
    stream = io.StringIO()
    render_selftest(record, Console(file=stream, width=width, highlight=False))
    return stream.getvalue()


def test_the_page_has_a_row_for_each_level_with_its_interval_and_error():
    text = shown(selftest())
    five = next(line for line in text.splitlines() if "3 of 5" in line)
    low, high = wilson(3, 5)
    assert f"{low:.0%} to {high:.0%}" in five
    assert "2 undecided" in five
    assert "0 of 0" in text
    assert "1 of 10" in text
    assert "1 faster" in text
    assert "known to within 0.04 points" in text
    assert "No further round fitted into 10 min 00 s" in text


def test_what_a_benchmark_is_called_steers_no_terminal():
    assert "\x1b[31m" not in shown(selftest())


def test_a_page_on_a_narrow_terminal_keeps_its_rates():
    text = shown(selftest(), width=60)
    assert "3 of 5" in text
    assert max(map(len, text.splitlines())) <= 60


def test_rounds_that_did_not_fit_are_said_with_the_time_that_all_take():
    text = " ".join(shown(selftest(wanted_count=40, needed_ns=360 * SECOND_NS)).split())
    assert "40 round(s) were wanted: they take about 6 min 00 s, and the budget was 10 min 00 s" in text


def test_an_interruption_a_failure_and_a_void_gate_are_said():
    text = shown(
        selftest(interrupted=True, failures=("work failed on the side of head: no data",), void_count=2)
    )
    for words in ("Interrupted: what was complete is shown", "no data", "void 2 time(s)"):
        assert words in text


def test_the_document_holds_every_trial_and_no_lone_surrogate():
    document = json.loads(render_record("selftest", selftest(failures=("bad \udce9 name",))))
    assert document["schema"] == "perfwatch.selftest/1"
    assert len(document["selftest"]["trials"]) == 15
    assert document["selftest"]["levels"][2]["flagged"]["interval"] == list(wilson(3, 5))
    assert document["selftest"]["failures"] == ["bad \\udce9 name"]
