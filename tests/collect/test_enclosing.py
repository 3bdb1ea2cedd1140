"""A line's function has one name, whichever tool asks."""

from __future__ import annotations

import textwrap

import pytest

from perfwatch.collect.enclosing import enclosing_function

SOURCE = """\
import math

@decorator(
    lambda x: x
)
def plain(a,
          b=1):
    return [
        a + i for i in range(b)
    ]

class Model:
    size = 3

    async def fit(self):
        def inner():
            key = lambda x: -x
            return key
        return inner

    class Part:
        def run(self):
            pass

if __name__ == "__main__":
    def late():
        pass
    late()
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(textwrap.dedent(SOURCE), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (1, "<module>"),
        (4, "<module>"),
        (6, "<module>"),
        (8, "plain"),
        (9, "plain"),
        (13, "Model"),
        (16, "Model.fit"),
        (17, "Model.fit.<locals>.inner"),
        (18, "Model.fit.<locals>.inner"),
        (19, "Model.fit"),
        (23, "Model.Part.run"),
        (27, "late"),
        (28, "<module>"),
        (999, "<module>"),
    ],
)
def test_a_line_is_named_by_the_function_whose_body_it_is_in(file, line, name):
    assert enclosing_function(file, line, "told") == name


def test_the_names_are_those_that_python_gives(file):
    space = {"decorator": lambda _: lambda f: f, "__name__": "a"}
    exec(compile(textwrap.dedent(SOURCE), file, "exec"), space)
    code = space["Model"].Part.run.__code__
    assert enclosing_function(file, code.co_firstlineno + 1, "") == code.co_qualname


def test_where_there_is_no_source_the_tool_is_believed(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("def f(:\n", encoding="utf-8")
    assert enclosing_function("<string>", 3, "told") == "told"
    assert enclosing_function(str(tmp_path / "gone.py"), 3, "told") == "told"
    assert enclosing_function(str(broken), 1, "told") == "told"
