"""Result files of other tools become runs that say what the files say."""

from __future__ import annotations

import json

import pytest
from result_files import (
    ASV_MEDIANS,
    ASV_SAMPLES,
    PYPERF,
    PYPERF_MEMORY,
    PYPERF_PACKED,
    ROUNDS,
    SUMMARY,
    changed,
    written,
)

from perfwatch.compare import process_values
from perfwatch.records.run import RunState
from perfwatch.store.importers import import_run


def run_in(file):
    return import_run(file).run


def by_name(file):
    return {benchmark.name: benchmark for benchmark in run_in(file).benchmarks}


def said(file):
    return " ".join(run_in(file).notes)


# pytest-benchmark


def test_rounds_of_pytest_benchmark_are_totals_of_their_iterations_from_one_process():
    benchmark = by_name(ROUNDS)["test_sums.py::test_sum"]
    stats = json.loads(ROUNDS.read_text(encoding="utf-8"))["benchmarks"][0]["stats"]
    (process,) = benchmark.timing.processes
    assert (process.loops_count, len(process.wall_ns)) == (4, 5)
    assert process.wall_ns == tuple(round(value * 4e9) for value in stats["data"])
    assert process_values(benchmark.timing)[0] == pytest.approx(stats["median"] * 1e9, abs=0.2)
    assert benchmark.timing.interval_ns is None


def test_a_summary_of_pytest_benchmark_gives_its_median_and_no_sample():
    benchmark = by_name(SUMMARY)["test_sums.py::test_sum"]
    stats = json.loads(SUMMARY.read_text(encoding="utf-8"))["benchmarks"][0]["stats"]
    assert benchmark.timing.processes == ()
    assert benchmark.timing.median_ns == stats["median"] * 1e9
    assert "only their summary" in said(SUMMARY)
    assert "only their summary" not in said(ROUNDS)


def test_parameters_and_group_of_pytest_benchmark_are_kept():
    benchmark = by_name(ROUNDS)["test_sums.py::test_sorted[200]"]
    assert (benchmark.parameters, benchmark.group) == ({"size": "200"}, "sorting")


def test_the_environment_is_what_pytest_benchmark_wrote_and_the_rest_is_unknown():
    header = run_in(ROUNDS).header
    environment = header.environment
    assert (environment.processor, environment.cores_count) == ("Intel(R) Xeon(R) Processor", 2)
    assert (environment.system, environment.machine) == ("Linux 6.18", "x86_64")
    assert (environment.python, environment.implementation) == ("3.11.7", "CPython")
    assert (environment.memory_bytes, environment.libraries, environment.threads) == (0, {}, {})
    assert (environment.key, environment.executable) == ("", "")
    assert header.commit.revision == "7de44fbab8f38a147652c1cdd9c089896443a220"
    assert (header.commit.branch, header.commit.dirty) == ("master", False)
    assert header.started_at == "2026-11-21T23:36:39Z"
    assert "does not tell memory, versions of libraries, thread settings" in said(ROUNDS)


def test_what_is_not_under_version_control_has_no_commit(tmp_path):
    file = changed(
        ROUNDS, tmp_path, lambda d: d.update(commit_info={"id": "unversioned", "branch": "(unknown)"})
    )
    assert run_in(file).header.commit.revision is None
    assert run_in(file).header.commit.branch is None


def test_a_machine_that_a_hook_replaced_is_unknown_and_no_error(tmp_path):
    file = changed(ROUNDS, tmp_path, lambda d: d.update(machine_info={"cpu": "fast", "python_version": [3]}))
    assert (run_in(file).header.environment.processor, run_in(file).header.environment.python) == ("", "")


def test_addresses_in_parameters_do_not_part_two_runs(tmp_path):
    def put(document):
        document["benchmarks"][0]["params"] = {"x": "UNSERIALIZABLE[<object object at 0x7f12ab>]"}

    (first, *_) = run_in(changed(ROUNDS, tmp_path, put)).benchmarks
    assert first.parameters == {"x": "'UNSERIALIZABLE[<object object>]'"}


# pyperf


def test_each_worker_of_pyperf_is_a_process_and_calibration_is_none():
    timing = by_name(PYPERF)["sum_500"].timing
    runs = json.loads(PYPERF.read_text(encoding="utf-8"))["benchmarks"][0]["runs"]
    assert [process.loops_count for process in timing.processes] == [64, 64, 64]
    assert timing.processes[0].wall_ns == tuple(round(value * 64e9) for value in runs[0]["values"])
    low, high = timing.interval_ns
    assert low < timing.median_ns < high


