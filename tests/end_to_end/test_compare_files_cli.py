"""Result files held against each other and against stored runs, by the real command."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from builders import make_benchmark, make_environment, make_header, make_pass_result
from running import perfwatch

from perfwatch.records.run import PassName, RunState
from perfwatch.store import open_store

SAMPLES = Path(__file__).parents[1] / "data" / "result_files"
ROUNDS, SUMMARY = SAMPLES / "pytest_benchmark_rounds.json", SAMPLES / "pytest_benchmark_summary.json"
PYPERF, PACKED = SAMPLES / "pyperf_times.json", SAMPLES / "pyperf_times.json.gz"
ASV_BASE, ASV_HEAD = SAMPLES / "asv" / "host" / "medians.json", SAMPLES / "asv" / "host" / "samples.json"


def plain(text):
    """The words of what was printed, without its line breaks."""
    return " ".join(text.split())


def comparisons_in(file):
    report = json.loads(file.read_text(encoding="utf-8"))
    return report, [one for benchmark in report["benchmarks"] for one in benchmark["comparison"]]


@pytest.mark.parametrize(
    ("base", "head", "tool"),
    [
        (ROUNDS, SUMMARY, "pytest-benchmark 5.3.1"),
        (PYPERF, PACKED, "pyperf 2.10.0"),
        (ASV_BASE, ASV_HEAD, "asv"),
    ],
    ids=["pytest-benchmark", "pyperf", "asv"],
)
def test_two_files_of_a_tool_give_ratios_without_verdicts_and_what_they_lack(tmp_path, base, head, tool):
    done = perfwatch("compare", base, head, "--json", "o.json", "--out", "page", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"written by {tool}" in plain(done.stdout)
    assert "not measured in turns" in plain(done.stdout)
    report, comparisons = comparisons_in(tmp_path / "o.json")
    assert {one["verdict"] for one in comparisons} <= {"undecided", "failed"}
    timed = [one for one in comparisons if one["metric"] == "time" and one["verdict"] == "undecided"]
    assert timed
    assert all(one["ratio"] > 0 and one["reason"] for one in timed)
    assert all((one["interval"] is None) == (tool != "pyperf 2.10.0") for one in timed)
    assert report["baseline"]["chosen"].startswith("the file ")
    notes = " ".join(report["honesty"]["notes"])
    assert "not measured in turns" in notes
    assert base.name in notes
    assert head.name in notes
    assert "not measured in turns" in plain((tmp_path / "page" / "index.html").read_text(encoding="utf-8"))


def test_comparing_files_makes_no_store(tmp_path):
    assert perfwatch("compare", ROUNDS, SUMMARY, cwd=tmp_path).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_as_a_gate_undecided_passes_or_ends_with_3_where_that_is_asked_for(tmp_path):
    assert perfwatch("compare", PYPERF, PACKED, "--gate", cwd=tmp_path).returncode == 0
    done = perfwatch("compare", PYPERF, PACKED, "--gate", "--fail-on", "undecided", cwd=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "not measured in turns" in plain(done.stdout)


def test_a_benchmark_that_head_lost_fails_the_gate_and_one_that_failed_is_the_targets(tmp_path):
    document = json.loads(PYPERF.read_text(encoding="utf-8"))
    document["benchmarks"].pop()
    (tmp_path / "fewer.json").write_text(json.dumps(document), encoding="utf-8")
    done = perfwatch("compare", PYPERF, "fewer.json", "--gate", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "removed" in done.stdout
    assert perfwatch("compare", ASV_BASE, ASV_HEAD, "--gate", cwd=tmp_path).returncode == 4


def test_files_of_two_machines_are_refused_and_shown_without_verdict_where_asked_for(tmp_path):
    document = json.loads(ROUNDS.read_text(encoding="utf-8"))
    document["machine_info"]["cpu"]["brand_raw"] = "Other CPU"
    (tmp_path / "other.json").write_text(json.dumps(document), encoding="utf-8")
    refused = perfwatch("compare", ROUNDS, "other.json", "--json", "o.json", cwd=tmp_path)
    assert refused.returncode == 6, refused.stdout + refused.stderr
    assert "processor Intel(R) Xeon(R) Processor against Other CPU" in plain(refused.stderr)
    assert not (tmp_path / "o.json").exists()
    shown = perfwatch("compare", ROUNDS, "other.json", "--across-machines", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "undecided" in shown.stdout


def test_a_stored_run_and_an_exported_baseline_are_held_against_each_other(tmp_path):
    with open_store(tmp_path / ".perfwatch" / "perfwatch.db") as store:
        header = make_header(environment=make_environment())
        store.begin(header)
        store.save_pass(header.id, make_pass_result(PassName.TIMING, benchmarks=(make_benchmark(),)))
        store.finish(header.id, RunState.COMPLETE, 1_000_000)
        store.save_baseline("release", header.id)
    (tmp_path / "pyproject.toml").touch()
    assert perfwatch("baseline", "export", "release", "release.json", cwd=tmp_path).returncode == 0
    done = perfwatch("compare", "release.json", "latest", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the baseline 'release'" in plain(done.stdout)
    assert f"head is run {header.id}" in plain(done.stdout)
    by_name = perfwatch("compare", "release", "latest", cwd=tmp_path)
    assert "base is run" in plain(by_name.stdout)


def test_a_name_of_the_store_wins_over_a_file_that_does_not_look_like_one(tmp_path):
    shutil.copy(ROUNDS, tmp_path / "latest")
    done = perfwatch("compare", ROUNDS, "latest", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "head is the file latest" in plain(done.stdout), (
        "an empty store has no latest run, so the file is meant"
    )


def test_what_is_neither_file_nor_run_is_a_usage_error(tmp_path):
    done = perfwatch("compare", ROUNDS, "gone.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no file gone.json" in done.stderr


def test_hostile_names_reach_terminal_page_and_json_as_text(tmp_path):
    document = json.loads(SUMMARY.read_text(encoding="utf-8"))
    for number, benchmark in enumerate(document["benchmarks"]):
        benchmark["fullname"] = f"\x1b]0;evil\x07<script>alert(1)</script>[bold]\u202e{number}" + "x" * 5_000
        benchmark["group"] = "\x1b[31m<b>"
        benchmark["params"] = {"\x1b[2J<i>": "\x1b[31m</script>"}
    document["machine_info"]["cpu"]["brand_raw"] = "\x1b[31mIntel(R) <b>"
    hostile = tmp_path / "hostile.json"
    hostile.write_text(json.dumps(document), encoding="utf-8")
    done = perfwatch("compare", hostile, hostile, "--out", "page", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    page = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "\x1b" not in page
    json.loads((tmp_path / "page" / "report.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(sys.platform == "win32", reason="names of files there cannot hold controls")
def test_a_hostile_file_name_is_shown_as_text(tmp_path):
    file = tmp_path / "\x1b[31mred.json"
    shutil.copy(ROUNDS, file)
    done = perfwatch("compare", file, file, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    file.write_text("{", encoding="utf-8")
    broken = perfwatch("compare", file, file, cwd=tmp_path)
    assert broken.returncode == 2
    assert "\x1b" not in done.stdout + broken.stderr
