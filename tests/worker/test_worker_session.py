"""One request, one answer: whichever way the target leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from serving import command_for, request_for, script, serve

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no termination signal to catch")
TIMING = {"names": ["s"], "options": {"seconds": 0.01}}


def run(tmp_path, text, **changes):
    target = script(tmp_path, text)
    return serve(tmp_path, "timing", {**target, **changes.pop("target", {})}, **{**TIMING, **changes})


def test_a_script_sees_what_it_would_see_alone(tmp_path):
    text = """
import sys
print(__name__, sys.argv, __file__, sys.path[0] == sys.modules["__main__"].__dict__["folder"]())
"""
    text = text.replace(
        "\nprint", "\nimport os\ndef folder(): return os.path.dirname(os.path.abspath(__file__))\nprint"
    )
    done, answer = run(tmp_path, text, target={"arguments": ["--its", "own"]})
    assert done.stdout == "__main__ ['script.py', '--its', 'own'] script.py True\n"
    assert answer["complete"]


def test_modules_of_ours_cannot_shadow_the_targets(tmp_path):
    (tmp_path / "memory.py").write_text("VALUE = 'mine'\n")
    text = "import memory\nprint(memory.VALUE)\ntry:\n    import session\nexcept ImportError:\n    print('hidden')\n"
    done, _ = run(tmp_path, text)
    assert done.stdout == "mine\nhidden\n"


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('no data')", 1, "no data"),
        ("raise SystemExit(259)", 3, ""),
    ],
)
def test_the_targets_exit_status_stays_its_own(tmp_path, text, status, said):
    done, answer = run(tmp_path, f"print('ran')\n{text}\n")
    assert (done.returncode, done.stdout) == (status, "ran\n")
    assert said in done.stderr
    assert answer["complete"]


def test_an_exception_is_printed_and_answered(tmp_path):
    done, answer = run(tmp_path, "def f():\n    return 1 / 0\nf()\n")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert answer["error"]["type"] == "ZeroDivisionError"
    assert "worker" not in answer["error"]["traceback"]
    assert not answer["complete"]


def test_a_target_that_leaves_through_os_exit_is_answered_for(tmp_path):
    done, answer = run(tmp_path, "import os\nprint('ran', flush=True)\nos._exit(7)\n")
    assert (done.returncode, done.stdout) == (7, "ran\n")
    assert answer["left_by"] == "os._exit"
    assert not answer["complete"]


def test_what_was_measured_before_os_exit_is_kept(tmp_path):
    script(tmp_path, "import os\ndef f(): pass\ndef g(): os._exit(0)\n", "mod.py")
    cases = [{"name": name, "function": name} for name in ("mod:f", "mod:g")]
    target = {"kind": "callable", "cases": cases}
    _, answer = serve(tmp_path, "timing", target, options={"seconds": 0.01})
    measured, left = answer["records"]
    assert measured["name"] == "mod:f"
    assert left["error"]["kind"] == "no-result"


@posix_only
def test_a_forked_child_does_not_answer_for_its_parent(tmp_path):
    text = """
import os, sys
if os.fork() == 0:
    os._exit(0)
os.wait()
print("parent")
"""
    done, answer = run(tmp_path, text)
    assert (done.returncode, done.stdout) == (0, "parent\n")
    assert answer["complete"]
    assert "left_by" not in answer


@posix_only
def test_a_termination_signal_is_answered(tmp_path):
    target = script(tmp_path, "import signal\nprint('here', flush=True)\nsignal.pause()\n")
    request = request_for(tmp_path, "timing", target, **TIMING)
    with subprocess.Popen(command_for(request), cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer["left_by"] == "SIGTERM"
    assert not answer["complete"]


@posix_only
def test_a_script_that_handles_sigterm_itself_is_left_to(tmp_path):
    text = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: print("handled"))
os.kill(os.getpid(), signal.SIGTERM)
"""
    done, answer = run(tmp_path, text)
    assert done.stdout == "handled\n"
    assert answer["complete"]


