"""Every key of a TOML text is found on its line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.config.toml_lines import key_lines

TEXT = '''\
top = 1
"quoted key" = 'a # no comment'
a.b.c = """
[not.a.table]
x = 1 \\"""
"""

[table] # a comment
first = [ # one
    "a]", # two
    { run = "x", other = [1, 2] },
]
second = {inner = {deep = 3}, "x.y" = """a
b""", last = 1979-05-27 07:32:00}

[[many]]
name = 1
[[many.sub]]
x = \'\'\'
]]\'\'\'
[[many.sub]]
x = 2
[[many]]
name = 2
[many.table]
y = 1
[ spaced . "out" ]
z = 0x1F
'''

LINES = {
    ("top",): 1,
    ("quoted key",): 2,
    ("a", "b", "c"): 3,
    ("table",): 8,
    ("table", "first", 0): 10,
    ("table", "first", 1): 11,
    ("table", "first", 1, "other", 1): 11,
    ("table", "second", "inner", "deep"): 13,
    ("table", "second", "x.y"): 13,
    ("table", "second", "last"): 14,
    ("many", 0): 16,
    ("many", 0, "name"): 17,
    ("many", 0, "sub", 0, "x"): 19,
    ("many", 0, "sub", 1, "x"): 22,
    ("many", 1, "name"): 24,
    ("many", 1, "table", "y"): 26,
    ("spaced", "out"): 27,
    ("spaced", "out", "z"): 28,
}


def paths(value, way=()):
    """Every way through a parsed TOML document, from the outermost in."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*way, key)
        yield from paths(inner, (*way, key))


@pytest.mark.parametrize(("way", "line"), LINES.items(), ids=str)
def test_key_stands_on_its_line(way, line):
    assert key_lines(TEXT)[way] == line


def test_every_key_has_a_line_and_no_other_has_one():
    assert set(key_lines(TEXT)) == set(paths(tomllib.loads(TEXT)))


def test_this_project_s_own_file_is_read_whole():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert set(key_lines(text)) == set(paths(tomllib.loads(text)))


NAMES = st.text("abcxyz-_.\"'\\ é\n", max_size=4)
SCALARS = st.integers().map(str) | st.sampled_from(
    ['"a"', "'b'", '"""c\n]"""', "'''\n}'''", '""', '"\\""', "true", "1979-05-27", '""""d"""', "1e3"]
)
BLANKS = st.sampled_from(["", " ", "\n", " # ]}\n", "\n\n"])


def quoted(name):
    return '"' + "".join(f"\\u{ord(character):04x}" for character in name) + '"'


@st.composite
def values(draw, depth=2):
    if depth and draw(st.booleans()):
        if draw(st.booleans()):
            inner = [
                draw(BLANKS) + draw(values(depth - 1)) + draw(BLANKS) for _ in range(draw(st.integers(0, 3)))
            ]
            return "[" + ",".join(inner) + draw(st.sampled_from(["", ","]) if inner else st.just("")) + "]"
        names = draw(st.lists(NAMES, unique=True, max_size=3))
        return "{" + ", ".join(f"{quoted(name)} = {draw(values(depth - 1))}" for name in names) + "}"
    return draw(SCALARS)


@st.composite
def documents(draw):
    text = ""
    for table in [
        "",
        *draw(st.lists(st.sampled_from(["[a]", "[b.c]", "[[d]]", "[[d]]", "[[d.e]]"]), max_size=4)),
    ]:
        if table in text and not table.startswith("[["):
            continue
        text += table + "\n"
        for name in draw(st.lists(NAMES, unique=True, max_size=3)):
            text += draw(st.sampled_from(["", " "])) + f"{quoted('k' + name)} = {draw(values())} # end\n"
    return text


@given(documents())
def test_any_document_has_a_line_for_each_of_its_keys(text):
    try:
        expected = set(paths(tomllib.loads(text)))
    except tomllib.TOMLDecodeError:
        return  # a table inside an array of tables that came later
    lines = key_lines(text)
    assert set(lines) == expected
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


@given(st.text("[]{}=.,\"'# \nab", max_size=40))
def test_text_that_is_no_toml_ends_too(text):
    assert all(line >= 1 for line in key_lines(text).values())
