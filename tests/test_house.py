"""The house keeps its own rules: layers, sizes, what an import costs, what a wheel holds."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tools import need, need_module, need_program

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "perfwatch"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("rich", "numpy", "pandas", "matplotlib", "sqlalchemy", "alembic", "jinja2", "pytest")
#: Functions that are long on purpose: their length is what a bundled workload is about.
LONG_ON_PURPOSE = {("perfwatch/workloads/nlsq/validating.py", "validate")}
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc")


def run(*command, cwd, **environment):
    """Run a program and return it with its output, whatever its status."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


# Layers


def lint_imports(root):
    # The script of this very environment: another one in PATH would judge another package.
    program = Path(sys.executable).with_name("lint-imports")
    need(program.exists(), "lint-imports is not installed", "pip install import-linter")
    result = run(program, "--no-cache", cwd=root)
    return result.returncode, result.stdout + result.stderr


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "perfwatch", ignore=NOT_COPIED)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_import_contracts_hold():
    status, output = lint_imports(ROOT)
    assert status == 0, output


def test_import_contracts_hold_for_an_untouched_copy(copy):
    status, output = lint_imports(copy)
    assert status == 0, output


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("report/seeded.py", "from perfwatch import stats", "Renderers render"),
        ("report/seeded.py", "import pandas", "Renderers render"),
        ("records/seeded.py", "import perfwatch.units", "The flow is straight"),
        ("stats/seeded.py", "import perfwatch.store", "The flow is straight"),
        ("worker/seeded.py", "from perfwatch.records import run", "The flow is straight"),
        ("worker/seeded.py", "import numpy", "The worker stands alone"),
        ("store/seeded.py", "import click", "click is the command line's alone"),
        ("measure/seeded.py", "import memray", "Profilers are driven from collect, environment and worker alone"),
        ("measure/seeded.py", "import sqlalchemy", "The database is the store's alone"),
        ("cli/seeded.py", "import matplotlib", "Drawing is the report's and the web's alone"),
        ("cli/seeded.py", "import starlette", "Serving is the web's alone"),
        ("helpers.py", "", "The flow is straight"),
    ],
)  # fmt: skip
def test_a_seeded_violation_breaks_the_contract(copy, module, line, contract):
    (copy / "perfwatch" / module).write_text(f'"""Seeded."""\n\n{line}\n')
    status, output = lint_imports(copy)
    assert status != 0, output
    assert f"{contract} BROKEN" in output


# Sizes


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_fits_in_400_lines_and_a_function_in_60(module):
    text = module.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, functions)
        and node.end_lineno - node.lineno + 1 > 60
        and (module.relative_to(ROOT).as_posix(), node.name) not in LONG_ON_PURPOSE
    }
    assert long == {}


# What an import costs


def loaded_after(statement):
    """Names from ``HEAVY`` that a fresh interpreter holds after ``statement``."""
    program = f"import json, sys\n{statement}\nprint(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    result = run(sys.executable, "-c", program, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.smoke
def test_importing_perfwatch_loads_nothing_heavy():
    assert loaded_after("import perfwatch") == []


@pytest.mark.smoke
def test_asking_for_help_loads_nothing_heavy():
    statement = """
from perfwatch.__main__ import main
sys.argv = ["perfwatch", "--help"]
try:
    main()
except SystemExit as ending:
    assert not ending.code, ending.code
"""
    assert loaded_after(statement) == []


def test_the_public_names_are_few_and_all_there():
    import perfwatch

    assert 1 <= len(perfwatch.__all__) <= 12
    assert [name for name in perfwatch.__all__ if not hasattr(perfwatch, name)] == []


# What is installed

FIND_TEMPLATES = """
import perfwatch
from perfwatch.report.templates import template_dir
print(perfwatch.__file__)
print(template_dir())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel of a copy, so that the tree stays as it is."""
    need_module("hatchling", "hatchling")
    source = tmp_path_factory.mktemp("source")
    for folder in ("perfwatch", "templates"):
        shutil.copytree(ROOT / folder, source / folder, ignore=NOT_COPIED)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    (source / "templates" / "__pycache__").mkdir()
    (source / "templates" / "__pycache__" / "left.jinja").touch()
    target = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", target)
    result = run(sys.executable, "-m", "pip", "wheel", *options, source, cwd=source)
    assert result.returncode == 0, result.stderr
    (built,) = target.glob("*.whl")
    return built


def test_the_wheel_holds_templates_migrations_and_worker_files(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*") if path.is_file()}
    package = {name for name in package if "__pycache__" not in name}
    templates = {
        f"perfwatch/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert package | templates <= names
    assert "perfwatch/templates/report.html.j2" in names
    assert [name for name in names if "__pycache__" in name] == []
    assert any(re.match(r"perfwatch/store/migrations/versions/\w+\.py", name) for name in names)
    assert any(re.match(r"perfwatch/worker/\w+\.py", name) for name in names)


def test_an_installed_wheel_finds_its_templates(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    result = run(sys.executable, "-c", FIND_TEMPLATES, cwd=tmp_path, PYTHONPATH=str(site))
    assert result.returncode == 0, result.stderr
    module, templates = map(Path, result.stdout.splitlines())
    assert module.is_relative_to(site)
    assert templates.is_relative_to(site)
    assert (templates / "report.html.j2").is_file()


def test_an_editable_install_finds_its_templates(tmp_path):
    result = run(sys.executable, "-c", FIND_TEMPLATES, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    module, templates = map(Path, result.stdout.splitlines())
    assert module.is_relative_to(ROOT)
    assert (templates / "report.html.j2").is_file()


# What a test may skip


def test_a_missing_tool_skips_the_test(monkeypatch):
    monkeypatch.delenv("PERFWATCH_TEST_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install no-such-package"):
        need_program("no-such-program", "no-such-package")


def test_a_missing_tool_fails_the_test_where_everything_is_required(monkeypatch):
    monkeypatch.setenv("PERFWATCH_TEST_REQUIRE", "all")
    with pytest.raises(pytest.fail.Exception, match="pip install no-such-package"):
        need_module("no_such_module", "no-such-package")


def test_a_tool_that_is_there_lets_the_test_go_on(monkeypatch):
    monkeypatch.setenv("PERFWATCH_TEST_REQUIRE", "all")
    assert need_module("json", "json") is json