def test_a_collector_that_does_not_import_is_no_failure_of_the_target(tmp_path):
    (tmp_path / "pyinstrument.py").write_text("raise ImportError('no such profiler')\n")
    target = script(tmp_path, "print('ran')\n")
    path = {"PYTHONPATH": str(tmp_path)}
    done, answer = serve(tmp_path, "cpu", target, environment=path, **TIMING)
    assert done.returncode == 0
    assert "no such profiler" in answer["collector_error"]["message"]


def test_the_users_modules_are_named_with_their_digests_and_libraries_are_not(tmp_path):
    (tmp_path / "mine.py").write_text("import json\n")
    _, answer = run(tmp_path, "import mine\n")
    found = {name: file for name, file, digest in answer["modules"] if len(digest) == 16}
    assert found["mine"] == str((tmp_path / "mine.py").resolve())
    assert "json" not in found


def test_versions_of_loaded_libraries_are_told(tmp_path):
    _, answer = run(tmp_path, "import numpy\n")
    assert {"python", "numpy"} <= answer["libraries"].keys()


def test_a_module_runs_with_its_package_around_it(tmp_path):
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "data.py").write_text("VALUE = 1\n")
    (package / "__main__.py").write_text(
        "import sys\nfrom .data import VALUE\nprint(VALUE, __name__, __package__, sys.argv[1:])\n"
    )
    target = {"kind": "module", "module": "pack", "arguments": ["x"]}
    done, _ = serve(tmp_path, "timing", target, **TIMING)
    assert done.stdout == "1 __main__ pack ['x']\n"


def test_a_missing_module_is_named(tmp_path):
    done, answer = serve(tmp_path, "timing", {"kind": "module", "module": "no_such"}, **TIMING)
    assert done.returncode == 1
    assert "no_such" in answer["error"]["message"]


def test_a_callable_that_does_not_resolve_is_found_out_by_discovery(tmp_path):
    (tmp_path / "mod.py").write_text("def f(): pass\n")
    target = {"kind": "callable", "cases": [{"name": "mod:g", "function": "mod:g"}]}
    _, answer = serve(tmp_path, "discover", target)
    assert answer["error"]["type"] == "AttributeError"


def test_the_answer_appears_whole_or_not_at_all(tmp_path):
    run(tmp_path, "print('ran')\n")
    assert sorted(path.name for path in tmp_path.iterdir() if "answer" in path.name) == ["answer.json"]


FORKS = """
import json, os, signal, time

def child(asked):
    pid = os.fork()
    if not pid:
        try:
            asked()
            time.sleep(20)
        except BaseException:
            os._exit(7)
        os._exit(8)
    return pid

def status(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

told = []
for _ in range(20):
    pid = child(lambda: None)
    os.kill(pid, signal.SIGTERM)
    told.append(status(pid))
reader, writer = os.pipe()
pid = child(lambda: os.write(writer, b"here"))
os.read(reader, 4)
os.kill(pid, signal.SIGTERM)
told.append(status(pid))
own = child(lambda: (signal.signal(signal.SIGTERM, lambda *_: os._exit(5)), os.write(writer, b"here")))
os.read(reader, 4)
os.kill(own, signal.SIGTERM)
json.dump({"killed": told, "own": status(own)}, open("told.json", "w"))
"""


@posix_only
@pytest.mark.parametrize("task", ["timing", "lines"])
def test_a_forked_child_that_is_told_to_terminate_ends_as_it_would_alone(tmp_path, task):
    """Whenever it is told, and though a bare ``except`` stands around all it does."""
    target = script(tmp_path, FORKS)
    options = (
        TIMING["options"]
        if task == "timing"
        else {"seconds": 0.0, "functions": [], "folder": str(tmp_path / "left")}
    )
    done, answer = serve(tmp_path, task, target, names=["s"], options=options)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "told.json").read_text()) == {"killed": [-signal.SIGTERM] * 21, "own": 5}
    assert answer["complete"]
    assert "left_by" not in answer
