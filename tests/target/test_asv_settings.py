"""asv's settings are JSON with comments."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.target.asv_settings import (
    SettingsUnreadableError,
    benchmark_folder,
    read_settings,
    without_comments,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON_VALUES, st.integers(0, 4))
def test_plain_json_is_left_as_it_is(value, indent):
    text = json.dumps(value, indent=indent or None, ensure_ascii=False)
    assert json.loads(without_comments(text)) == value


def test_comments_and_last_commas_are_dropped():
    text = '{ // one\n "url": "https://x//y", /* two\n lines */ "list": ["a,]", 1, ], // "end"\n}'
    assert json.loads(without_comments(text)) == {"url": "https://x//y", "list": ["a,]", 1]}


def test_values_stay_on_their_lines():
    text = "// one\n/* two\nthree */\n}"
    assert without_comments(text).index("}") == without_comments(text).rindex("\n") + 1
    assert without_comments(text).count("\n") == text.count("\n")


def test_default_folder_is_asv_s_own(tmp_path):
    (tmp_path / "asv.conf.json").write_text("{}")
    assert benchmark_folder(tmp_path / "asv.conf.json") == tmp_path / "benchmarks"


def test_byte_order_mark_is_no_hindrance(tmp_path):
    (tmp_path / "asv.conf.json").write_text('\ufeff{"version": 1}', encoding="utf-8")
    assert read_settings(tmp_path / "asv.conf.json") == {"version": 1}


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b"", b"[" * 100_000])
def test_what_is_no_object_is_unreadable(tmp_path, data):
    (tmp_path / "asv.conf.json").write_bytes(data)
    with pytest.raises(SettingsUnreadableError):
        read_settings(tmp_path / "asv.conf.json")
