import json
import os
import platform
import shlex
import subprocess
import sys
import venv
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from perfwatch.environment import choose_interpreter, lent_profilers, probe_interpreter
from perfwatch.environment.bounded import Bounds, ask
from perfwatch.environment.probe_script import BEGIN, END
from perfwatch.environment.tools import TOOLS, tools_here
from perfwatch.errors import ExitCode, InterpreterError

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX programs and permissions")
not_windows = pytest.mark.skipif(sys.platform == "win32", reason="there is no memray for Windows")
BIN, PYTHON = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The interpreter of an environment that holds nothing at all."""
    folder = tmp_path_factory.mktemp("bare") / "with space"
    venv.create(folder, with_pip=False, symlinks=sys.platform != "win32")
    return str(folder / BIN / PYTHON)


@pytest.fixture(scope="module")
def ours():
    return probe_interpreter(sys.executable)


def program(path, text):
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


# Choosing


def test_without_an_active_environment_ours_is_chosen():
    assert choose_interpreter(None, {}) == sys.executable


def test_the_active_virtual_environment_is_chosen_before_conda(bare):
    folder = str(Path(bare).parents[1])
    assert choose_interpreter(None, {"VIRTUAL_ENV": folder, "CONDA_PREFIX": "/nowhere"}) == bare


def test_the_active_conda_environment_is_chosen_where_it_has_an_interpreter(bare, tmp_path):
    assert choose_interpreter(None, {"CONDA_PREFIX": str(Path(bare).parents[1])}) == bare
    assert choose_interpreter(None, {"CONDA_PREFIX": str(tmp_path)}) == sys.executable


def test_our_own_environment_means_our_own_executable():
    assert choose_interpreter(None, {"VIRTUAL_ENV": sys.prefix + os.sep}) == sys.executable


def test_an_active_environment_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(InterpreterError) as caught:
        choose_interpreter(None, {"VIRTUAL_ENV": str(tmp_path / "gone")})
    assert "VIRTUAL_ENV" in caught.value.happened
    assert "--python" in caught.value.do


def test_a_path_is_taken_as_it_is_and_its_link_is_not_followed(bare):
    assert choose_interpreter(bare, {"VIRTUAL_ENV": "/ignored"}) == bare


def test_the_folder_of_an_environment_means_its_interpreter(bare, monkeypatch):
    folder = Path(bare).parents[1]
    assert choose_interpreter(str(folder), {}) == bare
    monkeypatch.chdir(folder.parent)
    assert choose_interpreter(folder.name, {}) == bare


@posix
def test_a_name_is_looked_up_on_the_given_path(tmp_path):
    expected = program(tmp_path / "python-of-mine", "exit 0")
    assert choose_interpreter("python-of-mine", {"PATH": str(tmp_path)}) == expected


@pytest.mark.parametrize("requested", ["no-such-python", "./no/such/python", "/no/such/python"])
def test_what_is_not_there_is_an_error_with_a_next_step(requested):
    with pytest.raises(InterpreterError) as caught:
        choose_interpreter(requested, {"PATH": os.environ["PATH"]})
    assert requested in caught.value.happened
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_folder_without_an_interpreter_is_an_error(tmp_path):
    with pytest.raises(InterpreterError, match="not an environment"):
        choose_interpreter(str(tmp_path), {})


# Probing


@pytest.mark.smoke
def test_our_own_interpreter_describes_itself_truly(ours):
    assert ours.ours
    assert ours.version == sys.version_info[:3]
    assert ours.version_text == platform.python_version()
    assert ours.implementation == platform.python_implementation()
    assert ours.cache_tag == sys.implementation.cache_tag
    assert (ours.prefix, ours.base_prefix) == (sys.prefix, sys.base_prefix)
    assert "pytest" in ours.installed
    assert {"pytest", "pyinstrument"} <= ours.modules


def test_another_environment_is_not_ours_and_holds_nothing(bare):
    interpreter = probe_interpreter(bare)
    assert not interpreter.ours
    assert interpreter.executable == bare
    assert interpreter.real_path == os.path.realpath(bare)
    assert interpreter.installed == {}
    assert interpreter.modules == frozenset()


def test_nothing_of_the_users_is_imported(bare, tmp_path, monkeypatch):
    for name in ("json", "platform", "memray", "importlib", "sysconfig"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the probe imported a file of the user')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONINSPECT", "1")
    assert "memray" in probe_interpreter(bare).modules


def test_a_folder_that_an_uninstaller_left_behind_is_no_module(bare, tmp_path, monkeypatch):
    (tmp_path / "memray").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "memray" not in probe_interpreter(bare).modules


def older_interpreters():
    """Interpreters of this machine that are too old, of any age."""
    found = Path.home().glob(".pyenv/versions/*/bin/python")
    return sorted(str(path) for path in found if path.parts[-3].startswith(("2.", "3.6.", "3.10.")))


def assert_names_both(error, version):
    assert f"CPython {version}" in error.happened
    assert f"CPython {platform.python_version()}" in error.happened
    assert sys.executable in error.happened
    assert "--python" in error.do
    assert error.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("executable", older_interpreters())
def test_a_real_interpreter_that_is_too_old_is_named_with_ours(executable):
    with pytest.raises(InterpreterError) as caught:
        probe_interpreter(executable)
    assert_names_both(caught.value, Path(executable).parts[-3])


@posix
def test_an_interpreter_that_is_too_old_is_named_with_ours(tmp_path):
    said = {"executable": "x", "version": [3, 10, 4], "version_text": "3.10.4", "implementation": "CPython"}
    old = program(tmp_path / "old", f"echo {shlex.quote(BEGIN + json.dumps(said) + END)}")
    with pytest.raises(InterpreterError) as caught:
        probe_interpreter(old)
    assert_names_both(caught.value, "3.10.4")


@posix
@pytest.mark.parametrize(
    ("text", "told"),
    [("echo broken library >&2; exit 3", "status 3"), ("exit 0", "status 0"), ("kill -9 $$", "status -9")],
)
def test_what_is_not_python_is_an_error_with_its_last_words(tmp_path, text, told):
    with pytest.raises(InterpreterError) as caught:
        probe_interpreter(program(tmp_path / "broken", text))
    assert told in caught.value.happened
    assert ("broken library" in caught.value.happened) == ("broken" in text)


@posix
def test_a_file_that_does_not_start_is_an_error_with_the_reason(tmp_path):
    file = tmp_path / "python"
    file.write_text("not a program")
    with pytest.raises(InterpreterError, match="does not start: Permission denied"):
        probe_interpreter(str(file))


@posix
def test_a_shell_named_by_mistake_runs_nothing_of_the_probe(tmp_path, monkeypatch):
    program(tmp_path / "import", f"touch {shlex.quote(str(tmp_path / 'ran'))}")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(InterpreterError):
        probe_interpreter("/bin/sh")
    assert not (tmp_path / "ran").exists()


# Asking within bounds


@posix
def test_a_program_that_hangs_is_ended_with_its_children(tmp_path):
    file = tmp_path / "pid"
    hangs = program(tmp_path / "hangs", f"sleep 600 & echo $! > {shlex.quote(str(file))}; wait")
    answer = ask([hangs], Bounds(timeout_s=1))
    assert answer.status is None
    with pytest.raises(ProcessLookupError):
        wait_until_gone(int(file.read_text()))


def wait_until_gone(pid):
    """Probe a process until it is gone: what was killed stays visible until init has reaped it."""
    for _ in range(1000):
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            raise ProcessLookupError
        os.sched_yield()


@posix
def test_a_program_that_does_not_stop_talking_is_ended():
    answer = ask(["/bin/sh", "-c", "while :; do echo x; done"], Bounds(timeout_s=60, limit_bytes=10_000))
    assert answer.status is None
    assert len(answer.output) == 10_000


# Lending


def test_nothing_is_lent_to_ourselves(ours):
    lending = lent_profilers(ours)
    assert set(lending.present) == {tool.name for tool in tools_here()}
    assert (lending.lent, lending.refused) == ({}, {})


SERVE = """
import importlib.machinery, importlib.util, json, sys

