"""Each side of a gate runs its own code: whatever is installed, built for it, or on another interpreter."""

from __future__ import annotations

import json
import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest
from bad_input import assert_ctrl_c_ends_it
from editable import (
    BACKEND,
    BUILDS,
    KINDS,
    PACKAGE,
    environment,
    git,
    install_editable,
    repository,
    write,
)
from running import PERFWATCH, perfwatch

if sys.platform == "win32":
    pytest.skip("perfwatch gate needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

#: So little that nothing need be decided: these tests ask what was run, not how fast it is.
BRIEF = ("--passes", "timing", "--per-benchmark", "300ms", "--no-progress", "--json", "out.json")
FLAT = {"pyproject.toml": "[project]\nname = 'fitting'\n", "fitting/__init__.py": PACKAGE.format(rounds=500)}
CHANGED = {"fitting/__init__.py": PACKAGE.format(rounds=600)}


def gated(folder, *arguments, env=None):
    done = perfwatch("gate", *BRIEF, *arguments, cwd=folder, timeout=120, env=env)
    path = folder / "out.json"
    return done, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def side_of(place):
    """Whose tree a folder is: its name is filled up to the length of the other side's."""
    return place.name.rstrip("-")


def places(seen):
    """The folders that the package was imported from."""
    return {Path(line).parent.parent for line in seen.read_text(encoding="utf-8").split()}


def told(done):
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("kind", KINDS)
def test_an_installed_project_hides_neither_side(tmp_path, kind):
    project = repository(tmp_path / "project", FLAT)
    python, site = environment(tmp_path / "venv")
    install_editable(kind, site, project / "fitting")
    write(project, CHANGED)
    seen = tmp_path / "seen"
    done, report = gated(project, "fitting:total", env={"PERFWATCH_PYTHON": str(python), "SEEN": str(seen)})
    assert done.returncode in {0, 1}, told(done)
    assert not report["gate"]["void_reason"]
    found = places(seen)
    assert project in found
    assert {"project", "base"} <= {side_of(place) for place in found} <= {"project", "base", "twin"}


@pytest.mark.parametrize("kind", ["meson", "setuptools"])
def test_a_script_whose_package_is_served_by_a_finder_first_is_not_measured_in_one_environment(
    tmp_path, kind
):
    script = "import fitting\nfitting.total()\n"
    project = repository(tmp_path / "project", {**FLAT, "jobs/step.py": script})
    python, site = environment(tmp_path / "venv")
    install_editable(kind, site, project / "fitting")
    write(project, CHANGED)
    env = {"PERFWATCH_PYTHON": str(python), "SEEN": str(tmp_path / "seen")}
    done, _ = gated(project, "--env", "shared", "jobs/step.py", env=env)
    if kind == "meson":
        assert done.returncode == 6, told(done)
        assert f"base would import fitting from {project}/fitting/__init__.py" in told(done)
        assert "--env isolated" in told(done)
    else:
        assert done.returncode in {0, 1}, told(done)
        assert {side_of(place) for place in places(tmp_path / "seen")} >= {"project", "base"}


BENCH = "from fitting import total\n\n\ndef time_total():\n    total()\n"


#: Not an installation but the benchmark itself sees to it, after everything else.
INSTALLS = """
import sys

sys.path.insert(0, {folder!r})
import __editable___fitting_finder

__editable___fitting_finder.install()
"""


def test_a_base_that_imports_heads_code_is_caught(tmp_path):
    project = repository(tmp_path / "project", {**FLAT, "bench_total.py": BENCH})
    (tmp_path / "site").mkdir()
    install_editable("meson", tmp_path / "site", project / "fitting")
    write(project, {**CHANGED, "bench_total.py": INSTALLS.format(folder=str(tmp_path / "site")) + BENCH})
    done, report = gated(project, "bench_total.py")
    assert done.returncode == 6, told(done)
    assert report["gate"]["verdict"] == "void"
    assert (
        f"imported fitting from head's tree ({project}/fitting/__init__.py)" in report["gate"]["void_reason"]
    )


def test_an_installed_copy_that_hides_both_is_caught(tmp_path):
    project = repository(tmp_path / "project", {**FLAT, "bench_total.py": BENCH})
    python, site = environment(tmp_path / "venv")
    install_editable("copy", site, project / "fitting")
    (tmp_path / "hiding").mkdir()
    install_editable("meson", tmp_path / "hiding", site / "fitting")
    write(project, {**CHANGED, "bench_total.py": INSTALLS.format(folder=str(tmp_path / "hiding")) + BENCH})
    done, report = gated(project, "bench_total.py", env={"PERFWATCH_PYTHON": str(python)})
    assert done.returncode == 6, told(done)
    reason = report["gate"]["void_reason"]
    assert f"imported fitting from {site}/fitting/__init__.py, which is in neither side's tree" in reason


def test_a_src_layout_is_imported_from_each_sides_own_src(tmp_path):
    files = {"pyproject.toml": FLAT["pyproject.toml"], "src/fitting/__init__.py": FLAT["fitting/__init__.py"]}
    project = repository(tmp_path / "project", files)
    # A folder that shadows the package where the project's root is on the path.
    write(project, {"fitting/notes.txt": "x", "src/fitting/__init__.py": PACKAGE.format(rounds=700)})
    write(project, {"uv.lock": "changed"})
    seen = tmp_path / "seen"
    done, _ = gated(project, "--env", "shared", "fitting:total", env={"SEEN": str(seen)})
    assert done.returncode in {0, 1}, told(done)
    assert "only a build or an installation brings them into force: uv.lock" in told(done)
    assert {(side_of(place.parent), place.name) for place in places(seen)} >= {
        ("project", "src"),
        ("base", "src"),
    }


BUILDING = {
    "pyproject.toml": BUILDS,
    "backend.py": BACKEND,
    "fitting/__init__.py": PACKAGE.format(rounds=500),
    "bench_total.py": "from fitting import total\nfrom fitting.built import NATIVE\n\ndef time_total():\n    total()\n",
    "step.py": "import fitting.built\nfitting.total()\n",
}


def envs(project):
    return sorted(path.parent for path in (project / ".perfwatch" / "env").glob("*/complete.json"))


def test_isolated_sides_are_built_once_and_found_again(tmp_path):
    project = repository(tmp_path / "project", BUILDING)
    write(project, CHANGED)
    seen = tmp_path / "seen"
    done, report = gated(project, "--env", "isolated", "bench_total.py", env={"SEEN": str(seen)})
    assert done.returncode in {0, 1}, told(done)
    assert report["benchmarks"][0]["timing"] is not None  # fitting.built is in no tree
    assert len(envs(project)) == 2
    assert {place.parents[3] for place in places(seen)} == set(envs(project))
    assert git(project, "worktree", "list").splitlines()[1:] == []
    before = {path: path.stat().st_mtime_ns for path in (project / ".perfwatch" / "env").glob("*/*")}
    # A script's own folder holds the package, too, without what is built.
    done, report = gated(project, "--env", "isolated", "step.py", env={"SEEN": str(seen)})
    assert done.returncode in {0, 1}, told(done)
    assert "kept from before: base, head" in told(done)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    freed = perfwatch("clean", "--environments", cwd=project)
    assert freed.returncode == 0, freed.stderr
    assert "Removed 2 environments" in freed.stdout
    assert envs(project) == []


def test_a_base_that_does_not_build_makes_everything_new(tmp_path):
    project = repository(tmp_path / "project", {**BUILDING, "broken": "x"})
    (project / "broken").unlink()
    write(project, {"pyproject.toml": BUILDS + "requires-python = '>=3.11'\n"})
    done, report = gated(project, "bench_total.py")
    assert done.returncode == 0, told(done)
    comparison = report["benchmarks"][0]["comparison"][0]
    assert comparison["verdict"] == "new"
    assert "base does not build" in comparison["reason"]
    assert "Each side has an environment of its own: pyproject.toml changed" in told(done)
    assert "the compiler of this tree is missing" in told(done)
    assert len(envs(project)) == 1


def test_a_head_that_does_not_build_fails(tmp_path):
    project = repository(tmp_path / "project", {**BUILDING, "fitting/core.pyx": ""})
    write(project, {"broken": "x"})
    done, report = gated(project, "bench_total.py")
    assert done.returncode == 4, told(done)
    assert [one["comparison"][0]["verdict"] for one in report["benchmarks"]] == ["failed"]
    assert "of its own: the project has compiled code (fitting/core.pyx)" in told(done)
    assert "head does not build" in told(done)
    assert git(project, "worktree", "list").splitlines()[1:] == []


def test_ctrl_c_in_a_build_leaves_nobody_and_nothing_half_built(tmp_path):
    command = f"echo > '{tmp_path}/started'; exec sleep 600"
    table = f"[tool.perfwatch.gate]\nenv = 'isolated'\nbuild = \"{command}\"\n"
    project = repository(tmp_path / "project", {**BUILDING, "pyproject.toml": BUILDS + table})
    write(project, CHANGED)
    begun = tmp_path / "started"
    assert_ctrl_c_ends_it([*PERFWATCH, "gate", "bench_total.py"], project, lambda _: begun.exists())
    assert [path.name for path in (project / ".perfwatch" / "env").iterdir() if path.is_dir()] == []
    assert git(project, "worktree", "list").splitlines()[1:] == []


def test_two_interpreters_are_compared_on_the_same_code(tmp_path):
    project = repository(tmp_path / "project", FLAT)
    write(project, CHANGED)  # base has what is not committed, too
    other, _ = environment(tmp_path / "other")
    seen = tmp_path / "seen"
    done, report = gated(
        project, "--head-python", tmp_path / "other", "fitting:total", env={"SEEN": str(seen)}
    )
    assert done.returncode in {0, 1}, told(done)
    assert f"head runs on CPython {sys.version.split()[0]} ({other})" in told(done)
    assert "base is the same code as head" in told(done)
    assert report["benchmarks"][0]["timing"] is not None
    sources = {place: (place / "fitting" / "__init__.py") for place in places(seen)}
    assert {side_of(place) for place in sources} >= {"project", "base"}


def test_an_interpreter_that_is_not_there_is_refused(tmp_path):
    project = repository(tmp_path / "project", FLAT)
    done, _ = gated(project, "--base-python", "nowhere/python", "fitting:total")
    assert done.returncode == 2
    assert "There is no interpreter 'nowhere/python'" in told(done)


def test_byte_code_of_an_earlier_source_is_not_measured(tmp_path):
    project = repository(tmp_path / "project", FLAT)
    source = project / "fitting" / "__init__.py"
    trap = source.read_text(encoding="utf-8")
    marked = trap.replace("print(__file__, file=seen)", "print('old/old/old', file=seen)")
    fresh = trap.replace("print(__file__, file=seen)", "print('new/new/new', file=seen)")
    assert len(marked) == len(fresh)
    source.write_text(marked, encoding="utf-8")
    os.utime(source, (1_000_000_000, 1_000_000_000))
    py_compile.compile(str(source))
    # As large as before, and of the same second: the interpreter would take the byte code for fresh.
    source.write_text(fresh, encoding="utf-8")
    os.utime(source, (1_000_000_000, 1_000_000_000))
    before = sorted(path.name for path in project.rglob("*") if ".perfwatch" not in path.parts)
    seen, trapped = tmp_path / "seen", tmp_path / "trapped"
    command = [sys.executable, "-c", "import fitting"]
    subprocess.run(command, cwd=project, env={**os.environ, "SEEN": str(trapped)}, check=True)
    assert trapped.read_text(encoding="utf-8").split() == ["old/old/old"]
    done, _ = gated(project, "fitting:total", env={"SEEN": str(seen)})
    assert done.returncode in {0, 1}, told(done)
    said = seen.read_text(encoding="utf-8")
    assert "new/new/new" in said
    assert "old/old/old" not in said
    after = sorted(path.name for path in project.rglob("*") if ".perfwatch" not in path.parts)
    assert [name for name in after if name != "out.json"] == before
