"""``--markdown`` writes what a forge shows, beside the table or in its place."""

from __future__ import annotations

import subprocess
import sys

import pytest
from running import perfwatch

if sys.platform == "win32":
    pytest.skip("perfwatch gate needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

WORD = "## perfwatch gate: untouched\n"


@pytest.fixture
def project(tmp_path):
    """A repository whose change touches documentation alone, so that a gate has its word at once."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    (tmp_path / ".gitignore").write_text(".perfwatch\ngate.md\n", encoding="utf-8")
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


def test_a_file_that_cannot_be_written_ends_with_its_code_and_the_table_is_shown(project):
    done = perfwatch("gate", "x:f", "--no-progress", "--markdown", "x.py/gate.md", cwd=project)
    assert done.returncode == 7
    assert "The gate passes" in done.stdout
