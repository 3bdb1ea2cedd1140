"""pytest and asv suites: what their own tools would measure, in every pass."""

from __future__ import annotations

import sys
import textwrap

import pytest
from running import perfwatch, report_of

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

PASSES = ["timing", "cpu", "lines", "memory", "io", "gpu"]
SUITE = """
import pytest

def work(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

@pytest.mark.benchmark(group="loops")
@pytest.mark.parametrize("n", [5_000])
def test_loop(benchmark, n):
    assert benchmark(work, n) > 0

def test_sorted_afresh(benchmark):
    def setup():
        return (list(range(20_000, 0, -1)),), {}
    def target(items):
        items.sort()
        return items[0]
    assert benchmark.pedantic(target, setup=setup, rounds=3) == 1

def test_without_the_fixture():
    total = 0
    for i in range(1_000_000):
        total += i
    assert total
"""
ASV = """
def setup(*arguments):
    assert arguments in ((), (2, *arguments[1:]))

class Sums:
    params = [1_000, 20_000, 7]
    param_names = ["n"]

    def setup_cache(self):
        return 2

    def setup(self, factor, n):
        if n == 7:
            raise NotImplementedError
        self.values = [i * factor for i in range(n)]

    def time_loop(self, factor, n):
        total = 0
        for value in self.values:
            total += value
        return total

    def mem_values(self, factor, n):
        return self.values

    def peakmem_copy(self, factor, n):
        return b"x" * (30_000_000 if n > 5_000 else 1)

def track_answer():
    return 42

track_answer.unit = "points"
"""


def write(folder, text, name):
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def states(benchmark):
    found = {one["name"]: one["state"] for one in benchmark["passes"]}
    assert list(found) == PASSES
    assert found.pop("gpu") in ("done", "unavailable")
    return found


def by_name(report):
    return {one["name"]: one for one in report["benchmarks"]}


def custom(report):
    return {one["name"]: one for one in report["custom"]}


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """A full run of a pytest-benchmark suite."""
    folder = tmp_path_factory.mktemp("suite")
    write(folder, SUITE, "test_speed.py")
    done = perfwatch("run", "--per-benchmark", "1s", "test_speed.py", cwd=folder)
    return folder, done, report_of(folder)


def test_every_test_of_a_suite_brings_every_pass(suite):
    _, done, report = suite
    assert done.returncode == 0, done.stderr
    assert list(by_name(report)) == [
        "test_speed.py::test_loop[5000]",
        "test_speed.py::test_sorted_afresh",
        "test_speed.py::test_without_the_fixture",
    ]
    assert {state for one in report["benchmarks"] for state in states(one).values()} == {"done"}


def test_group_and_parameters_are_those_of_the_suite(suite):
    _, _, report = suite
    benchmark = by_name(report)["test_speed.py::test_loop[5000]"]
    assert (benchmark["group"], benchmark["parameters"]) == ("loops", {"n": "5000"})


def test_hits_are_those_of_one_call_of_what_the_fixture_was_given(suite):
    _, _, report = suite
    lines = by_name(report)["test_speed.py::test_loop[5000]"]["profiles"]["lines"]
    (inner,) = [one for one in lines if one["source"].strip() == "total += i * i"]
    assert inner["hits_count"] == 5_000


def test_pedantic_with_a_set_up_is_one_call_a_sample(suite):
    _, _, report = suite
    timing = by_name(report)["test_speed.py::test_sorted_afresh"]["timing"]
    assert {one["loops_count"] for one in timing["processes"]} == {1}
    assert all(len(one["wall_ns"]) > 1 for one in timing["processes"])


def test_a_test_without_the_fixture_is_called_once_a_process(suite):
    _, _, report = suite
    timing = by_name(report)["test_speed.py::test_without_the_fixture"]["timing"]
    assert [len(one["wall_ns"]) for one in timing["processes"]] == [1] * len(timing["processes"])


