"""Files appear whole or not at all."""

from __future__ import annotations

import json
import os

import pytest
from builders import make_report

from perfwatch.errors import StoreError
from perfwatch.report.files import write_report, write_text


def test_both_files_lie_in_the_folder_that_is_made_for_them(tmp_path):
    files = write_report(make_report(), tmp_path / "reports" / "run")
    assert files.html == tmp_path / "reports" / "run" / "index.html"
    assert files.html.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(files.json.read_text(encoding="utf-8"))["schema"] == "perfwatch.report/1"
    assert sorted(path.name for path in files.html.parent.iterdir()) == ["index.html", "report.json"]


def test_a_file_that_is_there_is_replaced(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old and much longer than the new text")
    write_text(path, "new")
    assert path.read_text() == "new"


def test_a_lone_surrogate_does_not_stop_the_writing(tmp_path):
    write_text(tmp_path / "x", "a\udc80")
    assert (tmp_path / "x").read_text(encoding="utf-8") == "a\\udc80"


def test_the_file_is_as_readable_as_the_umask_allows(tmp_path):
    mask = os.umask(0o022)
    try:
        write_text(tmp_path / "x", "text")
    finally:
        os.umask(mask)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644


def test_where_nothing_can_be_written_the_error_says_what_to_do_and_nothing_is_left(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()
    with pytest.raises(StoreError) as caught:
        write_text(tmp_path / "taken", "text")
    assert "taken" in caught.value.happened
    assert caught.value.means
    assert "--out" in caught.value.do
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_folder_that_is_a_file_is_an_error_of_the_store(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        write_report(make_report(), tmp_path / "file")