def test_runs_of_pyperf_without_values_are_left_out(tmp_path):
    def calibrate(document):
        document["benchmarks"][0]["runs"].insert(
            0, {"metadata": {"calibrate_loops": 64}, "warmups": [[1, 1e-6]]}
        )

    assert len(run_in(changed(PYPERF, tmp_path, calibrate)).benchmarks[0].timing.processes) == 3


def test_loops_and_inner_loops_of_a_run_win_over_those_of_the_file(tmp_path):
    def give(document):
        document["benchmarks"][0]["runs"][0]["metadata"]["loops"] = 10
        document["benchmarks"][0]["metadata"]["inner_loops"] = 3

    first, second, _ = run_in(changed(PYPERF, tmp_path, give)).benchmarks[0].timing.processes
    assert (first.loops_count, second.loops_count) == (30, 192)


def test_a_packed_file_of_pyperf_is_read_like_a_plain_one():
    assert by_name(PYPERF_PACKED).keys() == by_name(PYPERF).keys()
    assert run_in(PYPERF_PACKED).header.id != run_in(PYPERF).header.id


def test_bytes_of_pyperf_are_an_amount_and_no_time():
    benchmark = by_name(PYPERF_MEMORY)["timeit"]
    assert benchmark.timing is None
    assert benchmark.metrics == {"memory_bytes": (12455936 + 15421440) / 2}


def test_counts_of_pyperf_are_figures_of_the_benchmarks_own(tmp_path):
    file = changed(PYPERF_MEMORY, tmp_path, lambda d: d["metadata"].update(unit="integer"))
    (custom,) = run_in(file).custom
    assert (custom.name, custom.values, custom.unit) == ("timeit", (12455936.0, 15421440.0), "integer")


def test_pyperf_tells_its_machine():
    environment = run_in(PYPERF).header.environment
    assert (environment.system, environment.machine, environment.cores_count) == ("Linux 6.18", "x86_64", 2)
    assert (environment.python, environment.implementation) == ("3.11.7", "CPython")


@pytest.mark.parametrize(
    ("platform", "system", "machine"),
    [
        ("macOS-14.5-arm64-arm-64bit", "Darwin 14.5", "arm64"),
        ("Windows-10-10.0.19045-SP0", "Windows 10", ""),
        ("Linux-5.15.0-91-generic-aarch64-with-glibc2.35", "Linux 5.15", "aarch64"),
    ],
)
def test_a_platform_is_taken_apart(tmp_path, platform, system, machine):
    environment = run_in(
        changed(PYPERF, tmp_path, lambda d: d["metadata"].update(platform=platform))
    ).header.environment
    assert (environment.system, environment.machine) == (system, machine)


def test_a_file_without_a_date_shows_its_own_and_says_so(tmp_path):
    def undate(document):
        for benchmark in document["benchmarks"]:
            for run in benchmark["runs"]:
                run.pop("metadata")

    file = changed(PYPERF, tmp_path, undate)
    assert "does not tell when it was measured" in said(file)
    assert run_in(file).header.started_at.endswith("Z")


# asv


def test_medians_of_asv_are_kept_as_they_are_without_samples():
    timing = by_name(ASV_MEDIANS)["bench_sums.Sums.time_sum(10, 'list')"].timing
    document = json.loads(ASV_MEDIANS.read_text(encoding="utf-8"))
    first = document["results"]["bench_sums.Sums.time_sum"][0][0]
    assert (timing.processes, timing.median_ns) == ((), pytest.approx(first * 1e9))
    assert "only medians and quantiles were kept of all benchmarks" in said(ASV_MEDIANS)
    assert timing.notes[0].startswith("only a median was kept")


def test_recorded_samples_of_asv_are_totals_of_their_calls():
    (process,) = by_name(ASV_SAMPLES)["bench_sums.Sums.time_sum(10, 'tuple')"].timing.processes
    document = json.loads(ASV_SAMPLES.read_text(encoding="utf-8"))
    column = document["result_columns"].index("samples")
    samples = document["results"]["bench_sums.Sums.time_sum"][column][1]
    assert process.loops_count == 20
    assert process.wall_ns == tuple(round(value * 20e9) for value in samples)
    assert "without the process that each came from" in said(ASV_SAMPLES)


def test_a_benchmark_of_asv_has_its_parameters_named_and_its_codes_version():
    benchmark = by_name(ASV_SAMPLES)["bench_sums.Sums.time_sum(1000, 'list')"]
    assert benchmark.parameters == {"size": "1000", "kind": "'list'"}
    assert benchmark.code_version.startswith("05b820e8")


