"""Which files an execution wrote."""

from __future__ import annotations

from pathlib import Path

from perfwatch.measure.written import snapshot, written_between


def test_new_and_changed_files_are_named_and_others_are_not(tmp_path):
    (tmp_path / "kept").write_text("same")
    (tmp_path / "changed").write_text("before")
    before = snapshot(tmp_path)
    (tmp_path / "changed").write_text("afterwards")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "new").write_text("new")
    assert written_between(before, snapshot(tmp_path), tmp_path) == ("changed", str(Path("sub") / "new"))


def test_what_tools_keep_for_themselves_is_passed_over(tmp_path):
    before = snapshot(tmp_path)
    for name in (".git", "__pycache__", ".perfwatch"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    assert written_between(before, snapshot(tmp_path), tmp_path) == ()


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "file").write_text("x")
    assert set(snapshot(tmp_path)) == {str(tmp_path / "file")}


def test_a_folder_that_is_gone_is_empty(tmp_path):
    assert snapshot(tmp_path / "nowhere") == {}
