"""Answers are asked for by fresh processes: base's twice, head's once, and each once more where they differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import make_target

from perfwatch.collect.ownership import Ownership
from perfwatch.errors import PerfwatchError
from perfwatch.measure.answering import BUDGET_SHARE, HASH_SEED, NO_TIME, Asking, ask_sides
from perfwatch.measure.runner import Outcome
from perfwatch.measure.setting import Setting
from perfwatch.measure.streams import Captured, Input
from perfwatch.records.answer_change import AnswerChange, AnswerVerdict
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Plan
from perfwatch.records.run import TargetKind

NAMES = ("fit", "dies", "total")
MINUTE_NS = 60_000_000_000


class Run:
    """One side: answers each execution as ``says`` has it; a benchmark that dies takes its process with it."""

    def __init__(self, folder, says, *, kind=TargetKind.CALLABLE, environment=None, whole_program=False):
        folder.mkdir()
        self.target = make_target(kind=kind, module="fitting", function="fit", path=str(folder / "s.py"))
        self.plan = Plan()
        self.whole_program = whole_program
        self.setting = Setting(
            root=folder,
            cwd=folder,
            interpreter="/env/bin/python",
            environment=environment or {},
            folder=folder,
            ownership=Ownership(root=folder),
            stdin=Input(-1, folder),
        )
        self.says = says
        self.executions = []

    def execute(self, command, pass_name, step, *, judged=True, timeout_ns=None, environment=None):
        if self.whole_program:
            self.executions.append({"environment": environment, "timeout_ns": timeout_ns})
            return self.says(len(self.executions))
        request = json.loads(Path(command[2]).read_text())
        self.executions.append({"environment": environment, "timeout_ns": timeout_ns, **request})
        records = []
        for name in request["names"]:
            value = self.says(name, len(self.executions))
            if value is None:
                return Outcome(wall_ns=5, started_ns=0, exit_code=-9)
            records.append({"name": name, **value})
        Path(request["answer"]).write_text(json.dumps({"records": records}))
        return Outcome(wall_ns=5, started_ns=0, exit_code=0)


def number(value):
    return {"value": {"is": "int", "value": hex(value)}}


def asking(told):
    """Keep what was told; head differs where its first value is another than base's."""

    def judge(name, base, head):
        told[name] = (list(base), list(head))
        same = base[0].record == head[0].record
        verdict = AnswerVerdict.SAME if same else AnswerVerdict.DIFFERENT
        return AnswerChange(benchmark=name, verdict=verdict, reason="")

    return Asking(wanted=lambda names: names, judge=judge)


@pytest.fixture
def sides(tmp_path):
    def made(base, head, **options):
        return {
            Side.BASE: Run(tmp_path / "base", base, **options),
            Side.HEAD: Run(tmp_path / "head", head, **options),
        }

    return made


def test_base_is_asked_twice_and_head_once_where_they_agree(sides):
    runs, told = sides(lambda *_: number(1), lambda *_: number(1)), {}
    changes = ask_sides(runs, NAMES, asking(told), MINUTE_NS)
    assert [one.benchmark for one in changes] == list(NAMES)
    assert [len(runs[side].executions) for side in (Side.BASE, Side.HEAD)] == [2, 1]
    assert [len(each) for each in told["fit"]] == [2, 1]


def test_a_difference_is_looked_at_once_more_by_the_same_benchmarks_in_the_same_order(sides):
    runs, told = sides(lambda *_: number(1), lambda name, _: number(2 if name == "fit" else 1)), {}
    ask_sides(runs, NAMES, asking(told), MINUTE_NS)
    assert [len(runs[side].executions) for side in (Side.BASE, Side.HEAD)] == [3, 2]
    assert {tuple(one["names"]) for one in runs[Side.HEAD].executions} == {NAMES}
    assert [len(each) for each in told["fit"]] == [3, 2]


