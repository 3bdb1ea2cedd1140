"""Functions of a script, of a session and of a folder on the path: what of these reaches the workers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import perfwatch
from perfwatch.api.results import Where

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs fork and wait4")

QUICK = {"budget": 8, "processes": 2}

SCRIPT = """
import json
import perfwatch


class Point:
    def __init__(self, x):
        self.x = x


def work(point):
    return sum(range(point.x))


{guard}
{indent}timing = perfwatch.benchmark(work, Point(1000), budget=8, processes=2)
{indent}print(json.dumps([timing.where, len(timing.timing.processes), *timing.marks]))
"""


def said_by(project, guard, indent):
    (project / "measure_me.py").write_text(SCRIPT.format(guard=guard, indent=indent))
    done = subprocess.run(
        [sys.executable, "measure_me.py"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_guarded_scripts_own_functions_and_classes_go_to_workers(project):
    assert said_by(project, 'if __name__ == "__main__":', "    ") == ["workers", 2]


def test_a_script_without_a_guard_is_measured_here_and_not_run_again(project):
    where, processes, _, because = said_by(project, "", "")
    assert (where, processes) == ("here", 1)
    assert "has no line `if __name__" in because


def test_an_interactive_session_is_measured_here(project):
    code = (
        "import perfwatch\ndef f(): return sum(range(100))\nprint(perfwatch.benchmark(f, budget=1).marks[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=120, check=True
    )
    assert "interactive session" in done.stdout


def test_a_folder_that_the_program_put_on_its_path_is_there_for_the_workers(project, monkeypatch):
    hidden = project / "lib" / "deep"
    hidden.mkdir(parents=True)
    (hidden / "deep_model.py").write_text("def f():\n    return sum(range(100))\n")
    monkeypatch.syspath_prepend(Path("lib") / "deep")
    import deep_model

    assert perfwatch.benchmark(deep_model.f, **QUICK).where is Where.WORKERS
    sys.modules.pop("deep_model")
