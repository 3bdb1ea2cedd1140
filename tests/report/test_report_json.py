"""The document says what the records say, in the published form."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan

import jsonschema
import msgspec
import pytest
from builders import make_benchmark, make_report, make_run, make_target, make_timing
from diffusion_report import diffusion_report, script_report
from everything_report import everything_report

from perfwatch.records.profile import CallNode, Profiles
from perfwatch.records.report import SCHEMA, Report
from perfwatch.records.run import Custom, Failure, FailureKind, PassName, RunState
from perfwatch.report.document import ReportDocument
from perfwatch.report.json_file import DEPTH_LIMIT, document_of, render_json, render_schema, schema

UNITS = ("_ns", "_bytes", "_count", "_ratio", "_percent", "_hertz", "_megahertz", "_watt", "_joule")
#: Numbers without a unit in their name, each for its reason.
UNITLESS = {
    "rank": "a rank",
    "line_start": "a place",
    "line_end": "a place",
    "evidence": "a mapping: each of its names carries its own",
    "figures": "a mapping, too",
    "ratio": "its name is its unit",
    "line": "a place",
    "pair": "an id",
    "order": "a rank",
    "device": "an id",
    "index": "an id",
    "process": "an id",
    "pid": "an id",
    "generation": "an id",
    "cpu_over_wall": "a ratio, and its name says of what",
    "cores_limit": "cores",
    "exit_code": "a code",
    "p_value": "a probability",
    "q_value": "a probability",
    "confidence_level": "a probability",
    "load_average": "the kernel's own unit",
    "interval": "bounds of the ratio beside it",
    "base_value": "in the unit of the metric beside it",
    "head_value": "in the unit of the metric beside it",
    "values": "in the target's own unit",
    "metrics": "each key carries its unit",
    "rtol": "the field's own word for a relative tolerance",
    "atol": "the field's own word, in the unit of what is compared",
} | dict.fromkeys(
    (
        "slower",
        "faster",
        "same",
        "undecided",
        "higher",
        "lower",
        "new",
        "removed",
        "failed",
        "accepted",
        "findings",
    ),
    "how many comparisons ended so",
)

REPORTS = {
    "a suite": diffusion_report,
    "a script": script_report,
    "a small run": make_report,
    "a run of which everything is known": everything_report,
    "nothing": lambda: Report(run=make_run(benchmarks=(), sources=(), state=RunState.FAILED)),
}


def plain(report):
    return json.loads(render_json(report))


@pytest.mark.smoke
@pytest.mark.parametrize("name", REPORTS)
def test_the_document_obeys_the_published_schema(name):
    validator = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(plain(REPORTS[name]()))] == []


@pytest.mark.smoke
@pytest.mark.parametrize("name", REPORTS)
def test_the_document_comes_back_as_it_went(name):
    report = REPORTS[name]()
    assert msgspec.json.decode(render_json(report), type=ReportDocument) == document_of(report)


@pytest.mark.smoke
def test_the_schema_is_itself_a_valid_schema_and_prints_as_json():
    jsonschema.Draft202012Validator.check_schema(schema())
    assert json.loads(render_schema()) == schema()


def test_the_document_names_the_schema_of_the_records():
    assert plain(make_report())["schema"] == SCHEMA


def test_the_parts_are_those_of_the_contract():
    assert list(plain(make_report())) == [
        "schema",
        "generator",
        "run",
        "summary",
        "baseline",
        "gate",
        "benchmarks",
        "spans",
        "custom",
        "provenance",
        "sources",
        "honesty",
        "findings",
        "experiments",
        "ceilings",
        "modules",
        "histories",
        "policy",
        "proofs",
        "claims",
        "failures",
    ]


def _numbers(node, name=""):
    """Yield the names of the fields that may hold a number."""
    if node.get("type") in ("integer", "number"):
        yield name
    for choice in node.get("anyOf", ()):
        yield from _numbers(choice, name)
    for item in (node.get("items"), node.get("additionalProperties"), *node.get("prefixItems", ())):
        if isinstance(item, dict):
            yield from _numbers(item, name)
    for child, part in node.get("properties", {}).items():
        yield from _numbers(part, child)


def test_every_number_carries_its_unit_in_its_name():
    names = {name for part in schema()["$defs"].values() for name in _numbers(part)}
    assert len(names) > 30
    assert {name for name in names if not name.endswith(UNITS)} == {
        *UNITLESS,
        "settings",
    }  # whose own names carry theirs


def test_every_metric_of_a_benchmark_carries_its_unit_in_its_name():
    for benchmark in plain(diffusion_report())["benchmarks"]:
        assert all(name.endswith(UNITS) for name in benchmark["metrics"])


def test_figures_that_are_not_finite_become_null():
    tree = CallNode(function="f", file="f.py", line=1, time_ns=nan, total_ns=inf)
    benchmark = make_benchmark(
        timing=make_timing(median_ns=nan, interval_ns=(1.0, inf)),
        metrics={"peak_memory_bytes": inf},
        profiles=Profiles(cpu=tree),
    )
    report = Report(run=make_run(benchmarks=(benchmark,), custom=(Custom(name="mse", values=(nan, 1.0)),)))
    document = plain(report)
    timing = document["benchmarks"][0]["timing"]
    assert timing["median_ns"] is None
    assert timing["interval_ns"] == [1.0, None]
    assert document["benchmarks"][0]["metrics"] == {"peak_memory_bytes": None}
    assert document["benchmarks"][0]["profiles"]["cpu"]["total_ns"] is None
    assert document["custom"][0]["values"] == [None, 1.0]
    assert msgspec.json.decode(render_json(report), type=ReportDocument) == document_of(report)


def test_raw_samples_are_whole_nanoseconds():
    process = plain(make_report())["benchmarks"][0]["timing"]["processes"][0]
    assert all(isinstance(sample, int) for sample in process["wall_ns"])
    assert process["loops_count"] == 10


def test_comparisons_stand_under_their_benchmark_with_time_first():
    report = diffusion_report()
    shuffled = replace(report, comparisons=report.comparisons[::-1])
    first = plain(shuffled)["benchmarks"][0]["comparison"]
    assert [each["metric"] for each in first] == ["time", "peak_memory_bytes"]
    assert first[0]["verdict"] == "slower"


def test_a_benchmark_that_only_the_baseline_knew_is_listed_without_a_target():
    last = plain(diffusion_report())["benchmarks"][-1]
    assert (last["target"], last["timing"]) == (None, None)
    assert last["comparison"][0]["verdict"] == "removed"


def test_paths_are_relative_to_the_project_with_forward_slashes():
    document = plain(diffusion_report())
    assert document["run"]["targets"][0]["path"] == "tests/test_diffusion.py"
    assert document["provenance"][0]["file"] == "science/diffusion.py"
    windows = make_run(project_root="C:\\project", targets=(make_target(path="C:\\project\\sub\\script.py"),))
    assert plain(Report(run=windows))["run"]["targets"][0]["path"] == "sub/script.py"


def test_what_a_user_calls_a_path_is_left_alone():
    benchmark = make_benchmark(parameters={"path": "/project/data"})
    document = plain(Report(run=make_run(benchmarks=(benchmark,))))
    assert document["benchmarks"][0]["parameters"] == {"path": "/project/data"}


def test_a_failure_names_its_pass():
    failure = Failure(
        target="script.py",
        pass_name=PassName.CPU,
        kind=FailureKind.SIGNAL,
        message="killed",
        signal="SIGKILL",
    )
    written = plain(Report(run=make_run(failures=(failure,))))["failures"][0]
    assert (written["pass"], written["kind"], written["signal"]) == ("cpu", "signal", "SIGKILL")


def test_memory_of_no_line_is_stated():
    honesty = plain(script_report())["honesty"]
    assert honesty["unattributed"] == [{"benchmark": "diffusion.py", "native_bytes": 1_204_000}]


def test_a_recursion_nested_very_deep_is_cut_and_said():
    node = CallNode(function="down", file="f.py", line=1, time_ns=1.0, total_ns=1.0)
    for _ in range(900):
        node = CallNode(function="down", file="f.py", line=1, time_ns=0.0, total_ns=1.0, children=(node,))
    benchmark = make_benchmark(profiles=Profiles(cpu=node))
    document = plain(Report(run=make_run(benchmarks=(benchmark,))))
    tree, depth = document["benchmarks"][0]["profiles"]["cpu"], 0
    while tree["children"]:
        tree, depth = tree["children"][0], depth + 1
    assert depth == DEPTH_LIMIT
    assert str(DEPTH_LIMIT) in document["honesty"]["notes"][0]


def _empty(value, name):
    """Yield the names of fields without a value; of a list's entries, one that has it is enough."""
    if value is None or value in ("", []):
        yield name
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _empty(item, f"{name}.{key}")
    elif isinstance(value, list) and isinstance(value[0], dict):
        for key in value[0]:
            yield from set.intersection(*(set(_empty(item[key], f"{name}.{key}")) for item in value))


