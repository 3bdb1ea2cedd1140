"""Result files that are broken, unknown, too large or hostile are refused in words, and quickly."""

from __future__ import annotations

import gzip
import json
import os
import sys

import pytest
from result_files import ASV_SAMPLES, PYPERF, PYPERF_PACKED, ROUNDS, TRUE_FILES, changed, written

from perfwatch.errors import ExitCode, UsageError
from perfwatch.store.importers import BENCHMARKS_LIMIT, LIMIT_BYTES, import_run


def refusal(file):
    """The error for a file; it has its three parts, on printable lines."""
    with pytest.raises(UsageError) as caught:
        import_run(file)
    error = caught.value
    assert error.exit_code is ExitCode.USAGE
    assert error.happened
    assert error.means
    assert error.do
    assert all(part.isprintable() for part in (error.happened, error.means, error.do))
    assert len(str(error)) < 1_500
    return error


def first_stats(document):
    return document["benchmarks"][0]["stats"]


@pytest.mark.parametrize("sample", TRUE_FILES, ids=lambda file: file.stem)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path, sample, share):
    data = sample.read_bytes().rstrip()
    assert "truncated" in refusal(written(tmp_path, data[: int(len(data) * share)])).happened


def test_a_truncated_packed_file_is_refused(tmp_path):
    data = PYPERF_PACKED.read_bytes()
    assert (
        "compression is broken" in refusal(written(tmp_path, data[: len(data) // 2], "cut.json.gz")).happened
    )


@pytest.mark.parametrize(
    ("sample", "version", "named"),
    [
        (ROUNDS, "6.0.0", "6.0.0"),
        (ROUNDS, "2.5.0", "3, 4, 5"),
        (PYPERF, "2.0", "2.0"),
        (PYPERF, 5, "6 and 1.0"),
        (ASV_SAMPLES, 3, "1 and 2"),
        (ASV_SAMPLES, 0, "1 and 2"),
    ],
)
def test_a_version_that_is_not_known_is_named_with_those_that_are(tmp_path, sample, version, named):
    error = refusal(changed(sample, tmp_path, lambda d: d.update(version=version)))
    assert named in error.happened
    assert "known are" in error.happened
    assert "update perfwatch" in error.do


@pytest.mark.parametrize("version", [None, True, [], {}, "x", "9" * 400, "\x1b[31m6"])
@pytest.mark.parametrize("sample", TRUE_FILES, ids=lambda file: file.stem)
def test_a_version_that_is_none_is_refused(tmp_path, sample, version):
    refusal(changed(sample, tmp_path, lambda d: d.update(version=version)))


def test_a_file_beyond_the_limit_is_refused_without_being_read(tmp_path):
    file = written(tmp_path, "{")
    os.truncate(file, 5_000_000_000)
    assert f"more than {LIMIT_BYTES // 1_000_000} MB" in refusal(file).happened


def test_a_packed_file_that_unpacks_beyond_the_limit_is_refused(tmp_path):
    file = tmp_path / "bomb.json.gz"
    with gzip.open(file, "wb", compresslevel=1) as stream:
        for _ in range(LIMIT_BYTES // 1_000_000 + 1):
            stream.write(b" " * 1_000_000)
    assert file.stat().st_size < 1_000_000
    assert "more than" in refusal(file).happened


@pytest.mark.parametrize("content", ["", " \n", "[]", "null", "\x80\x04pickle", "SQLite format 3\x00", "{}"])
def test_what_is_no_result_file_is_told_from_one(tmp_path, content):
    refusal(written(tmp_path, content))


def test_json_of_another_kind_is_refused_with_the_kinds_that_are_known(tmp_path):
    error = refusal(written(tmp_path, json.dumps({"name": "package", "version": "1.0.0"})))
    assert "no result file of a known kind" in error.happened
    for kind in ("pytest-benchmark", "pyperf", "asv", "report.json", "baseline"):
        assert kind in error.do


def test_asvs_list_of_benchmarks_is_no_result_file():
    assert "no result file" in refusal(ASV_SAMPLES.parents[1] / "benchmarks.json").happened


def test_a_folder_is_refused_and_where_asv_keeps_its_files_is_told(tmp_path):
    error = refusal(tmp_path)
    assert "folder" in error.happened
    assert "results/MACHINE" in error.do


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    assert "no regular file" in refusal(tmp_path / "pipe.json").happened


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path):
    file = written(tmp_path, "{}")
    file.chmod(0)
    assert "Permission denied" in refusal(file).happened


@pytest.mark.parametrize("field", ["benchmarks", "results", "machine_info", "metadata", "unknown"])
@pytest.mark.parametrize("sample", TRUE_FILES, ids=lambda file: file.stem)
def test_deep_nesting_is_refused_in_every_field(tmp_path, sample, field):
    document = json.loads(sample.read_text(encoding="utf-8"))
    document[field] = "DEEP"
    deep = json.dumps(document).replace('"DEEP"', "[" * 200_000 + "]" * 200_000)
    assert "nested too deep" in refusal(written(tmp_path, deep)).happened


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e-9, 1e300, "1", None, True, []])
def test_a_time_that_is_none_is_refused(tmp_path, value):
    def in_median(document):
        first_stats(document)["median"] = value

    def in_values(document):
        document["benchmarks"][0]["runs"][1]["values"][0] = value

    def in_samples(document):
        document["results"]["bench_sums.Sums.time_sum"][-1][0][0] = value

    def in_data(document):
        first_stats(document)["data"][1] = value

    for sample, change in (
        (ROUNDS, in_median),
        (ROUNDS, in_data),
        (PYPERF, in_values),
        (ASV_SAMPLES, in_samples),
    ):
        refusal(changed(sample, tmp_path, change))


@pytest.mark.parametrize("value", [float("inf"), -1e-9, 1e300, "1", True, [], {}])
def test_a_result_of_asv_that_is_none_is_refused(tmp_path, value):
    def change(document):
        document["results"]["bench_sums.Sums.time_sum"][0][0] = value

    refusal(changed(ASV_SAMPLES, tmp_path, change))


@pytest.mark.parametrize("count", [0, -4, 10**30, 1.5])
def test_a_count_of_calls_that_is_none_is_refused(tmp_path, count):
    refusal(changed(ROUNDS, tmp_path, lambda d: first_stats(d).update(iterations=count)))


def test_negative_memory_is_refused(tmp_path):
    def change(document):
        document["results"]["bench_sums.mem_list"][0][0] = -5

    assert "amount of -5" in refusal(changed(ASV_SAMPLES, tmp_path, change)).happened


def test_more_benchmarks_than_can_be_compared_are_refused_with_both_numbers(tmp_path):
    one = '{"fullname":"n","stats":{"median":1,"rounds":1}}'
    many = ",".join([one] * 1_000_000)
    text = f'{{"version":"5.0","datetime":"2026-01-01","machine_info":{{}},"benchmarks":[{many}]}}'
    error = refusal(written(tmp_path, text))
    assert "1000000 benchmarks" in error.happened
    assert str(BENCHMARKS_LIMIT) in error.happened


def test_parameters_whose_product_is_beyond_counting_are_refused_at_once(tmp_path):
    def change(document):
        document["results"]["bench_sums.Sums.time_sum"][:2] = [None, [[str(n) for n in range(1000)]] * 20]

    assert "benchmarks" in refusal(changed(ASV_SAMPLES, tmp_path, change)).happened


def test_results_that_do_not_fit_their_parameters_are_refused(tmp_path):
    def change(document):
        document["results"]["bench_sums.Sums.time_sum"][0].pop()

    assert "another number of results" in refusal(changed(ASV_SAMPLES, tmp_path, change)).happened


def test_rows_longer_than_their_columns_are_refused(tmp_path):
    assert (
        "result_columns"
        in refusal(changed(ASV_SAMPLES, tmp_path, lambda d: d.update(result_columns=["result"]))).happened
    )


def test_a_benchmark_that_is_in_a_file_twice_is_refused(tmp_path):
    def twice(document):
        document["benchmarks"].append(document["benchmarks"][0])

    assert "is in it twice" in refusal(changed(ROUNDS, tmp_path, twice)).happened


def test_names_that_steer_a_terminal_are_shown_as_text_in_errors(tmp_path):
    def change(document):
        document["benchmarks"][0]["fullname"] = "\x1b]0;evil\x07<script>\u202e" * 50
        first_stats(document)["median"] = -1

    error = refusal(changed(ROUNDS, tmp_path, change))
    assert "\\x1b]0;evil" in error.happened


def test_text_that_is_not_unicode_is_refused(tmp_path):
    refusal(written(tmp_path, ROUNDS.read_bytes().replace(b"sorting", b"\xff\xfe")))


def test_what_is_written_like_no_number_inside_of_a_text_stays_text(tmp_path):
    def change(document):
        document["benchmarks"][0]["fullname"] = 'NaN "Infinity" \\'
        document["benchmarks"][0]["extra_info"] = {"x": float("nan")}

    run = import_run(changed(ROUNDS, tmp_path, change)).run
    assert run.benchmarks[0].name == 'NaN "Infinity" \\'


@pytest.mark.parametrize(
    "text", ['"' + '\\"' * 300_000 + "NaN", "NaN" * 300_000, '{"a":"' + "\\" * 300_001 + "NaN"]
)
def test_looking_for_what_is_not_finite_takes_one_look_at_each_byte(tmp_path, text):
    refusal(written(tmp_path, text))


def test_broken_benchmarks_beside_asvs_results_are_named(tmp_path):
    (tmp_path / "machine").mkdir()
    file = written(tmp_path / "machine", ASV_SAMPLES.read_text(encoding="utf-8"))
    written(tmp_path, '{"version": 2, "x": [', "benchmarks.json")
    assert "benchmarks.json" in refusal(file).happened
    written(tmp_path, '{"version": 9}', "benchmarks.json")
    assert "version 9" in refusal(file).happened
    written(tmp_path, '{"something": "else"}', "benchmarks.json")
    assert import_run(file).run.benchmarks
