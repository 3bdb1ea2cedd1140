"""``--markdown`` writes what a forge shows, beside the table or in its place; ``--also`` every other format."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from running import perfwatch

if sys.platform == "win32":
    pytest.skip("perfwatch gate needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

WORD = "## perfwatch gate: untouched\n"


@pytest.fixture
def project(tmp_path):
    """A repository whose change touches documentation alone, so that a gate has its word at once."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    (tmp_path / ".gitignore").write_text(".perfwatch\ngate.md\ngate.xml\nout\n", encoding="utf-8")
    (tmp_path / "x.py").write_text("def f():\n    pass\n", encoding="utf-8")
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "--quiet", "-b", "main"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        subprocess.run(["git", *settings, *command], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "README.md").write_text("words\n", encoding="utf-8")
    return tmp_path


def test_a_file_gets_the_markdown_and_the_terminal_its_table(project):
    done = perfwatch("gate", "x:f", "--no-progress", "--markdown", "gate.md", cwd=project)
    assert done.returncode == 0, done.stderr
    assert (project / "gate.md").read_text(encoding="utf-8").startswith(WORD)
    assert "##" not in done.stdout
    assert "The gate passes" in done.stdout


def test_a_hyphen_prints_the_markdown_and_nothing_else(project):
    done = perfwatch("gate", "x:f", "--no-progress", "--markdown", "-", cwd=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(WORD)
    assert "Report  " not in done.stdout
    assert "- head is the work tree" in done.stdout


def test_every_file_that_also_names_gets_the_result_as_its_ending_says(project):
    more = ("--also", "gate.xml", "--also", "out/gate.sarif")
    done = perfwatch("gate", "x:f", "--no-progress", *more, cwd=project)
    assert done.returncode == 0, done.stderr
    (suite,) = ET.parse(project / "gate.xml").getroot()
    assert (suite.get("name"), suite.get("tests"), suite.get("errors")) == ("perfwatch gate", "1", "0")
    assert json.loads((project / "out" / "gate.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "The gate passes" in done.stdout


def test_a_selftest_takes_no_other_format(project):
    done = perfwatch("gate", "x:f", "--selftest", "--also", "gate.xml", cwd=project)
    assert done.returncode == 2
    assert "--selftest and --also do not go together" in done.stderr


def test_a_file_that_cannot_be_written_ends_with_its_code_and_the_table_is_shown(project):
    done = perfwatch("gate", "x:f", "--no-progress", "--markdown", "x.py/gate.md", cwd=project)
    assert done.returncode == 7
    assert "The gate passes" in done.stdout
