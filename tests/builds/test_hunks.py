"""What a change did to a function, as a bounded diff of its lines."""

from __future__ import annotations

import pytest

from perfwatch.builds.hunks import LINES_AT_MOST, hunks
from perfwatch.builds.touched import touched

BASE = "import math\n\n\ndef kept():\n    return 1\n\n\n@cache\ndef step(n):\n    total = 0\n    for i in range(n):\n        total += i\n    return total\n"


@pytest.fixture
def told(tmp_path):
    def made(base, head, file="m.py"):
        for side, text in (("base", base), ("head", head)):
            (tmp_path / side).mkdir(exist_ok=True)
            if text is not None:
                (tmp_path / side / file).write_text(text, encoding="utf-8")
        roots = tmp_path / "base", tmp_path / "head"
        return hunks(*roots, touched(*roots, [file]))

    return made


def test_a_changed_function_is_told_by_its_own_lines_and_where_they_stand_in_head(told):
    head = "# moved down\n" + BASE.replace("total += i", "total += math.sqrt(i)")
    ((place, found),) = told(BASE, head).items()
    assert place == ("m.py", "step")
    assert found.lines == (
        "     total = 0",
        "     for i in range(n):",
        "-        total += i",
        "+        total += math.sqrt(i)",
        "     return total",
    )
    assert found.line == 11
    assert head.splitlines()[found.line - 1] == "    total = 0"


def test_a_new_function_is_all_new(told):
    ((place, found),) = told(BASE, BASE + "\n\ndef new():\n    return 2\n").items()
    assert place == ("m.py", "new")
    assert found.lines == ("+def new():", "+    return 2")
    assert found.line == 16


def test_a_long_diff_is_cut_and_the_rest_counted(told):
    body = "".join(f"    x{number} = {number}\n" for number in range(100))
    ((_, found),) = told(BASE, BASE.replace("    total = 0\n", body + "    total = 0\n")).items()
    assert len(found.lines) == LINES_AT_MOST
    assert found.left_out_count > 50


@pytest.mark.parametrize("head", [BASE, None, "def step(:\n", "# words\n" + BASE])
def test_what_touches_no_function_or_cannot_be_read_makes_no_hunk(told, head):
    assert told(BASE, head) == {}


def test_a_function_in_a_class_keeps_its_whole_name(told):
    base = "class A:\n    def f(self):\n        return 1\n"
    assert set(told(base, base.replace("1", "2"))) == {("m.py", "A.f")}
