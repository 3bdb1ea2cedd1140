"""One traced call for each subject, in a capture of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from serving import script, serve

if sys.platform == "win32":
    pytest.skip("memray does not exist for Windows", allow_module_level=True)

MODULE = """
def grow():
    print("called")
    return bytearray(2_000_000)

def broken():
    print("called")
    raise ValueError("no")
"""


def served(tmp_path, *functions):
    script(tmp_path, MODULE, "mod.py")
    cases = [{"name": f"mod:{name}", "function": f"mod:{name}"} for name in functions]
    return serve(tmp_path, "memory", {"kind": "callable", "cases": cases}, options={"folder": str(tmp_path)})


def test_a_callable_is_traced_once_after_a_call_that_is_not_and_a_few_times_for_leaks(tmp_path):
    done, answer = served(tmp_path, "grow")
    (record,) = answer["records"]
    assert record["calls"] == 1
    assert 1 <= record["leaks"]["calls"] <= 4
    assert done.stdout == "called\n" * (2 + record["leaks"]["calls"])
    assert Path(record["capture"]).stat().st_size > 0
    assert answer["process"]["tool"] == "memray"


def test_each_subject_has_a_capture_of_its_own(tmp_path):
    _, answer = served(tmp_path, "grow", "grow")
    captures = [record["capture"] for record in answer["records"]]
    assert len(set(captures)) == 2
    assert all(Path(capture).exists() for capture in captures)


def test_a_subject_that_raises_does_not_stop_the_next(tmp_path):
    _, answer = served(tmp_path, "broken", "grow")
    assert [("error" in record, record["name"]) for record in answer["records"]] == [
        (True, "mod:broken"),
        (False, "mod:grow"),
    ]


def test_a_script_is_traced_in_its_only_call(tmp_path):
    target = script(tmp_path, "print('called')\nraise SystemExit(3)\n")
    done, answer = serve(tmp_path, "memory", target, names=["s"], options={"folder": str(tmp_path)})
    assert (done.returncode, done.stdout) == (3, "called\n")
    assert Path(answer["records"][0]["capture"]).exists()