def test_one_test_is_chosen_by_its_node_id(suite, tmp_path):
    folder, _, _ = suite
    command = ("run", "--quick", "--passes", "timing", "--out", tmp_path)
    done = perfwatch(*command, "test_speed.py::test_loop[5000]", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert list(by_name(report_of(tmp_path))) == ["test_speed.py::test_loop[5000]"]


def test_an_expression_chooses_among_tests(suite, tmp_path):
    folder, _, _ = suite
    command = (
        "run",
        "--quick",
        "--passes",
        "timing",
        "--out",
        tmp_path,
        "-k",
        "Loop or (afresh and not sorted)",
    )
    done = perfwatch(*command, "test_speed.py", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert list(by_name(report_of(tmp_path))) == ["test_speed.py::test_loop[5000]"]


def test_an_expression_that_matches_nothing_measures_nothing(suite):
    folder, _, _ = suite
    done = perfwatch("run", "-k", "no_such", "test_speed.py", cwd=folder)
    assert done.returncode == 5
    assert "no_such" in done.stderr
    assert "--list" in done.stderr


def test_a_list_names_benchmarks_and_measures_none(suite):
    folder, _, _ = suite
    reports = list(folder.glob(".perfwatch/reports/*"))
    done = perfwatch("run", "--list", "-k", "loop", "test_speed.py", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "test_speed.py::test_loop[5000]" in done.stdout
    assert "afresh" not in done.stdout
    assert list(folder.glob(".perfwatch/reports/*")) == reports


def test_a_failing_test_is_reported_and_the_others_are_measured(tmp_path):
    write(
        tmp_path,
        SUITE + "\ndef test_broken(benchmark):\n    assert benchmark(work, 2) == 99\n",
        "test_speed.py",
    )
    done = perfwatch("run", "--quick", "--passes", "timing", "test_speed.py", cwd=tmp_path)
    assert done.returncode == 4
    report = report_of(tmp_path)
    (failure,) = report["failures"]
    assert failure["message"].startswith("assert 1 == 99") or "assert 1 == 99" in failure["stderr_tail"]
    assert len([one for one in report["benchmarks"] if one["timing"]]) >= 3


@pytest.fixture(scope="module")
def asv(tmp_path_factory):
    """A full run of an asv-style module."""
    folder = tmp_path_factory.mktemp("asv")
    write(folder, ASV, "bench_sums.py")
    done = perfwatch("run", "--per-benchmark", "1s", "bench_sums.py", cwd=folder)
    return folder, done, report_of(folder)


def test_timed_asv_benchmarks_bring_every_pass(asv):
    _, done, report = asv
    assert done.returncode == 0, done.stderr
    found = by_name(report)
    for n in (1_000, 20_000):
        benchmark = found[f"Sums.time_loop({n})"]
        assert set(states(benchmark).values()) == {"done"}, benchmark["passes"]
        assert benchmark["parameters"] == {"n": str(n)}
        assert benchmark["group"] == "Sums"


def test_asv_benchmarks_work_on_what_their_set_up_made(asv):
    _, _, report = asv
    lines = by_name(report)["Sums.time_loop(20000)"]["profiles"]["lines"]
    (inner,) = [one for one in lines if one["source"].strip() == "total += value"]
    assert inner["hits_count"] == 20_000


def test_a_combination_that_is_not_implemented_is_left_out_without_failing(asv):
    _, done, report = asv
    assert report["failures"] == []
    assert "Sums.time_loop(7)" not in by_name(report)
    assert done.returncode == 0


def test_tracked_figures_and_sizes_are_recorded_with_their_units(asv):
    _, _, report = asv
    found = custom(report)
    assert (found["track_answer"]["values"], found["track_answer"]["unit"]) == ([42.0], "points")
    small, large = (found[f"Sums.mem_values({n})"] for n in (1_000, 20_000))
    assert small["unit"] == "bytes"
    assert 8_000 < small["values"][0] < large["values"][0] / 10


def test_peak_memory_is_measured_in_a_process_of_its_own(asv):
    _, _, report = asv
    found = custom(report)
    small, large = (found[f"Sums.peakmem_copy({n})"]["values"][0] for n in (1_000, 20_000))
    assert 25_000_000 < large - small < 40_000_000


def test_as_asv_settles_what_a_file_is(tmp_path):
    write(tmp_path, "def time_it():\n    return 1\ndef test_it():\n    assert True\n", "test_both.py")
    done = perfwatch("run", "--list", "--as", "asv", "test_both.py", cwd=tmp_path)
    assert "time_it" in done.stdout
    assert "test_it" not in done.stdout.replace("test_both", "")
    done = perfwatch("run", "--list", "--as", "pytest", "test_both.py", cwd=tmp_path)
    assert "test_both.py::test_it" in done.stdout


SCRATCH = """
def work(n):
    return sum([i * i for i in range(n)])

def test_work(benchmark):
    assert benchmark(work, 10_000) > 0

def test_other():
    assert work(3) == 5
"""


@pytest.mark.slow
@pytest.mark.long
def test_bare_run_in_a_project_with_a_suite_measures_it(tmp_path):
    write(tmp_path, "[project]\nname = 'scratch'\n", "pyproject.toml")
    (tmp_path / "tests").mkdir()
    write(tmp_path / "tests", SCRATCH, "test_speed.py")
    done = perfwatch("run", "--per-benchmark", "1s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    # Only tests with the fixture count where nobody named a target.
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    assert benchmark["name"] == "tests/test_speed.py::test_work"
    assert set(states(benchmark).values()) == {"done"}, benchmark["passes"]
    assert "Found tests/test_speed.py" in done.stderr


def test_bare_run_where_nothing_is_found_names_commands_that_would_work(tmp_path):
    write(tmp_path, "print('hello')\n", "hello.py")
    done = perfwatch("run", cwd=tmp_path)
    assert done.returncode == 5
    assert done.stderr.count("perfwatch run") >= 1
    assert "hello.py" in done.stderr
