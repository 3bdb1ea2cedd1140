"""The rates that the rules promise, held by simulated suites with fixed seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pairs import Machine, measured

from perfwatch.compare import verdicts, wanted
from perfwatch.records.comparison import Verdict
from perfwatch.records.plan import Policy

POLICY = Policy()
CHANGED = {Verdict.SLOWER, Verdict.FASTER}
WEATHERS = {
    "quiet": {},
    "drift": {"drift": 0.005},
    "bursts": {"burst": 0.15},
    "heavy tails": {"tails": 3},
    "all at once": {"drift": 0.005, "burst": 0.15, "tails": 3},
}


def words(machine, names_and_shifts):
    timings = measured(machine, names_and_shifts, wanted, policy=POLICY)
    return {one.benchmark: one.verdict for one in verdicts(timings, tuple(names_and_shifts), POLICY)}


def share(seed, shift, word, *, trials, **weather):
    machine = Machine(np.random.default_rng(seed), quads=4, **weather)
    said = [words(machine, {"work": shift})["work"] for _ in range(trials)]
    return sum(one in word for one in said) / trials


@pytest.mark.parametrize("spread", [0.0, 0.01, 0.03])
@pytest.mark.parametrize("weather", WEATHERS)
def test_identical_code_is_never_or_hardly_ever_called_changed(spread, weather):
    rate = share(1, 0.0, CHANGED, trials=60, spread=spread, **WEATHERS[weather])
    assert rate == 0.0


@pytest.mark.parametrize("spread", [0.003, 0.01])
def test_a_change_as_large_as_the_margin_is_called_a_change_in_few_runs(spread):
    rate = share(2, math.log1p(POLICY.margin_ratio), CHANGED, trials=150, spread=spread)
    assert rate <= 0.01 + 3 * math.sqrt(0.01 * 0.99 / 150)


@pytest.mark.parametrize("spread", [0.003, 0.01])
def test_a_change_as_large_as_the_margin_is_called_none_in_few_runs(spread):
    rate = share(3, math.log1p(POLICY.margin_ratio), {Verdict.SAME}, trials=150, spread=spread)
    assert rate <= 0.01 + 3 * math.sqrt(0.01 * 0.99 / 150)


@pytest.mark.parametrize("weather", ["quiet", "bursts"])
def test_five_percent_are_found_at_one_percent_of_spread(weather):
    assert share(4, math.log(1.05), {Verdict.SLOWER}, trials=60, spread=0.01, **WEATHERS[weather]) >= 0.98


def test_two_percent_are_found_at_half_a_percent_of_spread():
    assert share(5, math.log(1.02), {Verdict.SLOWER}, trials=80, spread=0.005) >= 0.9


def test_no_change_is_mostly_called_the_same_at_half_a_percent_of_spread():
    assert share(6, 0.0, {Verdict.SAME}, trials=80, spread=0.005) >= 0.9


@pytest.mark.long
def test_a_suite_of_a_hundred_benchmarks_at_the_margin_has_a_false_red_in_few_runs():
    machine = Machine(np.random.default_rng(7), spread=0.008, quads=2)
    shifts = {f"work{number}": math.log1p(POLICY.margin_ratio) for number in range(100)}
    suites = 8
    wrong = sum(bool(CHANGED & set(words(machine, shifts).values())) for _ in range(suites))
    assert wrong <= 1
