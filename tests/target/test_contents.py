"""What the text of a file shows: tests, asv benchmarks, names."""

from __future__ import annotations

import ast

import pytest

from perfwatch.target.contents import (
    acts_when_run,
    asv_benchmarks,
    collected_tests,
    has_main_guard,
    has_tests,
    names_of,
    required_arguments,
)


def fixture_users(text):
    return [test.name for test in collected_tests(ast.parse(text)) if test.uses_fixture]


@pytest.mark.parametrize(
    "text",
    [
        "def test_a(benchmark): pass",
        "async def test_a(*, benchmark): pass",
        "def test_a(benchmark_weave): pass",
        "@pytest.mark.benchmark(group='x')\ndef test_a(): pass",
        "pytestmark = [pytest.mark.benchmark]\ndef test_a(): pass",
        "if True:\n    def test_a(benchmark): pass",
    ],
)
def test_test_uses_the_fixture(text):
    assert fixture_users(text) == ["test_a"]


@pytest.mark.parametrize(
    "text",
    [
        "def test_a(other): pass",
        "def test_a(benchmark=None): pass",
        "def helper(benchmark): pass",
        "@pytest.fixture\ndef test_data(benchmark): pass",
        "@pytest.mark.parametrize('benchmark, x', [])\ndef test_a(benchmark, x): pass",
        "@pytest.mark.parametrize(['x', 'benchmark'], [])\ndef test_a(benchmark, x): pass",
        "@pytest.fixture()\ndef benchmark(): pass\n\ndef test_a(benchmark): pass",
        "class Helper:\n    def test_a(self, benchmark): pass",
    ],
)
def test_test_does_not_use_the_fixture(text):
    assert fixture_users(text) == []


def test_marked_class_marks_its_tests():
    text = "@pytest.mark.benchmark\nclass TestA:\n    class TestB:\n        def test_x(self): pass"
    assert fixture_users(text) == ["TestA::TestB::test_x"]


def test_fixture_makes_a_benchmark_of_a_function_that_projects_tell_pytest_about():
    assert fixture_users("def bench_sort(benchmark): pass") == ["bench_sort"]
    assert not collected_tests(ast.parse("def bench_sort(): pass"))


def test_unittest_cases_are_tests_of_any_name():
    found = collected_tests(ast.parse("class Sorting(unittest.TestCase):\n    def test_x(self): pass"))
    assert [test.name for test in found] == ["Sorting::test_x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def test_x(): pass", True),
        ("class TestA(Base): pass", True),
        ("from suite import *", True),
        ("from suite import test_x", True),
        ("import numpy\ndef fit(): pass\nclass Model: pass", False),
        ("", False),
    ],
)
def test_file_has_tests(text, expected):
    assert has_tests(ast.parse(text)) is expected


def test_asv_names_are_functions_and_methods():
    text = """
def time_a(): pass
def timeraw_b(): pass
def helper(): pass
class Suite:
    def setup(self): pass
    def mem_c(self): pass
    def peakmem_d(self): pass
class _Base:
    def time_hidden(self): pass
try:
    def track_e(): pass
except ImportError: pass
"""
    assert asv_benchmarks(ast.parse(text)) == (
        "time_a",
        "timeraw_b",
        "Suite.mem_c",
        "Suite.peakmem_d",
        "track_e",
    )


@pytest.mark.parametrize(
    "text",
    [
        "def time_a(n): pass\ntime_a.params = [1, 2]",
        "@skip_for(3)\ndef time_a(n): pass",
        "class Suite:\n    params = [1]\n    def time_a(self, n): pass",
        "class Suite:\n    def setup_cache(self): pass\n    def time_a(self, cache): pass",
        "class Suite(Base):\n    def time_a(self, n): pass",
        "def time_a(n=3, *more, **rest): pass",
    ],
)
def test_asv_can_give_arguments(text):
    assert len(asv_benchmarks(ast.parse(text))) == 1


@pytest.mark.parametrize(
    "text",
    ["def time_step(state): pass", "class Model:\n    def track_particle(self, x): pass", "time_a = 3"],
)
def test_asv_could_not_call_it(text):
    assert asv_benchmarks(ast.parse(text)) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if __name__ == '__main__': pass", True),
        ("if '__main__' == __name__ and ready: pass", True),
        ("if name == '__main__': pass", False),
        ("def f():\n    if __name__ == '__main__': pass", False),
    ],
)
def test_main_guard(text, expected):
    assert has_main_guard(ast.parse(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'''Docs.'''\nimport os\nN = 3\ndef f(): pass\nclass A: pass", False),
        ("print(1)", True),
        ("for i in range(3): pass", True),
    ],
)
def test_acting_is_more_than_defining(text, expected):
    assert acts_when_run(ast.parse(text)) is expected


def test_required_arguments_are_those_without_default():
    function = ast.parse("def f(a, /, b, c=1, *d, e, g=2, **h): pass").body[0]
    assert required_arguments(function) == ("a", "b", "e")


def test_names_are_bound_by_every_kind_of_statement():
    text = """
import a.b, c as d
from e import f as g
for h in i: pass
with j as k: pass
l = m = 1
n: int = 2
(o := 3)
match p:
    case 1:
        q = 1
"""
    names = names_of(ast.parse(text))
    assert names.bound == {"a", "d", "g", "h", "k", "l", "m", "n", "o", "q"}
    assert not names.open


@pytest.mark.parametrize("text", ["from a import *", "def __getattr__(name): pass", "globals()['x'] = 1"])
def test_names_may_be_more_than_the_text_shows(text):
    assert names_of(ast.parse(text)).open


def test_long_chain_of_branches_is_walked():
    text = (
        "if a == 0: pass\n" + "".join(f"elif a == {n}: pass\n" for n in range(800)) + "else:\n    fit = 1\n"
    )
    assert "fit" in names_of(ast.parse(text)).bound