names, folders, code = json.loads(sys.argv[1])

class Lender:
    def find_spec(self, name, path=None, target=None):
        if path is None and name in names:
            return importlib.machinery.PathFinder.find_spec(name, folders)

sys.meta_path.append(Lender())
exec(code)
"""
USES = {
    "pyinstrument": """
import pyinstrument
with pyinstrument.Profiler(interval=0.001) as profiler:
    sum(range(1000))
profiler.last_session.to_json()
""",
    "line_profiler": """
import line_profiler
def f():
    return 1
profiler = line_profiler.LineProfiler(f)
profiler.enable_by_count(); f(); profiler.disable_by_count(); profiler.get_stats()
""",
    "memray": """
import memray, os, sys, tempfile
file = os.path.join(tempfile.mkdtemp(), "capture")
with memray.Tracker(file):
    kept = [bytearray(1000) for _ in range(100)]
with memray.FileReader(file) as reader:
    list(reader.get_high_watermark_allocation_records(merge_threads=True))
    list(reader.get_memory_snapshots())
""",
    "pytest": """
import os, pytest, tempfile
file = os.path.join(tempfile.mkdtemp(), "test_it.py")
open(file, "w").write("def test_it(tmp_path):\\n    assert [1, {2: 3}] == [1, {2: 4}]\\n")
assert pytest.main([file, "-q", "-p", "no:cacheprovider", "--color=yes"]) == 1
""",
}


@pytest.mark.parametrize("tool", [tool.name for tool in tools_here()])
def test_a_lent_tool_works_where_nothing_is_installed(bare, tool, tmp_path):
    loan = lent_profilers(probe_interpreter(bare)).lent[tool]
    request = json.dumps([loan.names, loan.folders, USES[tool]])
    done = subprocess.run(
        [bare, "-c", SERVE, request], capture_output=True, check=False, text=True, timeout=120, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_only_what_is_missing_is_lent(bare):
    interpreter = probe_interpreter(bare)
    there = replace(
        interpreter,
        modules=frozenset({"pluggy", "pygments", "line_profiler"}),
        installed={"pluggy": "1.6.0", "pygments": "2.19", "line-profiler": "5.0.2"},
    )
    lending = lent_profilers(there)
    assert lending.present == ("line_profiler",)
    assert not {"pluggy", "pygments"} & set(lending.lent["pytest"].names)
    assert "_pytest" in lending.lent["pytest"].names


def test_a_dependency_that_is_too_old_there_is_a_reason_not_to_lend(bare):
    interpreter = replace(
        probe_interpreter(bare), modules=frozenset({"pluggy"}), installed={"pluggy": "0.13.1"}
    )
    reason = lent_profilers(interpreter).refused["pytest"]
    assert "pluggy 0.13.1 is there, and pytest needs 1.6 or newer" in reason


def test_a_tool_that_is_too_old_there_is_not_replaced_and_said_so(bare):
    interpreter = replace(
        probe_interpreter(bare), modules=frozenset({"pyinstrument"}), installed={"pyinstrument": "3.4.2"}
    )
    lending = lent_profilers(interpreter)
    assert "pyinstrument" not in lending.present
    assert "3.4.2" in lending.refused["pyinstrument"]


def other_abi(interpreter):
    minor = interpreter.version[1] + 1
    soabi = f"cpython-3{minor}-x86_64-linux-gnu"
    return replace(
        interpreter,
        version=(3, minor, 0),
        soabi=soabi,
        extension_suffixes=(f".{soabi}.so", ".abi3.so", ".so"),
    )


@not_windows
def test_compiled_tools_are_refused_for_another_version_with_the_line_that_installs_them(bare):
    lending = lent_profilers(other_abi(probe_interpreter(bare)))
    assert set(lending.lent) == {"pytest"}
    assert set(lending.refused) == {"pyinstrument", "line_profiler", "memray"}
    for reason in lending.refused.values():
        assert f"uv pip install --python {shlex.quote(bare)}" in reason


@not_windows
def test_the_install_line_uses_pip_where_there_is_one(bare):
    interpreter = replace(other_abi(probe_interpreter(bare)), installed={"pip": "24.0"})
    reason = lent_profilers(interpreter).refused["memray"]
    assert reason.endswith(f"{shlex.quote(bare)} -m pip install 'memray>=1.17'")


@not_windows
def test_compiled_tools_are_refused_for_another_processor(bare):
    interpreter = replace(probe_interpreter(bare), machine="riscv128")
    assert "riscv128" in lent_profilers(interpreter).refused["memray"]


def test_the_oldest_versions_are_those_that_perfwatch_itself_asks_for():
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    declared = pyproject.read_text()
    for tool in TOOLS:
        part = tool.parts[0]
        if tool.name != "pytest":
            name = "line_profiler" if tool.name == "line_profiler" else part.distribution
            assert f'"{name}>={part.oldest}' in declared


def test_the_oldest_versions_of_dependencies_are_allowed_by_the_tools_themselves():
    for tool in tools_here():
        texts = metadata.requires(tool.parts[0].distribution) or ()
        required = {canonicalize_name(one.name): one for one in map(Requirement, texts) if one.marker is None}
        for part in tool.parts[1:]:
            if part.distribution in required:
                assert required[part.distribution].specifier.contains(part.oldest)
