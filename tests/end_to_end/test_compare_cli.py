"""Two stored runs held against each other, by the real command."""

from __future__ import annotations

import json
import sys

import pytest
from builders import make_benchmark, make_environment, make_header, make_pass_result
from running import perfwatch

from perfwatch.records.run import PassName, RunState
from perfwatch.store import open_store

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A project with two runs of one script."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "step.py").write_text("sum(range(100_000))\n", encoding="utf-8")
    for _ in range(2):
        done = perfwatch("run", "--passes", "timing", "step.py", cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_two_runs_are_compared_and_time_stays_undecided_with_the_reason(stored):
    done = perfwatch("compare", "previous", "latest", "--json", "out.json", cwd=stored)
    assert done.returncode == 0, done.stderr
    assert "not measured side by side" in " ".join(done.stdout.split())
    report = json.loads((stored / "out.json").read_text(encoding="utf-8"))
    (benchmark,) = report["benchmarks"]
    assert benchmark["comparison"][0]["verdict"] == "undecided"
    assert report["gate"] is None


def test_as_a_gate_undecided_fails_only_where_that_is_asked_for(stored):
    assert perfwatch("compare", "previous", "--gate", cwd=stored).returncode == 0
    done = perfwatch("compare", "previous", "--gate", "--fail-on", "undecided", cwd=stored)
    assert done.returncode == 3, done.stdout + done.stderr


def test_a_run_that_is_not_there_is_a_usage_error(stored):
    done = perfwatch("compare", "nothing-of-that-name", cwd=stored)
    assert done.returncode == 2
    assert "nothing-of-that-name" in done.stderr


def test_runs_of_two_machines_are_refused_and_shown_without_verdict_where_asked_for(tmp_path):
    with open_store(tmp_path / "runs.db") as store:
        for hour, processor in ((12, "Example CPU"), (13, "Other CPU")):
            environment = make_environment(key=processor, processor=processor)
            header = make_header(
                id=f"20260101T{hour}0000-aaaa",
                started_at=f"2026-01-01T{hour}:00:00Z",
                environment=environment,
            )
            store.begin(header)
            store.save_pass(header.id, make_pass_result(PassName.TIMING, benchmarks=(make_benchmark(),)))
            store.finish(header.id, RunState.COMPLETE, 1_000_000)
    told = ("--store", "runs.db", "previous", "latest")
    refused = perfwatch("compare", *told, cwd=tmp_path)
    assert refused.returncode == 6, refused.stdout + refused.stderr
    assert "processor Example CPU against Other CPU" in " ".join(refused.stderr.split())
    shown = perfwatch("compare", *told, "--across-machines", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "undecided" in shown.stdout
