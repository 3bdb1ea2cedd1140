"""Rounds of real processes: as many as are wanted or fit, each level equally often, and what was complete is kept."""

from __future__ import annotations

import os
import sys
from random import Random

import pytest
from builders import make_header, make_target

from perfwatch.collect.ownership import Ownership
from perfwatch.errors import NothingMeasured, TargetFailed
from perfwatch.measure.setting import Setting
from perfwatch.measure.streams import Input
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Noted, PassName, Plan, Policy, Recorded
from perfwatch.records.run import TargetKind
from perfwatch.selftest import Asked, measure_selftest

if sys.platform == "win32":
    pytest.skip("turns need named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

HOUR_NS = 3_600_000_000_000
WORK = "def work():\n    return sum(range(20_000))\n"


def asked(folder, source=WORK, **changes):
    """Sides that hold the same file, and a gate that plays one pair of each kind."""
    seats = {side: setting_of(folder / side.value, source) for side in Side}
    target = make_target(kind=TargetKind.CALLABLE, module="bench", function="work", path=None)
    facts = {
        "header": make_header(targets=(target,)),
        "seats": seats,
        "plan": Plan(passes=(PassName.TIMING,), per_benchmark_ns=1),
        "policy": Policy(),
        "budget_ns": HOUR_NS,
        "coin": Random(3),
    }
    return Asked(**{**facts, **changes})


def setting_of(folder, source):
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    (folder / "bench.py").write_text(source, encoding="utf-8")
    return Setting(
        root=folder,
        cwd=folder,
        interpreter=sys.executable,
        environment={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        folder=scratch,
        ownership=Ownership(root=folder, cwd=folder, libraries=(sys.prefix, sys.base_prefix)),
        stdin=Input(0, scratch),
    )


def test_every_block_of_rounds_has_each_level_once(tmp_path):
    found, stop = measure_selftest(asked(tmp_path, trials_count=2, levels=(0, 30)), Recorded())
    assert stop is None
    assert (found.rounds_count, found.wanted_count) == (4, 4)
    levels = [trial.slowdown_ratio for trial in found.trials]
    assert sorted(levels[:2]) == sorted(levels[2:]) == [0.0, 0.3]
    assert [level.flagged.trials_count for level in found.levels] == [2, 2]
    assert found.needed_ns > 0
    for trial in found.trials:
        assert (trial.extra is None) == (trial.slowdown_ratio == 0.0)
        assert trial.pairs_count >= 1


def test_one_round_is_played_whatever_the_budget_and_no_other_that_does_not_fit(tmp_path):
    found, _ = measure_selftest(asked(tmp_path, budget_ns=1), Recorded())
    assert (found.rounds_count, len(found.trials), found.wanted_count) == (1, 1, None)
    assert sum(level.flagged.trials_count for level in found.levels) == 1


class Interrupting(Recorded):
    """Ctrl-C while the second round is under way."""

    def __call__(self, event):
        if any(isinstance(one, Noted) for one in self.events) and not isinstance(event, Noted):
            raise KeyboardInterrupt
        super().__call__(event)


def test_an_interruption_keeps_the_rounds_that_were_complete(tmp_path):
    found, stop = measure_selftest(asked(tmp_path), Interrupting())
    assert isinstance(stop, KeyboardInterrupt)
    assert found.interrupted
    assert (found.rounds_count, len(found.trials)) == (1, 1)


def test_an_interruption_before_anything_is_complete_is_one(tmp_path):
    def interrupting(_event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_selftest(asked(tmp_path), interrupting)


def test_a_benchmark_that_fails_is_the_error_where_there_is_no_other(tmp_path):
    source = "def work():\n    raise ValueError('no data')\n"
    with pytest.raises(TargetFailed, match="ValueError: no data"):
        measure_selftest(asked(tmp_path, source), Recorded())


def test_a_benchmark_that_fails_is_told_once_and_the_others_go_on(tmp_path):
    source = WORK + "\n\ndef broken():\n    raise ValueError('no data')\n"
    targets = [
        make_target(
            kind=TargetKind.CALLABLE,
            module="bench",
            function=name,
            path=None,
            name=name,
            key=f"callable:{name}",
        )
        for name in ("broken", "work")
    ]
    facts = {"header": make_header(targets=tuple(targets)), "trials_count": 2, "levels": (0,)}
    found, _ = measure_selftest(asked(tmp_path, source, **facts), Recorded())
    assert [trial.benchmark for trial in found.trials] == ["bench:work"] * 2
    # Both sides fail; the one that the coin lets call first tells of it.
    (failure,) = found.failures
    assert "bench:broken" in failure
    assert "ValueError: no data" in failure


def test_without_a_benchmark_that_is_timed_nothing_is_claimed(tmp_path):
    header = make_header(targets=())
    with pytest.raises(NothingMeasured, match="no pair of processes"):
        measure_selftest(asked(tmp_path, header=header), Recorded())
