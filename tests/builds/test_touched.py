"""Which functions a change touched, told from the code of both sides."""

from __future__ import annotations

import textwrap

import pytest

from perfwatch.builds.touched import touched

BASE = '''
import math

def kept(n):
    """Words."""
    return n + 1

def changed(n):
    return n * 2

class Model:
    def fit(self):
        return 1

    def show(self):
        def inner():
            return 1
        return inner()
'''


@pytest.fixture
def sides(tmp_path):
    def written(base, head):
        for side, text in (("base", base), ("head", head)):
            folder = tmp_path / side
            folder.mkdir(exist_ok=True)
            if text is not None:
                (folder / "m.py").write_text(textwrap.dedent(text), encoding="utf-8")
        return touched(tmp_path / "base", tmp_path / "head", ["m.py"])

    return written


def names(found):
    return {name for _, name in found}


def test_a_changed_body_is_touched_and_its_neighbours_are_not(sides):
    found = sides(BASE, BASE.replace("n * 2", "n * 3"))
    assert found.functions == {("m.py", "changed")}
    assert not found.new


def test_comments_layout_docstrings_and_place_touch_nothing(sides):
    head = BASE.replace('"""Words."""', '"""Other words."""').replace("n * 2", "(n *\n   2)  # twice")
    head = "# first\n\n" + head
    assert not sides(BASE, head).functions


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("def changed(n)", "def changed(n=3)", "changed"),
        ("def changed", "@math.cache\ndef changed", "changed"),
        ("def changed", "async def changed", "changed"),
        ("return 1\n\n    def show", "return 2\n\n    def show", "Model.fit"),
        ("            return 1", "            return 2", "Model.show.<locals>.inner"),
        ("return inner()", "return inner() + 1", "Model.show"),
    ],
)
def test_signature_decorators_methods_and_inner_functions_are_told_apart(sides, old, new, name):
    assert names(sides(BASE, BASE.replace(old, new)).functions) == {name}


def test_a_new_function_is_new_and_its_changed_caller_is_touched(sides):
    head = BASE.replace("return n * 2", "return twice(n)") + "\ndef twice(n):\n    return n * 2 + 0\n"
    found = sides(BASE, head)
    assert names(found.functions) == {"changed"}
    assert names(found.new) == {"twice"}


def test_a_function_under_another_name_is_known_again_even_if_it_calls_itself(sides):
    base = BASE + "\ndef fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
    head = BASE + "\ndef fibonacci(n):\n    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)\n"
    found = sides(base, head)
    assert found.renamed == {("m.py", "fibonacci"): ("m.py", "fib")}
    assert not found.functions
    assert not found.new


def test_of_two_like_functions_nobody_can_say_which_was_renamed(sides):
    base = "def a():\n    return 1\n\ndef b():\n    return 1\n"
    head = "def c():\n    return 1\n\ndef d():\n    return 1\n"
    found = sides(base, head)
    assert not found.renamed
    assert names(found.new) == {"c", "d"}


def test_a_file_that_one_side_lacks_or_that_does_not_parse_says_nothing_false(sides):
    assert names(sides(None, "def a():\n    return 1\n").new) == {"a"}
    assert not sides("def a():\n    return 1\n", "def a(:\n").functions


def test_lines_are_found_again_behind_insertions_and_where_they_were_edited(sides):
    base = "a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n"
    assert sides(base, "a = 1\nnew = 0\nb = 2\nc = 30\nd = 4\ne = 5\n").lines == {
        "m.py": {1: 1, 2: 3, 3: 4, 4: 5, 5: 6}
    }
    assert sides(base, "a = 1\nb = 2\nd = 4\ne = 5\n").lines == {"m.py": {1: 1, 2: 2, 4: 3, 5: 4}}
    assert sides(base, base).lines == {}


def test_a_branch_of_two_definitions_is_one_function(sides):
    both = "if 1:\n    def a():\n        return {}\nelse:\n    def a():\n        return 2\n"
    assert names(sides(both.format(1), both.format(5)).functions) == {"a"}
