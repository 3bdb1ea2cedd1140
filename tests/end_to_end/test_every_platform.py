"""What works wherever perfwatch installs: help, the schema, an empty store, and on Linux and macOS a run."""

from __future__ import annotations

import json
import sys

import pytest
from running import perfwatch, report_of

import perfwatch as package

pytestmark = pytest.mark.smoke


def test_help_lists_the_verbs_that_work(tmp_path):
    done = perfwatch("--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for verb in ("run", "report", "runs", "clean", "baseline", "workloads"):
        assert f"  {verb} " in done.stdout


@pytest.mark.parametrize("verb", ["run", "report", "runs", "clean", "baseline", "workloads"])
def test_every_verb_has_an_example_in_its_help(tmp_path, verb):
    done = perfwatch(verb, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"$ perfwatch {verb}" in done.stdout


def test_the_version_is_told(tmp_path):
    assert package.__version__ in perfwatch("--version", cwd=tmp_path).stdout


def test_the_schema_is_printed(tmp_path):
    assert "$schema" in json.loads(perfwatch("report", "--schema", cwd=tmp_path).stdout)


def test_an_empty_store_is_no_trouble(tmp_path):
    done = perfwatch("runs", cwd=tmp_path)
    assert done.returncode == 0
    assert "No runs are stored yet" in done.stdout


def test_a_word_that_is_no_verb_is_refused_with_usage(tmp_path):
    done = perfwatch("runn", cwd=tmp_path)
    assert done.returncode == 2
    assert "runn" in done.stderr


def test_a_script_is_measured_or_the_platform_says_why_not(tmp_path):
    (tmp_path / "s.py").write_text("print(sum(range(1000)))\n")
    done = perfwatch("run", "--quick", "s.py", cwd=tmp_path)
    if sys.platform == "win32":
        assert done.returncode == 2
        assert "Windows" in done.stderr
        return
    assert (done.returncode, done.stdout) == (0, "499500\n"), done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    assert benchmark["timing"]["median_ns"] > 0
    assert {one["state"] for one in benchmark["passes"]} <= {"done", "unavailable"}
