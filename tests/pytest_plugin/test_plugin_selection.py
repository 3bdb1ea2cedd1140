"""Which words of the user's pytest are repeated in workers, and what is kept out of their environment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfwatch.errors import ExitCode
from perfwatch.pipeline.surroundings import untraced
from perfwatch.pytest_plugin import pytest_addoption
from perfwatch.pytest_plugin.course import PYTEST_CODES
from perfwatch.pytest_plugin.selection import without_own_doings
from perfwatch.worker.pytest_suite import OPTIONS


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("--perfwatch --perfwatch-base main tests", "tests"),
        ("--perfwatch-base=main -k fast", "-k fast"),
        ("--junitxml out.xml --junit-xml=out.xml --benchmark-json x.json a.py", "a.py"),
        ("--benchmark-compare a.py --benchmark-compare=0001 --benchmark-histogram", "a.py"),
        ("-v -vv -xvs -x -q --tb=short --tb long --durations 5", "-xvs"),
        ("-c other.ini --rootdir=. -p no:cov -o addopts= --ignore x -W error", None),
        ("--runslow --device cuda:0", None),
    ],
)
def test_what_shows_or_writes_is_not_repeated_and_all_else_is(words, kept):
    assert without_own_doings(words.split()) == (words if kept is None else kept).split()


def test_a_worker_knows_every_option_of_the_plugin_and_no_other():
    found = {}

    class Group:
        def addoption(self, name, **facts):
            found[name] = facts.get("action") != "store_true"

    class Parser:
        def getgroup(self, *_):
            return Group()

    class Manager:
        def hasplugin(self, _name):
            return False

    pytest_addoption(Parser(), Manager())
    assert found == OPTIONS


def test_tracers_of_coverage_do_not_follow_into_workers():
    environ = {"COV_CORE_SOURCE": "x", "COVERAGE_PROCESS_START": "y", "COVERAGE_RCFILE": "z", "PATH": "p"}
    assert untraced(environ) == {"COVERAGE_RCFILE": "z", "PATH": "p"}


def test_every_exit_code_of_perfwatch_has_one_of_pytest():
    assert set(PYTEST_CODES) == set(ExitCode)
    assert [code for code, ours in PYTEST_CODES.items() if ours == pytest.ExitCode.OK] == [
        ExitCode.DONE,
        ExitCode.UNDECIDED,
    ]


def rows_of_the_reference():
    page = Path(__file__).parents[2] / "docs" / "reference" / "pytest.md"
    return re.findall(r"^\| `?([^` |]+)[^|]*\|", page.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_option_and_every_code_is_documented_and_no_other():
    rows = rows_of_the_reference()
    assert {row for row in rows if row.startswith("--perfwatch")} == set(OPTIONS)
    assert {int(row) for row in rows if row.isdigit()} == {int(code) for code in PYTEST_CODES.values()}
