"""What a worker is asked, and the bare command that has nothing of ours in it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest
from builders import make_target

from perfwatch.collect.ownership import Ownership
from perfwatch.measure.request import bare_command, described_cases, worker_command
from perfwatch.measure.setting import Setting
from perfwatch.measure.streams import Input
from perfwatch.records.run import TargetKind


@pytest.fixture
def setting(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Setting(
        root=tmp_path,
        cwd=tmp_path,
        interpreter="/env/bin/python",
        environment={},
        folder=scratch,
        ownership=Ownership(root=tmp_path),
        stdin=Input(0, scratch),
        lent_names=("memray",),
        lent_folders=("/ours",),
        append_path="/package",
    )


def requested(target, setting, **changes):
    command, answer = worker_command(target, setting, "cpu", ("a",), {"seconds": 1.0})
    document = json.loads((setting.folder / "request.json").read_text())
    return command, answer, {**document, **changes}


def test_a_script_is_run_by_the_path_its_user_would_type(setting, tmp_path):
    target = make_target(path=str(tmp_path / "sub" / "s.py"), arguments=("--its", "own"))
    assert bare_command(target, setting) == ("/env/bin/python", "sub/s.py", "--its", "own")


def test_a_script_outside_the_folder_is_run_by_its_whole_path(setting):
    target = make_target(path="/elsewhere/s.py")
    assert bare_command(target, setting) == ("/env/bin/python", "/elsewhere/s.py")


def test_a_module_is_run_by_its_name(setting):
    target = make_target(kind=TargetKind.MODULE, module="pack.main", path=None, arguments=("-x",))
    assert bare_command(target, setting) == ("/env/bin/python", "-m", "pack.main", "-x")


def test_a_request_says_what_to_do_with_what(setting, tmp_path):
    command, answer, document = requested(make_target(path=str(tmp_path / "s.py")), setting)
    assert command[0] == "/env/bin/python"
    assert command[1].endswith("launch.py")
    assert document["answer"] == str(answer)
    assert (document["task"], document["names"], document["options"]) == ("cpu", ["a"], {"seconds": 1.0})
    assert document["target"]["path"] == "s.py"
    assert document["lent"] == {"names": ["memray"], "folders": ["/ours"]}


def test_the_answer_of_an_earlier_pass_is_gone(setting, tmp_path):
    target = make_target(path=str(tmp_path / "s.py"))
    (setting.folder / "answer.json").write_text("old")
    _, answer, _ = requested(target, setting)
    assert not answer.exists()


def test_only_workloads_need_our_own_package_in_the_target(setting, tmp_path):
    script = make_target(path=str(tmp_path / "s.py"))
    workload = make_target(
        kind=TargetKind.WORKLOAD,
        name="workload:digital-twin/physics@vectorised",
        path=None,
        parameters={"size": "small", "seed": "0"},
    )
    assert requested(script, setting)[2]["append_path"] == ""
    assert requested(workload, setting)[2]["append_path"] == "/package"


def test_a_callable_is_one_case_with_its_set_up():
    target = make_target(kind=TargetKind.CALLABLE, module="m", function="C.f", setup="m:make", path=None)
    assert described_cases(target) == [{"name": "m:C.f", "function": "m:C.f", "setup": "m:make"}]


def test_a_workload_s_cases_carry_size_and_seed():
    target = make_target(
        kind=TargetKind.WORKLOAD,
        name="workload:digital-twin/physics",
        path=None,
        parameters={"size": "medium", "seed": "7"},
    )
    cases = described_cases(target)
    assert len(cases) >= 2
    assert all(case["setup_arguments"] == ["medium", 7] for case in cases)
    assert all(case["parameters"] == {"size": "medium", "seed": "7"} for case in cases)
    assert described_cases(replace(target, kind=TargetKind.SCRIPT)) == []


@pytest.mark.skipif(sys.platform == "win32", reason="such names exist on POSIX only")
def test_a_path_that_is_no_text_survives(setting, tmp_path):
    odd = b"s\xff.py".decode("utf-8", "surrogateescape")
    command, _, document = requested(make_target(path=str(tmp_path / odd)), setting)
    assert command
    assert document["target"]["path"] == odd
