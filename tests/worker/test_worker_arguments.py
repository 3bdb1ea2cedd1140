"""Arguments are digested at the entries of the functions asked for, and the target notices nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from serving import script, serve

from perfwatch.worker import arguments

PROGRAMME = """
import sys

def answer(question, *more, scale=1, **others):
    try:
        return question * scale + sum(more)
    except TypeError:
        return sys._getframe().f_lineno

def stream(n):
    for i in range(n):
        yield i

def make(offset):
    def shifted(x):
        return x + offset
    return shifted

@staticmethod
def idle(): return 1

total = 0
for i in range(60):
    total += answer(i % 3, 1, scale=2, name="x")
    total += sum(stream(i % 2))
    total += make(1)(i)
print(total, answer("a", scale=None), answer.__code__.co_firstlineno)
"""
LINES = {"answer": 4, "stream": 10, "make": 14, "shifted": 15}


def asked(folder, *names, lines=LINES):
    return [{"file": str(folder / "script.py"), "name": name, "line": lines[name]} for name in names]


def served(folder, text, functions, seconds=100.0, **changes):
    target = script(folder, text)
    options = {"functions": functions, "clean_seconds": {"script.py": seconds}}
    return serve(folder, "arguments", target, names=["script.py"], options=options, **changes)


def entries(answer):
    (record,) = answer["records"]
    return {one["name"]: one for one in record["functions"]}


def test_entries_and_different_arguments_are_counted(tmp_path):
    _, answer = served(tmp_path, PROGRAMME, asked(tmp_path, "answer", "stream", "make", "shifted"))
    found = entries(answer)
    assert {name: (one["calls"], one["distinct"]) for name, one in found.items()} == {
        "answer": (61, 4),
        "stream": (60, 2),
        "make": (60, 1),
        "shifted": (60, 60),
    }
    assert all(one["opaque"] == one["unhashable"] == 0 for one in found.values())
    assert all(one["digest_ns"] > 0 and not one["stopped"] for one in found.values())


def test_a_programme_prints_what_it_prints_alone(tmp_path):
    done, _ = served(tmp_path, PROGRAMME, asked(tmp_path, "answer", "stream", "make", "shifted"))
    alone = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, alone.stdout, alone.stderr)
    # The line of the handler, and the function's first line.
    assert done.stdout.split()[1:] == ["8", "4"]


def test_a_function_that_was_not_asked_for_is_left_alone(tmp_path):
    _, answer = served(tmp_path, PROGRAMME, asked(tmp_path, "make"))
    assert set(entries(answer)) == {"make"}


METHODS = """
class Line:
    def __init__(self, slope):
        self.slope = slope

    def at(self, x):
        return self.slope * x

    @staticmethod
    def doubled(self):
        return 2

def made():
    class Inner:
        def at(self, x):
            return x
    return Inner

line, inner = Line(2.0), made()()
for i in range(30):
    line.slope = float(i // 10)
    line.at(i % 5)
    inner.at(i % 5)
    Line.doubled(line)
    Line(2.0).at(3)
"""


def test_a_method_is_digested_with_what_its_object_holds(tmp_path):
    functions = [
        {"file": str(tmp_path / "script.py"), "name": name, "line": line}
        for name, line in (("at", 6), ("doubled", 9), ("at", 15))
    ]
    _, answer = served(tmp_path, METHODS, functions)
    (record,) = answer["records"]
    found = {one["line"]: (one["calls"], one["distinct"], one["opaque"]) for one in record["functions"]}
    # Five arguments in each of three states; the object that is made anew each time is like the last of them.
    assert found[6] == (60, 15, 0)
    assert found[15] == (30, 5, 0)
    assert found[9][0] == 30


def test_digesting_ends_once_it_has_cost_what_it_may(tmp_path):
    text = "def f(a):\n    return a\nfor i in range(20000):\n    f((i, i, i))\nprint('end')\n"
    done, answer = served(tmp_path, text, asked(tmp_path, "f", lines={"f": 1}), seconds=0.005)
    found = entries(answer)["f"]
    assert done.stdout == "end\n"
    assert 0 < found["calls"] < 20_000
    assert "had cost as much" in found["stopped"]
    # One entry more than the allowance at most: the last one's own cost.
    assert found["digest_ns"] < 50_000_000


def test_a_users_own_methods_are_never_called(tmp_path):
    text = """
class Odd:
    def _never(self, *_):
        raise AssertionError
    __eq__ = __hash__ = __repr__ = __iter__ = __len__ = __getattribute__ = _never

def f(thing, n):
    return n

odd = Odd()
for i in range(30):
    f(odd, i % 2)
"""
    done, answer = served(tmp_path, text, asked(tmp_path, "f", lines={"f": 7}))
    assert done.returncode == 0, done.stderr
    assert (entries(answer)["f"]["calls"], entries(answer)["f"]["opaque"]) == (30, 30)


def test_a_failing_target_fails_as_it_does_alone(tmp_path):
    text = "def f(a):\n    return 1 / a\nfor i in (2, 1, 0):\n    f(i)\n"
    done, answer = served(tmp_path, text, asked(tmp_path, "f", lines={"f": 1}))
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "line 2, in f" in done.stderr
    assert entries(answer)["f"]["calls"] == 3


def test_a_callable_is_called_once_so_that_repetition_is_its_own(tmp_path):
    (tmp_path / "m.py").write_text(
        "def part(n):\n    return n\ndef whole():\n    return [part(n % 5) for n in range(50)]\n"
    )
    case = {"name": "m:whole", "function": "m:whole"}
    functions = [{"file": str(tmp_path / "m.py"), "name": "part", "line": 1}]
    target = {"kind": "callable", "module": "m", "function": "whole", "cases": [case]}
    _, answer = serve(tmp_path, "arguments", target, options={"functions": functions})
    assert (entries(answer)["part"]["calls"], entries(answer)["part"]["distinct"]) == (50, 5)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="later interpreters are asked, not prepared")
def test_code_with_a_look_at_its_entry_keeps_its_lines_and_handlers():
    import dis
    import itertools
    from pathlib import Path

    text = Path(dis.__file__).read_text(encoding="utf-8")
    waiting = [compile(text, "dis.py", "exec")]
    checked = 0
    while waiting:
        code = waiting.pop()
        waiting += [one for one in code.co_consts if hasattr(one, "co_code")]
        looked = arguments.with_entry(code, itertools.repeat(None))
        shift = len(looked.co_code) - len(code.co_code)
        begins = next(one.offset for one in dis.get_instructions(code) if one.opname == "RESUME") + 2
        body = [
            (one.opname, one.arg, one.positions) for one in dis.get_instructions(code) if one.offset >= begins
        ]
        assert body == [
            (one.opname, one.arg, one.positions)
            for one in dis.get_instructions(looked)
            if one.offset >= begins + shift
        ]
        handlers = [
            (one.start + shift, one.end + shift, one.target + shift)
            for one in dis._parse_exception_table(code)
        ]
        assert handlers == [(one.start, one.end, one.target) for one in dis._parse_exception_table(looked)]
        checked += 1
    assert checked > 40
