"""Templates are compiled once for all processes, and pages are the same where they cannot be."""

from __future__ import annotations

import shutil
import sys

import pytest

from perfwatch.report import templates

BYTE_CODE = "*.jinja"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the templates; nothing of them is compiled yet."""
    made = tmp_path / "templates"
    shutil.copytree(templates.template_dir(), made, ignore=shutil.ignore_patterns("__pycache__"))
    (made / "word.j2").write_text("<b>{{ word }}</b>")
    monkeypatch.setattr(templates, "template_dir", lambda: made)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    templates._templates.cache_clear()
    yield made
    templates._templates.cache_clear()


def filled():
    """What another process would make of the template now."""
    templates._templates.cache_clear()
    return templates.template("word.j2").render(word="<i>")


def kept(folder):
    return sorted((folder / "__pycache__").glob(BYTE_CODE))


def refuse(*_, **__):
    raise AssertionError("compiled again")


def test_the_next_process_compiles_nothing(folder, monkeypatch):
    assert filled() == "<b>&lt;i&gt;</b>"
    (byte_code,) = kept(folder)
    written = byte_code.stat().st_mtime_ns

    monkeypatch.setattr("jinja2.Environment._parse", refuse)
    assert filled() == "<b>&lt;i&gt;</b>"
    assert byte_code.stat().st_mtime_ns == written


def test_a_template_that_changed_is_compiled_anew(folder):
    filled()
    (folder / "word.j2").write_text("<p>{{ word }}</p>")
    assert filled() == "<p>&lt;i&gt;</p>"


@pytest.mark.parametrize("left", [b"", b"no byte code", None])
def test_byte_code_that_is_cut_or_another_s_is_not_used(folder, left):
    filled()
    (byte_code,) = kept(folder)
    whole = byte_code.read_bytes()
    byte_code.write_bytes(whole[: len(whole) // 2] if left is None else left)
    assert filled() == "<b>&lt;i&gt;</b>"
    assert byte_code.read_bytes() == whole


def test_where_no_folder_can_be_made_pages_are_made_without(folder):
    (folder / "__pycache__").write_text("in the way")
    assert filled() == "<b>&lt;i&gt;</b>"


def test_where_nothing_can_be_written_pages_are_made_without(folder, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jinja2.bccache.tempfile.NamedTemporaryFile", full)
    assert filled() == "<b>&lt;i&gt;</b>"
    assert kept(folder) == []


def test_who_wants_none_written_gets_none_and_uses_what_is_there(folder, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert filled() == "<b>&lt;i&gt;</b>"
    assert not (folder / "__pycache__").exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    filled()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr("jinja2.Environment._parse", refuse)
    assert filled() == "<b>&lt;i&gt;</b>"
