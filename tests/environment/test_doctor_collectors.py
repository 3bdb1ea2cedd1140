"""The checks of the collectors, on answers built by hand and on programs that pose as tools."""

from __future__ import annotations

import os
import sys

import pytest
from doctor_patients import Ended, Told, make_patient, tree

from perfwatch.environment import doctor_probe
from perfwatch.environment.checks import attaching, collectors, mending
from perfwatch.environment.checks.patient import ProbeLate
from perfwatch.environment.lending import Lending
from perfwatch.records.doctor import CheckState

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
NOT_ROOT_CAPABILITIES = "CapEff:\t0000000000000000\n"


# Timing


@posix
def test_an_execution_that_is_told_as_it_was_is_fine(tmp_path):
    seen = collectors.timing(make_patient(tmp_path))
    assert seen.state is CheckState.OK
    assert seen.figures == {"wall_ns": 80_000_000, "cpu_ns": 60_000_000, "survivors_count": 1}


@posix
@pytest.mark.parametrize(
    "ended",
    [Ended(exit_code=127), Ended(exit_code=-9), Ended(cpu_ns=0), Ended(wall_ns=1_000_000)],
    ids=["did not start", "was killed", "no processor time", "shorter than its work"],
)
def test_an_execution_that_is_told_wrongly_is_broken(tmp_path, ended):
    assert collectors.timing(make_patient(tmp_path, ended=ended)).state is CheckState.BROKEN


# Tools inside the interpreter


@pytest.mark.parametrize(
    ("check", "tool", "answer", "state"),
    [
        (collectors.pyinstrument, "pyinstrument", {"samples": 300, "seen": 299}, CheckState.OK),
        (collectors.pyinstrument, "pyinstrument", {"samples": 300, "seen": 2}, CheckState.BROKEN),
        (collectors.lines, "line_profiler", {"hits": 1000, "expected": 1000}, CheckState.OK),
        (collectors.lines, "line_profiler", {"hits": 999, "expected": 1000}, CheckState.BROKEN),
    ],
)
def test_a_tool_works_where_it_saw_what_was_there(tmp_path, check, tool, answer, state):
    seen = check(make_patient(tmp_path, answers={tool: {"version": "9", **answer}}))
    assert seen.state is state
    assert seen.source == f"a {tool} run in the target's interpreter"


def test_a_tool_that_cannot_be_lent_gives_its_reason_and_the_line_that_installs_it(tmp_path):
    refused = {"memray": "memray is missing there. To install it there: uv pip install 'memray>=1.17'"}
    seen = collectors.memory(make_patient(tmp_path, lending=Lending(refused=refused)))
    assert (seen.state, seen.fact) == (CheckState.BROKEN, "memray is missing there")
    assert seen.do == "uv pip install 'memray>=1.17'"


def test_a_tool_that_fails_shows_its_last_words_and_how_to_install_it_anew(tmp_path):
    seen = collectors.lines(make_patient(tmp_path, answers={"line_profiler": "ImportError: bad magic"}))
    assert seen.state is CheckState.BROKEN
    assert "bad magic" in seen.fact
    assert seen.do == "/opt/env/bin/python -m pip install --force-reinstall line_profiler"


def test_a_tool_that_is_late_may_be_the_machines_fault(tmp_path):
    seen = collectors.lines(make_patient(tmp_path, answers={"line_profiler": ProbeLate("no answer")}))
    assert (seen.state, seen.do) == (CheckState.BROKEN, "perfwatch doctor")
    assert "busy" in seen.means


def test_a_capture_that_cannot_be_read_is_a_broken_memory_pass(tmp_path):
    patient = make_patient(tmp_path, answers={"memray": {"version": "9", "allocated": 5}})
    (patient.folder / "doctor-memory.bin").write_bytes(b"not a capture")
    assert collectors.memory(patient).state is CheckState.BROKEN


@pytest.mark.parametrize(("counted", "state"), [(200_100, CheckState.OK), (12, CheckState.BROKEN)])
def test_io_counters_that_do_not_count_are_broken(tmp_path, counted, state):
    tree(tmp_path, {"proc/self/io": "rchar: 1\n"})
    answers = {"io_counters": {"counted": counted, "read": 200_000}}
    assert collectors.io_counters(make_patient(tmp_path, answers=answers)).state is state


def test_a_system_without_io_counters_is_a_warning(tmp_path):
    assert collectors.io_counters(make_patient(tmp_path)).state is CheckState.WARNING


# py-spy and attaching


def posing(tmp_path, script):
    program = tmp_path / "py-spy"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_samples_are_counted_where_the_function_is_on_the_stack():
    text = "main (a.py:1);busy_as_told (p.py:2) 30\nmain (a.py:1) 5\nbusy_as_told (p.py:2);sum 7\nx 1\n"
    assert collectors.samples_in(text, doctor_probe.busy_as_told.__name__) == 37