def test_every_field_of_a_profile_is_in_the_document_and_filled():
    profiles = plain(everything_report())["benchmarks"][0]["profiles"]
    profiles.pop("cpu")
    assert list(_empty(profiles, "profiles")) == []


def test_what_is_not_finite_becomes_null_in_the_new_parts_too():
    report = everything_report()
    (benchmark,) = report.run.benchmarks
    profiles = benchmark.profiles
    thread = replace(profiles.cpu_use.threads[0], wall_ns=nan)
    device = replace(profiles.gpu.devices[0], throttled={"heat": nan})
    broken = replace(
        profiles,
        cpu_use=replace(profiles.cpu_use, threads=(thread,), gil_ratio=inf),
        memory=replace(profiles.memory, leaks=(replace(profiles.memory.leaks[0], leaked_bytes=inf),)),
        gpu=replace(profiles.gpu, devices=(device,)),
    )
    run = replace(report.run, benchmarks=(replace(benchmark, profiles=broken),))
    written = plain(Report(run=run))["benchmarks"][0]["profiles"]
    assert written["cpu_use"]["threads"][0]["wall_ns"] is None
    assert written["cpu_use"]["gil_ratio"] is None
    assert written["memory"]["leaks"][0]["leaked_bytes"] is None
    assert written["gpu"]["devices"][0]["throttled"] == [{"reason": "heat", "samples_ratio": None}]


def test_places_in_texts_are_relative_to_the_project():
    profiles = plain(everything_report())["benchmarks"][0]["profiles"]
    assert profiles["io"]["files"][0]["path"] == "data/plate.csv"
    assert profiles["io"]["files"][0]["lines"] == ["science/diffusion.py:9"]


def test_the_ledger_is_in_the_document():
    honesty = plain(everything_report())["honesty"]
    cpu = next(entry for entry in honesty["passes"] if entry["name"] == "cpu")
    assert (cpu["overhead_ratio"], cpu["lost_count"], cpu["unattributed_ratio"]) == (1.04, 2, 0.021)
    assert [(each["file"], each["line"]) for each in honesty["disagreements"]] == [
        ("science/diffusion.py", 20)
    ]
    assert (honesty["lost_count"], honesty["not_run"]) == (2, [])
