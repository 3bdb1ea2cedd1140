"""Benchmarks by module: which module a name means, and what is added up."""

from __future__ import annotations

import math

import pytest
from builders import make_benchmark, make_comparison

from perfwatch.compare.modules import module_of, module_totals
from perfwatch.records.comparison import Verdict


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("tests/test_fit.py::test_step[a/b.c-3]", "tests/test_fit.py"),
        ("tests/test_fit.py::TestFit::test_step", "tests/test_fit.py"),
        ("package.fit:step", "package.fit"),
        ("bench.fit.Suite.time_step(3)", "bench.fit"),
        ("bench.time_step", "bench"),
        ("digital-twin/physics@reference", "digital-twin"),
        ("digital-twin@reference", "digital-twin"),
        ("examples/gp/fit.py", "examples/gp"),
        ("fit.py", "fit"),
        ("Suite.time_step", "Suite.time_step"),
        ("", ""),
    ],
)
def test_a_name_tells_its_module(name, module):
    assert module_of(name) == module


def test_without_a_base_head_alone_is_added_up_and_the_longest_module_stands_first():
    found = module_totals(
        [make_benchmark("a:x", 1e6), make_benchmark("b:y", 5e6), make_benchmark("a:z", 2e6)], ()
    )
    assert [(one.name, one.head_ns, one.benchmarks_count, one.base_ns) for one in found.modules] == [
        ("b", 5e6, 1, None),
        ("a", 3e6, 2, None),
    ]
    assert (found.together.head_ns, found.together.ratio) == (8e6, None)


def test_with_a_base_only_benchmarks_of_both_sides_are_in_the_sums():
    benchmarks = [make_benchmark("a:x", 2e6), make_benchmark("a:new", 9e6)]
    comparisons = [
        make_comparison(benchmark="a:x", base_value=1e6, head_value=2e6, verdict=Verdict.SLOWER),
        make_comparison(benchmark="a:new", base_value=None, head_value=9e6, verdict=Verdict.NEW),
        make_comparison(benchmark="a:x", metric="peak_memory_bytes", base_value=1.0, head_value=7.0),
    ]
    (module,) = module_totals(benchmarks, comparisons).modules
    assert (module.base_ns, module.head_ns, module.ratio) == (1e6, 2e6, 2.0)
    assert (module.both_count, module.benchmarks_count) == (1, 2)
    assert module.verdicts == (Verdict.SLOWER, Verdict.NEW)


@pytest.mark.parametrize("order", [1, -1])
def test_the_wall_clocks_comparison_counts_before_the_processors_which_counts_where_it_is_alone(order):
    wall = make_comparison(benchmark="a:x", base_value=1e6, head_value=2e6)
    processor = make_comparison(benchmark="a:x", clock="cpu", base_value=3e6, head_value=3e6)
    benchmarks = [make_benchmark("a:x", 2e6)]
    assert module_totals(benchmarks, [wall, processor][::order]).together.base_ns == 1e6
    assert module_totals(benchmarks, [processor]).together.base_ns == 3e6


@pytest.mark.parametrize("value", [None, math.nan, math.inf, 0.0, -1.0])
def test_what_is_no_time_is_in_no_sum(value):
    found = module_totals([make_benchmark("a:x", 1e6)], [make_comparison(benchmark="a:x", base_value=value)])
    assert (found.together.base_ns, found.together.head_ns) == (None, 1e6)


def test_of_nothing_there_are_no_totals():
    found = module_totals([make_benchmark(timing=None)], ())
    assert (found.modules, found.together) == ((), None)