def test_nobody_is_asked_whose_answer_nobody_wants(sides):
    runs = sides(lambda *_: number(1), lambda *_: number(1))
    plain = asking({})
    assert ask_sides(runs, NAMES, Asking(wanted=lambda _: [], judge=plain.judge), MINUTE_NS) == ()
    ask_sides(runs, NAMES, Asking(wanted=lambda _: ["total"], judge=plain.judge), MINUTE_NS)
    assert [one["names"] for one in runs[Side.BASE].executions] == [["total"], ["total"]]


def test_a_benchmark_that_kills_its_process_costs_the_others_nothing(sides):
    runs, told = sides(lambda *_: number(1), lambda name, _: None if name == "dies" else number(1)), {}
    ask_sides(runs, NAMES, asking(told), MINUTE_NS)
    assert told["total"][1][0].record["value"] == told["fit"][1][0].record["value"] == number(1)["value"]
    assert told["dies"][1][0].why == "its process was killed by SIGKILL"


def test_an_error_of_one_benchmark_is_its_reason_and_a_value_counts_more(sides):
    failed = {"error": {"message": "no such file\nmore"}}
    says = {"fit": failed, "dies": number(1), "total": number(1)}
    runs, told = sides(lambda *_: number(1), lambda name, _: says[name]), {}
    ask_sides(runs, NAMES, asking(told), MINUTE_NS)
    assert told["fit"][1][0].why == "no such file"


def test_without_time_nobody_is_asked_and_that_is_the_reason(sides):
    runs, told = sides(lambda *_: number(1), lambda *_: number(1)), {}
    ask_sides(runs, NAMES, asking(told), 0)
    assert runs[Side.BASE].executions == []
    assert told["fit"][0][0].why == NO_TIME


def test_half_of_the_budget_is_the_limit_of_each_execution(sides):
    runs = sides(lambda *_: number(1), lambda *_: number(1))
    ask_sides(runs, NAMES, asking({}), MINUTE_NS)
    limits = [one["timeout_ns"] for run in runs.values() for one in run.executions]
    assert all(0 < limit <= BUDGET_SHARE * MINUTE_NS for limit in limits)


def test_a_supervisor_that_breaks_is_a_reason_and_no_crash(sides):
    def broken(_name, _number):
        raise PerfwatchError("The supervisor broke.", means="m", do="d")

    runs, told = sides(lambda *_: number(1), broken), {}
    ask_sides(runs, ("fit",), asking(told), MINUTE_NS)
    assert told["fit"][1][0].why == "The supervisor broke."


def test_all_processes_share_a_hash_seed_and_a_set_up_is_offered_one(sides):
    runs = sides(lambda *_: number(1), lambda *_: number(1))
    ask_sides(runs, ("fit",), asking({}), MINUTE_NS)
    for run in runs.values():
        for one in run.executions:
            assert one["environment"] == HASH_SEED
            assert one["target"]["cases"][0]["setup_offered"] == {"seed": 0}


def test_a_hash_seed_of_the_user_s_stays(sides):
    runs = sides(lambda *_: number(1), lambda *_: number(1), environment={"PYTHONHASHSEED": "7"})
    ask_sides(runs, ("fit",), asking({}), MINUTE_NS)
    assert runs[Side.BASE].executions[0]["environment"] == {}


def test_a_whole_programme_answers_by_its_output_and_a_dead_one_by_its_reason(sides):
    def prints(_number):
        printed = Captured(total_bytes=2, digest="d", tail="1\n")
        return Outcome(wall_ns=5, started_ns=0, exit_code=0, stdout=printed)

    def dies(_number):
        return Outcome(wall_ns=5, started_ns=0, exit_code=-11)

    runs, told = sides(prints, dies, kind=TargetKind.SCRIPT, whole_program=True), {}
    ask_sides(runs, ("s.py",), asking(told), MINUTE_NS)
    base, head = told["s.py"]
    assert (base[0].programme.exit_code, base[0].programme.printed) == (0, "1\n")
    assert head[0].programme is None
    assert "SIGSEGV" in head[0].why
