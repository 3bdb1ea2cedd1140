"""memray is not let in where it could not come out, or would write with somebody else's rights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfwatch.collect.live import Interpreted, Live, TracingRules
from perfwatch.measure.attach_memory import memory_obstacle
from perfwatch.measure.attach_target import assumed_interpreter

LIVE = Live(
    pid=4711,
    started=1.0,
    program="python",
    command=("python", "train.py"),
    executable="/opt/my env/bin/python3.11",
    user_id=1000,
    user="ada",
    python=Interpreted(version=(3, 11)),
)
RULES = TracingRules(user_id=1000)
BARE = assumed_interpreter(LIVE)
WITH_MEMRAY = replace(BARE, modules=frozenset({"memray"}), installed={"memray": "1.20.0"})


@pytest.fixture
def debuggers(tmp_path, monkeypatch):
    """A folder that is all of the path; a program put into it is found."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def install(name):
        program = tmp_path / name
        program.touch(mode=0o755)

    return install


@pytest.mark.parametrize(
    ("live", "interpreter", "said"),
    [
        (replace(LIVE, user_id=7), WITH_MEMRAY, "sudo -u ada perfwatch attach 4711 --memory"),
        (replace(LIVE, user_id=7, user=""), WITH_MEMRAY, "sudo -u 7 perfwatch attach 4711 --memory"),
        (replace(LIVE, shares_files=False), WITH_MEMRAY, "another file system"),
        (LIVE, None, "could not be asked"),
        (LIVE, BARE, "'/opt/my env/bin/python3.11' -m pip install memray"),
        (LIVE, WITH_MEMRAY, "apt-get install gdb"),
    ],
)
def test_what_keeps_memray_out_is_told_with_what_mends_it(debuggers, live, interpreter, said):
    assert said in memory_obstacle(live, interpreter, RULES)


@pytest.mark.parametrize("name", ["gdb", "lldb"])
def test_with_memray_and_a_debugger_nothing_is_in_the_way(debuggers, name):
    debuggers(name)
    assert memory_obstacle(LIVE, WITH_MEMRAY, RULES) == ""


def test_an_interpreter_that_lets_code_in_by_itself_needs_no_debugger(debuggers):
    assert memory_obstacle(LIVE, replace(WITH_MEMRAY, version=(3, 14, 0)), RULES) == ""
    assert "gdb" in memory_obstacle(LIVE, replace(WITH_MEMRAY, version=(3, 13, 9)), RULES)
