"""Bad places: interpreters that are too old or lack the profilers, settings that nobody knows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bad_input import assert_refused, flat, states, write
from running import perfwatch, report_of
from tools import need

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

WORK = """
def work(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

kept = [bytearray(1000) for _ in range(500)]
for _ in range(30):
    work(40_000)
"""


def interpreters(*wanted):
    """The first Python of each wanted version (``"3.8"``) on PATH or among pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for version in wanted:
        programs = [*pyenv.glob(f"{version}.*/bin/python"), shutil.which(f"python{version}")]
        path = next((program for program in programs if program), None)
        if path is not None:
            found[version] = str(path)
    return found


@pytest.mark.parametrize("version", ["2.7", "3.8", "3.10"])
def test_an_interpreter_older_than_3_11_is_refused_with_both_named(version, tmp_path):
    found = interpreters(version)
    need(version in found, f"there is no Python {version} here", f"pyenv install {version}")
    write(tmp_path, "print(1)\n")
    done = perfwatch("run", "--python", found[version], "bad.py", cwd=tmp_path)
    assert_refused(
        done,
        2,
        f"The target's interpreter is CPython {version}.",
        f"({found[version]})",
        f"perfwatch itself runs on CPython {sys.version.split()[0]}",
        "Targets are measured with Python 3.11 or newer.",
        "Name a newer interpreter with --python PATH",
    )
    assert not (tmp_path / ".perfwatch" / "reports").exists()


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ("/nowhere/python", "There is no interpreter '/nowhere/python'"),
        (shutil.which("true"), "ended with status 0"),
    ],
)
def test_what_is_no_interpreter_is_refused(given, cause, tmp_path):
    write(tmp_path, "print(1)\n")
    done = perfwatch("run", "--python", given, "bad.py", cwd=tmp_path)
    assert_refused(done, 2, cause, "--python PATH", given)


def test_an_interpreter_of_our_version_without_the_profilers_is_lent_them(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    write(tmp_path, WORK)
    done = perfwatch("run", "--python", tmp_path / "bare", "bad.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = report_of(tmp_path)
    found = states(report)
    found.pop("gpu")
    assert found == dict.fromkeys(("timing", "cpu", "lines", "memory", "io"), "done"), done.stderr
    assert report["run"]["environment"]["executable"] == str(tmp_path / "bare" / "bin" / "python")
    assert not list((tmp_path / "bare").rglob("memray"))  # lent, and nothing was installed


def test_profilers_that_do_not_fit_are_refused_with_the_line_that_installs_them(tmp_path):
    others = [f"3.{minor}" for minor in (13, 12, 11) if minor != sys.version_info.minor]
    found = interpreters(*others)
    need(bool(found), f"there is no other Python of {', '.join(others)} here", f"pyenv install {others[0]}")
    version, base = next(iter(found.items()))
    subprocess.run(
        [base, "-m", "venv", "--without-pip", tmp_path / "other"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    write(tmp_path, WORK)
    done = perfwatch("run", "--python", tmp_path / "other", "bad.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = report_of(tmp_path)
    assert report["run"]["environment"]["python"].startswith(version)
    (benchmark,) = report["benchmarks"]
    passes = {one["name"]: one for one in benchmark["passes"]}
    assert benchmark["timing"]["median_ns"] > 0
    assert (passes["timing"]["state"], passes["io"]["state"]) == ("done", "done")
    # Whoever looks from outside needs nothing in there.
    assert (passes["cpu"]["state"], passes["cpu"]["tool"]) == ("done", "py-spy")
    assert (passes["lines"]["state"], passes["memory"]["state"]) == ("partial", "unavailable")
    assert passes["lines"]["reason"].startswith("hits were not counted: ")
    for name, module, package in (
        ("lines", "line_profiler", "line-profiler"),
        ("memory", "memray", "memray"),
    ):
        reason = passes[name]["reason"].removeprefix("hits were not counted: ")
        assert f"{module} is missing there, and ours cannot be lent: it is built for" in reason
        assert f"uv pip install --python {tmp_path / 'other' / 'bin' / 'python'} '{package}>=" in reason
        assert flat(reason) in flat(done.stderr)


@pytest.mark.parametrize(
    ("settings", "line", "key", "nearest"),
    [
        ("[tool.perfwatch]\n\ntagets = []\n", 3, "tagets", "targets"),
        ("[tool.perfwatch.profile]\npasses = ['timing']\nprocesess = 3\n", 3, "procesess", "processes"),
    ],
)
def test_an_unknown_key_names_its_line_and_the_nearest(settings, line, key, nearest, tmp_path):
    write(tmp_path, settings, "pyproject.toml")
    write(tmp_path, "print(1)\n")
    done = perfwatch("run", "bad.py", cwd=tmp_path)
    assert_refused(
        done,
        2,
        f"pyproject.toml, line {line}: ",
        f"has no key '{key}'",
        "nothing was measured",
        f"Did you mean '{nearest}'",
    )
    assert done.stdout == ""
    assert not (tmp_path / ".perfwatch").exists()


def test_settings_that_are_no_toml_name_the_line(tmp_path):
    write(tmp_path, "[tool.perfwatch]\nprocesses = = 3\n", "pyproject.toml")
    write(tmp_path, "print(1)\n")
    done = perfwatch("run", "bad.py", cwd=tmp_path)
    assert_refused(done, 2, "pyproject.toml, line 2: this is not valid TOML", "nothing was measured", "Mend ")


def test_a_setting_in_the_environment_that_makes_no_sense_is_refused(tmp_path):
    write(tmp_path, "print(1)\n")
    done = perfwatch("run", "bad.py", cwd=tmp_path, env={"PERFWATCH_PROCESSES": "many"})
    assert_refused(done, 2, "PERFWATCH_PROCESSES", "nothing was measured", "many")
