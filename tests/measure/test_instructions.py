"""The second witness with the real valgrind: known work is counted to a fifth of a percent, and no trouble is silent."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest
from builders import make_target
from pairs import make_pair, make_turn
from tools import need_program

from perfwatch.collect.ownership import Ownership
from perfwatch.compare import differ, side_by_side
from perfwatch.measure.instructions import count_sides
from perfwatch.measure.setting import Setting
from perfwatch.measure.streams import Input
from perfwatch.measure.target_run import TargetRun
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Plan, Policy, Recorded
from perfwatch.records.run import PassState, TargetKind

if sys.platform == "win32":
    pytest.skip("a gate needs named pipes, which Windows lacks", allow_module_level=True)

POLICY = Policy()
MINUTE_NS = 60_000_000_000
WORK = """
def work():
    found = 0
    for number in range({rounds}):
        found ^= number
    return found
"""


def setting_of(folder, **environment):
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    return Setting(
        root=folder,
        cwd=folder,
        interpreter=sys.executable,
        environment={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        folder=scratch,
        ownership=Ownership(root=folder, cwd=folder, libraries=(sys.prefix, sys.base_prefix)),
        stdin=Input(os.open(os.devnull, os.O_RDONLY), scratch),
    )


def runs_of(tmp_path, base, head, *, target=None, plan=None, **environment):
    """Both sides of a target, whose benchmarks are known."""
    runs = {}
    for side, source in ((Side.BASE, base), (Side.HEAD, head)):
        setting = setting_of(tmp_path / side.value, **environment)
        (setting.root / "bench.py").write_text(textwrap.dedent(source), encoding="utf-8")
        chosen = target or make_target(kind=TargetKind.CALLABLE, module="bench", function="work", path=None)
        if chosen.path is not None:
            chosen = make_target(kind=chosen.kind, name="bench.py", path=str(setting.root / "bench.py"))
        run = TargetRun(
            target=chosen, plan=plan or Plan(), setting=setting, progress=Recorded(), budget_ns=MINUTE_NS
        )
        assert run.discover() == ()
        runs[side] = run
    return runs


def counted(runs, *, each_ns=2_500_000, left_ns=10 * MINUTE_NS):
    """What the witness brings of all benchmarks, each call of which took ``each_ns`` in the pairs."""
    names = runs[Side.HEAD].names
    turn = make_turn(wall_ns=each_ns, cpu_ns=each_ns)
    timings = [make_pair(benchmark=name, base=turn, head=turn) for name in names]
    return count_sides(runs, timings, names, left_ns, lambda base, head: differ(base, head, POLICY))


def comparisons(found, runs):
    return {one.benchmark: one for one in side_by_side(found.amounts, runs[Side.HEAD].names, POLICY)}


ASV = make_target(kind=TargetKind.ASV, name="bench.py")


def test_five_percent_more_work_is_higher_by_five_percent(tmp_path):
    need_program("valgrind", "valgrind")
    runs = runs_of(tmp_path, WORK.format(rounds=20_000), WORK.format(rounds=21_000))
    found = counted(runs)
    (comparison,) = comparisons(found, runs).values()
    assert (comparison.metric, comparison.verdict) == ("instructions_count", Verdict.HIGHER)
    assert comparison.ratio == pytest.approx(1.05, rel=0.002)
    assert (found.witness.state, found.witness.executions_count) == (PassState.DONE, 2)
    base = [execution["bench:work"]["instructions_count"] for execution in found.amounts[Side.BASE]]
    assert base[0] == pytest.approx(base[1], rel=1e-4)
    assert list(runs[Side.BASE].setting.folder.glob("counting*")) == []


def test_the_same_work_is_the_same_to_a_ten_thousandth(tmp_path):
    need_program("valgrind", "valgrind")
    runs = runs_of(tmp_path, WORK.format(rounds=20_000), "# words\n" + WORK.format(rounds=20_000))
    found = counted(runs)
    (comparison,) = comparisons(found, runs).values()
    assert comparison.verdict is Verdict.SAME
    assert comparison.ratio == pytest.approx(1, abs=1e-4)
    assert found.witness.executions_count == 1


SUITE = """
import subprocess
from time import perf_counter

def _loop(rounds):
    found = 0
    for number in range(rounds):
        found ^= number
    return found

def time_plain():
    _loop(20_000)

