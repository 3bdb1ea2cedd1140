"""The verb ``report`` on its own: what needs no stored run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import make_report
from click.testing import CliRunner

from perfwatch.cli.compare import compare
from perfwatch.cli.formats import FORMATS, by_ending, write_also
from perfwatch.cli.report import report
from perfwatch.errors import UsageError
from perfwatch.report import RENDERERS, render
from perfwatch.report.json_file import schema


def test_the_schema_is_printed_without_a_store():
    done = CliRunner().invoke(report, ["--schema"])
    assert done.exit_code == 0
    assert json.loads(done.output) == schema()


def test_the_schema_goes_to_a_file_that_is_named(tmp_path):
    path = tmp_path / "report.schema.json"
    assert CliRunner().invoke(report, ["--schema", "--out", str(path)]).exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8")) == schema()


def test_the_command_offers_every_renderer():
    assert set(FORMATS) == set(RENDERERS)


def test_the_help_shows_an_example():
    assert "perfwatch report previous --out before.html" in CliRunner().invoke(report, ["--help"]).output


@pytest.mark.parametrize(
    ("name", "format_name"),
    [
        ("a.html", "html"),
        ("a.json", "json"),
        ("a.csv", "csv"),
        ("a.md", "markdown"),
        ("a.sarif", "sarif"),
        ("a.sarif.json", "sarif"),
        ("a.speedscope.json", "speedscope"),
        ("a.SpeedScope.JSON", "speedscope"),
        ("a.collapsed", "collapsed"),
        ("a.folded", "collapsed"),
        ("a.xml", "junit"),
        ("a.txt", "terminal"),
        ("a", None),
        ("speedscope.json.old", None),
    ],
)
def test_the_ending_of_a_file_says_its_format(name, format_name):
    assert by_ending(Path(name)) == format_name


def test_every_format_has_an_ending():
    endings = ("html", "json", "csv", "md", "sarif", "speedscope.json", "folded", "xml", "txt")
    assert {by_ending(Path(f"a.{ending}")) for ending in endings} == set(RENDERERS)


def test_a_result_goes_into_every_file_that_also_names(tmp_path):
    made = make_report()
    write_also(made, [tmp_path / "a.xml", tmp_path / "b" / "c.csv"])
    assert (tmp_path / "a.xml").read_text(encoding="utf-8") == render(made, "junit")
    assert (tmp_path / "b" / "c.csv").read_text(encoding="utf-8") == render(made, "csv")


def test_an_ending_that_says_nothing_is_refused_before_anything_is_done(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(compare, ["a", "b", "--also", "result.docx"])
    assert isinstance(done.exception, UsageError)
    assert "result.docx says no format" in str(done.exception)
    assert list(tmp_path.iterdir()) == []
