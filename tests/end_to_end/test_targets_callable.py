"""Importable functions and bundled workloads: called with what their set-up makes, in every pass."""

from __future__ import annotations

import sys
import textwrap

import pytest
from running import perfwatch, report_of

from perfwatch.workloads.catalogue import WORKLOADS, find_workload
from perfwatch.workloads.digital_twin import DIGITAL_TWIN

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

PASSES = ["timing", "cpu", "lines", "memory", "io", "gpu"]
PACKAGE = """
import perfwatch

def make_inputs():
    return [float(i) for i in range(20_000)], 3.0

def scale(values, factor):
    found = []
    with perfwatch.monitor("loop"):
        for value in values:
            found.append(value * factor)
    return found

def plain():
    total = 0
    for i in range(20_000):
        total += i * i
    return total

class Model:
    @staticmethod
    def fit():
        return sum(i * i for i in range(20_000))

def broken():
    return {}["missing"]

number = 3
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("callable")
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").touch()
    (folder / "pack" / "work.py").write_text(textwrap.dedent(PACKAGE), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def with_setup(project, tmp_path_factory):
    """A full run of a callable with a set-up; its report and the finished process."""
    out = tmp_path_factory.mktemp("out")
    command = ("run", "--out", out, "--setup", "pack.work:make_inputs", "pack.work:scale")
    done = perfwatch(*command, cwd=project)
    return done, report_of(out)


def assert_every_pass(benchmark):
    found = {one["name"]: one["state"] for one in benchmark["passes"]}
    assert list(found) == PASSES
    assert found.pop("gpu") in ("done", "unavailable")
    assert set(found.values()) == {"done"}, benchmark["passes"]


def test_a_callable_with_a_set_up_brings_every_pass(with_setup):
    done, report = with_setup
    assert done.returncode == 0, done.stderr
    (benchmark,) = report["benchmarks"]
    assert benchmark["name"] == "pack.work:scale"
    assert_every_pass(benchmark)


def test_its_figures_are_those_of_one_call(with_setup):
    _, report = with_setup
    (benchmark,) = report["benchmarks"]
    lines = {one["source"].strip(): one for one in benchmark["profiles"]["lines"]}
    assert lines["found.append(value * factor)"]["hits_count"] == 20_000
    assert 160_000 < benchmark["metrics"]["peak_memory_bytes"] < 5_000_000


def test_its_timing_has_batches_and_a_first_call(with_setup):
    _, report = with_setup
    (benchmark,) = report["benchmarks"]
    timing = benchmark["timing"]
    assert len(timing["processes"]) == 2
    assert timing["interval_ns"][0] < timing["median_ns"] < timing["interval_ns"][1]
    assert timing["cold_ns"] > 0


def test_spans_inside_a_callable_are_those_of_its_first_call(with_setup):
    _, report = with_setup
    (span,) = report["spans"]
    assert (span["path"], span["entries_count"], span["benchmark"]) == (["loop"], 1, "pack.work:scale")


def test_a_callable_without_a_set_up_brings_what_was_asked_for(project, tmp_path):
    command = ("run", "--passes", "timing,lines", "--out", tmp_path, "pack.work:plain")
    done = perfwatch(*command, cwd=project)
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    # The lines are those of functions that the CPU pass found: it comes with them.
    assert [one["name"] for one in benchmark["passes"]] == ["timing", "cpu", "lines"]
    assert {one["state"] for one in benchmark["passes"]} == {"done"}


def test_a_method_is_named_by_its_path(project, tmp_path):
    done = perfwatch("run", "--passes", "timing", "--out", tmp_path, "pack.work:Model.fit", cwd=project)
    assert done.returncode == 0, done.stderr
    assert report_of(tmp_path)["benchmarks"][0]["name"] == "pack.work:Model.fit"


def test_as_callable_settles_what_a_name_means(project, tmp_path):
    command = ("run", "--quick", "--passes", "timing", "--as", "callable", "--out", tmp_path)
    done = perfwatch(*command, "pack.work:plain", cwd=project)
    assert done.returncode == 0, done.stderr
    assert report_of(tmp_path)["run"]["targets"][0]["kind"] == "callable"


def test_a_callable_that_raises_is_a_failure_with_its_cause(project, tmp_path):
    done = perfwatch("run", "--out", tmp_path, "pack.work:broken", cwd=project)
    assert done.returncode == 4
    report = report_of(tmp_path)
    (failure,) = report["failures"]
    assert failure["kind"] == "exception"
    assert "KeyError" in failure["stderr_tail"] + failure["message"]
    assert "missing" in done.stderr


def test_what_cannot_be_called_is_said_to_be_so(project, tmp_path):
    done = perfwatch("run", "--out", tmp_path, "pack.work:number", cwd=project)
    assert done.returncode in (2, 4)
    assert "number" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_one_variant_of_a_bundled_stage_brings_every_pass(tmp_path):
    done = perfwatch("run", "workload:digital-twin/physics@optimized", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    assert_every_pass(benchmark)
    assert benchmark["parameters"]["size"] == "small"
    files = {one["file"] for one in benchmark["profiles"]["lines"]}
    assert any(file.endswith("digital_twin/physics.py") for file in files)


def test_a_stage_brings_all_its_variants(tmp_path):
    done = perfwatch("run", "--quick", "--passes", "timing", "workload:digital-twin/physics", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = [one["name"] for one in report_of(tmp_path)["benchmarks"]]
    assert any("reference" in name for name in names)
    assert any("vectorised" in name for name in names)


def test_a_workload_is_its_whole_with_a_span_for_each_stage(tmp_path):
    done = perfwatch("run", "--quick", "--passes", "timing", "workload:digital-twin", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = report_of(tmp_path)
    assert [one["name"] for one in report["benchmarks"]] == ["digital-twin@reference"]
    spans = {tuple(one["path"]): one for one in report["spans"]}
    inside = [path for path in spans if len(path) == 2]
    assert sorted(path[-1] for path in inside) == sorted(stage.name for stage in DIGITAL_TWIN.stages)
    assert {(one["benchmark"], one["entries_count"]) for one in spans.values()} == {
        ("digital-twin@reference", 1)
    }
    # The stages are what the program does: hardly any of its time lies between them.
    (benchmark,) = report["benchmarks"]
    assert sum(spans[path]["wall_ns"] for path in inside) > 0.8 * benchmark["timing"]["cold_ns"]
    assert "bayesopt" in done.stderr


def test_a_star_lists_each_stage_by_itself(tmp_path):
    done = perfwatch("run", "--list", "workload:digital-twin/*@optimized", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = [f"{stage.name}@{stage.optimized}" for stage in DIGITAL_TWIN.stages]
    assert [line.strip() for line in done.stdout.splitlines()[1:]] == names


def test_an_unknown_form_of_the_whole_is_a_usage_error_that_names_where_it_exists(tmp_path):
    done = perfwatch("run", "workload:digital-twin@vectorised", cwd=tmp_path)
    assert done.returncode == 2
    assert "digital-twin as a whole has no variant 'vectorised'" in done.stderr
    assert "Did you mean digital-twin/physics@vectorised" in done.stderr


def test_what_the_list_of_workloads_names_can_be_measured(tmp_path):
    listed = perfwatch("workloads", cwd=tmp_path).stdout.split()
    targets = [word for word in listed if word.startswith("workload:")]
    assert targets == [
        word
        for one in WORKLOADS
        for word in (
            f"workload:{one.name}",
            f"workload:{one.name}/*",
            *(f"workload:{one.name}/{stage.name}" for stage in one.stages),
        )
    ]
    assert all(find_workload(target) for target in targets)