class Prepared:
    number = 1

    def setup(self):
        _loop(40_000)

    def time_prepared(self):
        _loop(20_000)

def time_children():
    subprocess.run(["/bin/true"], check=True)

def time_broken():
    with open("/proc/self/maps") as file:
        if "callgrind" in file.read():
            raise ValueError("not under this")
"""


def test_what_fails_or_starts_children_is_said_and_set_up_is_not_counted(tmp_path):
    need_program("valgrind", "valgrind")
    runs = runs_of(tmp_path, SUITE, SUITE, target=ASV)
    found = counted(runs, each_ns=5_000_000)
    assert found.witness.state is PassState.PARTIAL
    assert "starts child processes" in found.witness.left_out["time_children"]
    assert "not under this" in found.witness.left_out["time_broken"]
    judged = comparisons(found, runs)
    assert judged.keys() == {"time_plain", "Prepared.time_prepared"}
    plain, prepared = (judged[name].head_value for name in ("time_plain", "Prepared.time_prepared"))
    assert prepared == pytest.approx(plain, rel=0.005)


DYING = """
import os, signal

def time_plain():
    for number in range(20_000):
        pass

def time_dying():
    with open("/proc/self/maps") as file:
        if "callgrind" in file.read():
            os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.mark.long
def test_who_dies_under_valgrind_takes_nobody_along(tmp_path):
    need_program("valgrind", "valgrind")
    runs = runs_of(tmp_path, DYING, DYING, target=ASV)
    found = counted(runs)
    assert comparisons(found, runs)["time_plain"].verdict is Verdict.SAME
    assert "died under valgrind (SIGSEGV)" in found.witness.left_out["time_dying"]


@pytest.mark.long
def test_a_script_is_counted_once_from_its_first_line_to_its_last(tmp_path):
    need_program("valgrind", "valgrind")
    sources = [f"{WORK.format(rounds=rounds)}\nwork()\n" for rounds in (100_000, 110_000)]
    runs = runs_of(tmp_path, *sources, target=make_target(name="bench.py"))
    found = counted(runs, each_ns=50_000_000)
    (comparison,) = comparisons(found, runs).values()
    assert comparison.ratio == pytest.approx(1.1, rel=0.005)


def pretended(folder, *programs):
    """A folder for PATH in which these programs are, and do nothing."""
    folder.mkdir()
    for name in programs:
        path = folder / name
        path.write_text("#!/bin/sh\necho valgrind-9.9\n", encoding="utf-8")
        path.chmod(0o755)
    return str(folder)


def test_without_valgrind_the_reason_and_the_command_are_said(tmp_path):
    path = pretended(tmp_path / "bin", "apt-get")
    runs = runs_of(tmp_path, WORK.format(rounds=1), WORK.format(rounds=1), PATH=path)
    witness = counted(runs).witness
    assert (witness.state, witness.reason) == (PassState.UNAVAILABLE, "valgrind is not in PATH")
    assert witness.advice.endswith("apt-get install valgrind")


def test_a_call_that_takes_too_long_is_left_out_with_the_time_it_would_take(tmp_path):
    path = pretended(tmp_path / "bin", "valgrind")
    runs = runs_of(tmp_path, WORK.format(rounds=1), WORK.format(rounds=1), PATH=path)
    witness = counted(runs, each_ns=30_000_000_000).witness
    assert witness.state is PassState.FAILED
    assert "30.0 s" in witness.left_out["bench:work"]
    assert "--per-benchmark" in witness.left_out["bench:work"]


def test_when_the_budget_is_spent_nothing_is_started(tmp_path):
    path = pretended(tmp_path / "bin", "valgrind")
    runs = runs_of(tmp_path, WORK.format(rounds=1), WORK.format(rounds=1), PATH=path)
    found = counted(runs, left_ns=0)
    assert "no time left" in found.witness.left_out["bench:work"]
    assert not Path(runs[Side.HEAD].setting.folder / "request.json").exists()


def test_a_valgrind_that_counts_nothing_is_told_from_a_count(tmp_path):
    path = pretended(tmp_path / "bin", "valgrind")
    runs = runs_of(tmp_path, WORK.format(rounds=1), WORK.format(rounds=1), PATH=path)
    found = counted(runs)
    assert comparisons(found, runs) == {}
    assert "died under valgrind (status 0)" in found.witness.left_out["bench:work"]
