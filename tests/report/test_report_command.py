"""The verb ``report`` on its own: what needs no stored run."""

from __future__ import annotations

import json

from click.testing import CliRunner

from perfwatch.cli.report import FORMATS, report
from perfwatch.report import RENDERERS
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