@posix
def test_a_sampler_that_wrote_stacks_works(tmp_path):
    # The output is the seventh argument: record -f raw -r RATE -o FILE.
    script = 'printf "main (a.py:1);busy_as_told (p.py:2) 40\\n" > "$7"'
    seen = collectors.py_spy(make_patient(tmp_path, py_spy=posing(tmp_path, script)))
    assert (seen.state, seen.figures["samples_count"]) == (CheckState.OK, 40)


@posix
def test_a_sampler_that_is_refused_gives_its_reason_and_what_allows_it(tmp_path):
    tree(tmp_path, {"proc/sys/kernel/yama/ptrace_scope": "2\n", "proc/self/status": NOT_ROOT_CAPABILITIES})
    script = 'echo "Error: Permission Denied"; echo; echo "  0: backtrace"; exit 1'
    seen = collectors.py_spy(make_patient(tmp_path, py_spy=posing(tmp_path, script)))
    assert seen.fact == "py-spy fails: Error: Permission Denied"
    assert "ptrace_scope is 2" in seen.means
    assert seen.do.endswith("sysctl kernel.yama.ptrace_scope=0")


@posix
def test_a_free_threaded_interpreter_is_why_py_spy_fails(tmp_path):
    patient = make_patient(tmp_path, py_spy=posing(tmp_path, "exit 1"), interpreter={"free_threaded": True})
    assert "free-threaded" in collectors.py_spy(patient).means


def test_no_py_spy_is_mended_beside_perfwatch(tmp_path):
    for check in (collectors.py_spy, attaching.sampler):
        seen = check(make_patient(tmp_path))
        assert seen.state is CheckState.BROKEN
        assert seen.do.startswith((sys.executable, "uv"))


LINGERS = f"import time; print({doctor_probe.READY!r}, flush=True); time.sleep(60)"


@posix
def test_attaching_reads_the_stack_of_a_living_process_and_leaves_none_behind(tmp_path):
    script = f'echo "$3" > {tmp_path}/pid; echo "    linger (p.py:9)"'
    patient = make_patient(tmp_path, py_spy=posing(tmp_path, script), probe=Told(script=LINGERS))
    assert attaching.sampler(patient).state is CheckState.OK
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@posix
def test_attaching_that_is_refused_says_which_setting_forbids_it(tmp_path):
    tree(tmp_path, {"proc/sys/kernel/yama/ptrace_scope": "1\n", "proc/self/status": NOT_ROOT_CAPABILITIES})
    program = posing(tmp_path, 'echo "Error: Operation not permitted"; exit 1')
    seen = attaching.sampler(make_patient(tmp_path, py_spy=program, probe=Told(script=LINGERS)))
    assert seen.state is CheckState.BROKEN
    assert "ptrace_scope is 1" in seen.means
    assert seen.do.endswith("sysctl kernel.yama.ptrace_scope=0")


def test_attaching_for_memory_needs_memray_there_and_a_debugger_here(tmp_path):
    without = make_patient(tmp_path, interpreter={"modules": frozenset()})
    assert attaching.memory(without).do == "/opt/env/bin/python -m pip install memray"
    for name in ("apt-get", "ls"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    seen = attaching.memory(make_patient(tmp_path, environ={"PATH": str(tmp_path)}))
    assert seen.fact == "neither gdb nor lldb is installed"
    assert seen.do.endswith("apt-get install gdb")


# What forbids tracing


@pytest.mark.parametrize(
    ("files", "word", "line"),
    [
        ({"proc/sys/kernel/yama/ptrace_scope": "3"}, "nobody", ""),
        ({"proc/sys/kernel/yama/ptrace_scope": "1"}, "ptrace_scope is 1", "ptrace_scope=0"),
        ({".dockerenv": ""}, "SYS_PTRACE", "--cap-add=SYS_PTRACE"),
        ({"proc/sys/kernel/yama/ptrace_scope": "0"}, "", ""),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="Linux's ways to forbid it")
def test_what_forbids_tracing_is_named_with_what_allows_it(tmp_path, files, word, line):
    root = tree(tmp_path, {"proc/self/status": NOT_ROOT_CAPABILITIES, **files})
    why, do = mending.tracing(root, {})
    assert word in why
    assert line in do
    assert bool(do) is bool(line)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's capabilities")
def test_the_capability_overrides_the_setting(tmp_path):
    status = "CapEff:\t00000000a80c25fb\n"
    files = {"proc/self/status": status, "proc/sys/kernel/yama/ptrace_scope": "1", ".dockerenv": ""}
    assert mending.tracing(tree(tmp_path, files), {}) == ("", "")


def test_conda_installs_system_tools_without_an_administrator(tmp_path):
    for name in ("conda", "apt-get"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    environ = {"PATH": str(tmp_path), "CONDA_PREFIX": "/opt/conda"}
    assert mending.system_line("gdb", environ) == "conda install -c conda-forge gdb"
    assert mending.system_line("gdb", {"PATH": "/nowhere"}) == ""
