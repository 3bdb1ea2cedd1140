"""What is known of a live process before it is watched, and whose files are whose in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perfwatch.collect.live import Interpreted, Live, TracingRules
from perfwatch.measure.attach_target import (
    assumed_interpreter,
    commit_of,
    interpreter_of,
    ownership_of,
    project_of,
    target_of,
)
from perfwatch.records.run import Commit, TargetKind

LIVE = Live(
    pid=4711,
    started=1.0,
    program="python",
    command=("/usr/bin/python3", "train.py"),
    executable="/usr/bin/python3.11",
    cwd=Path("/home/ada/twin"),
    user_id=1000,
    python=Interpreted(version=(3, 11)),
)
FOREIGN = TracingRules(user_id=0, capable=True)


def live_in(folder, **more):
    fields = {name: getattr(LIVE, name) for name in LIVE.__slots__}
    return Live(**{**fields, "cwd": folder, **more})


def owns(file, live=LIVE):
    return ownership_of(live, assumed_interpreter(live)).owns(file)


@pytest.mark.parametrize(
    ("file", "own"),
    [
        ("train.py", True),
        ("/home/ada/twin/physics.py", True),
        ("/usr/lib/python3.11/threading.py", False),
        ("/home/ada/twin/.venv/lib/python3.11/site-packages/numpy/core.py", False),
        ("<string>", False),
        ("_memray_attach_hook.py", False),
        ("/tmp/tmpa1_b2c3d/attach.py", False),
        ("/home/ada/twin/attach.py", True),
    ],
)
def test_the_users_files_are_told_from_the_interpreters_and_memrays(file, own):
    assert owns(file) is own


def test_code_below_the_systems_prefix_is_the_users_all_the_same():
    assert owns("/usr/src/twin/train.py", live_in(Path("/usr/src/twin")))


def test_a_process_that_stands_in_the_root_folder_has_its_project_beside_its_script():
    assert project_of(live_in(Path("/"), command=("python3", "/srv/job/train.py"))) == Path("/srv/job")
    assert project_of(live_in(Path("/"), command=("python3", "-m", "job"))) == Path.cwd()


def test_no_program_of_another_users_is_started():
    assert interpreter_of(LIVE, FOREIGN) is None
    assert commit_of(LIVE, FOREIGN) == Commit()


def test_no_program_of_another_file_system_is_started():
    here = live_in(Path.cwd(), shares_files=False, user_id=os.geteuid())
    assert interpreter_of(here, TracingRules(user_id=os.geteuid())) is None


def test_an_interpreter_that_was_not_asked_says_as_much_as_is_known():
    assumed = assumed_interpreter(LIVE)
    assert (assumed.version_text, assumed.free_threaded, assumed.installed) == ("3.11", False, {})
    assert assumed_interpreter(live_in(None, python=None, executable=None)).version_text == "unknown"


def test_two_watches_of_a_process_have_different_keys():
    first, second = target_of(LIVE, "2026-01-01T00:00:00Z"), target_of(LIVE, "2026-01-01T00:01:00Z")
    assert first.kind is TargetKind.PROCESS
    assert first.name == second.name == "pid 4711 (python3 train.py)"
    assert first.key != second.key