def test_what_asv_left_out_is_no_benchmark_and_what_failed_is_a_failure():
    run = run_in(ASV_MEDIANS)
    assert not any("1000, 'tuple'" in benchmark.name for benchmark in run.benchmarks)
    assert [failure.benchmark for failure in run.failures] == ["bench_sums.time_fails"]
    assert by_name(ASV_MEDIANS)["bench_sums.time_fails"].timing is None


def test_memory_of_asv_is_an_amount_and_what_it_tracks_a_figure_of_its_own():
    benchmarks = by_name(ASV_SAMPLES)
    assert set(benchmarks["bench_sums.Sums.peakmem_copy(10, 'list')"].metrics) == {"peak_resident_bytes"}
    assert benchmarks["bench_sums.mem_list"].metrics == {"object_bytes": 856.0}
    (custom,) = run_in(ASV_SAMPLES).custom
    assert (custom.name, custom.values, custom.unit) == ("bench_sums.track_answer", (42.0,), "answers")


def test_without_benchmarks_json_the_names_tell_what_is_measured(tmp_path):
    lone = written(tmp_path, ASV_SAMPLES.read_text(encoding="utf-8"))
    assert "benchmarks.json is not beside it" in said(lone)
    benchmarks = by_name(lone)
    assert benchmarks.keys() == by_name(ASV_SAMPLES).keys()
    assert benchmarks["bench_sums.mem_list"].metrics == {"object_bytes": 856.0}
    assert benchmarks["bench_sums.Sums.time_sum(10, 'list')"].parameters == {
        "param1": "10",
        "param2": "'list'",
    }


def test_asv_tells_its_machine_and_memory():
    header = run_in(ASV_SAMPLES).header
    environment = header.environment
    assert (environment.cores_count, environment.memory_bytes) == (2, 25276510208)
    assert (environment.processor, environment.python) == ("Intel(R) Xeon(R) Processor", "3.11")
    assert header.commit.revision == "8956c91adfd4f85334e1984fd7e9ea5b7471e8f1"


def test_libraries_and_thread_settings_of_asv_are_kept(tmp_path):
    def give(document):
        document["requirements"] = {"numpy": "1.26", "scipy": ""}
        document["env_vars"] = {"OMP_NUM_THREADS": "1"}
        document["python"] = "pypy3.9"

    environment = run_in(changed(ASV_SAMPLES, tmp_path, give)).header.environment
    assert (environment.libraries, environment.threads) == ({"numpy": "1.26"}, {"OMP_NUM_THREADS": "1"})
    assert (environment.python, environment.implementation) == ("3.9", "PyPy")


#: As asv 0.2 to 0.4 wrote it, by the fields that asv 0.6 still converts.
OLD = {
    "version": 1,
    "commit_hash": "1" * 40,
    "date": 1500000000000,
    "python": "3.6",
    "requirements": {},
    "params": {"cpu": "Example CPU", "ram": "8268492"},
    "benchmark_version": {"b.time_two": "v2"},
    "results": {
        "b.time_one": 0.5,
        "b.time_gone": None,
        "b.time_two": {
            "params": [["1", "2"]],
            "result": [1e-6, 2e-6],
            "stats": [{"number": 10, "ci_99": [1e-6, 2e-6]}, None],
            "samples": [[1e-6, 3e-6], None],
        },
    },
}


def test_the_first_version_of_asvs_format_is_read_too(tmp_path):
    file = written(tmp_path, json.dumps(OLD))
    benchmarks = by_name(file)
    assert benchmarks["b.time_one"].timing.median_ns == pytest.approx(0.5e9)
    (process,) = benchmarks["b.time_two(1)"].timing.processes
    assert (process.loops_count, process.wall_ns) == (10, (10_000, 30_000))
    assert benchmarks["b.time_two(2)"].timing.median_ns == pytest.approx(2_000)
    assert benchmarks["b.time_two(2)"].code_version == "v2"
    assert [failure.benchmark for failure in run_in(file).failures] == ["b.time_gone"]
    assert run_in(file).header.environment.memory_bytes == 0


# All of them


@pytest.mark.parametrize(
    "file", [ROUNDS, SUMMARY, PYPERF, ASV_MEDIANS, ASV_SAMPLES], ids=lambda file: file.stem
)
def test_every_file_says_that_sides_did_not_take_turns_and_its_run_is_complete(file):
    run = run_in(file)
    assert "not measured in turns" in said(file)
    assert run.state is RunState.COMPLETE
    assert run.header.code_digest == ""
    assert run.header.id == run_in(file).header.id
