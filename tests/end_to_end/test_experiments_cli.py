"""A run tries what its diagnosis wants to know, keeps what came out, and rests its findings on it."""

from __future__ import annotations

import json
import os
import sys

import pytest
from running import perfwatch, report_of

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

PASSES = ("--passes", "timing,cpu,lines")
ONE = {"PERFWATCH_PROCESSES": "1", "PERFWATCH_SAMPLES": "400"}
REPEATING = """\
import math


def series(order):
    total = 0.0
    for k in range(1, 1000):
        total += math.sin(order * k) / k
    return total


def main():
    found = []
    for step in range(2000):
        found.append(series(step % 7))
    print(round(sum(found), 6))


main()
"""
MULTIPLYING = """\
import numpy as np


def multiply(left, right):
    for _ in range(150):
        left = left @ right
        left = left / np.abs(left).max()
    return left


rng = np.random.default_rng(1)
print(multiply(rng.random((200, 200)), rng.random((200, 200))).shape)
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "series.py").write_text(REPEATING, encoding="utf-8")
    return tmp_path


def measured(folder, *options, passes=PASSES, script="series.py"):
    done = perfwatch("run", *passes, *options, script, cwd=folder, env=ONE)
    assert done.returncode == 0, done.stderr
    return done, report_of(folder)


def findings(report, rule):
    return [one for one in report["findings"] if one["rule"] == rule]


def test_a_finding_rests_on_what_was_tried_and_a_stored_run_keeps_it(project):
    done, report = measured(project)
    tried = {one["function"]["name"]: one for one in report["experiments"]}
    assert tried["series"]["kind"] == "arguments"
    assert tried["series"]["figures"]["calls_count"] == 2000
    assert tried["series"]["figures"]["distinct_count"] == 7
    assert tried["series"]["figures"]["opaque_count"] == 0
    (finding,) = findings(report, "same-arguments")
    assert (finding["line_start"], finding["function"], finding["confidence"]) == (14, "main", "high")
    assert finding["evidence"]["distinct_count"] == 7
    assert "@functools.cache\ndef series(order):" in finding["advice"]["code"]
    assert "The same call with the same arguments" in done.stderr
    assert "Experiment on series.py: how often functions get the same arguments." in done.stderr
    # The script printed once only: later executions keep their output to themselves.
    assert done.stdout.count("\n") == 1

    (project / "series.py").unlink()
    again = perfwatch("report", "latest", "--format", "json", cwd=project)
    assert again.returncode == 0, again.stderr
    stored = json.loads(again.stdout) if again.stdout.startswith("{") else report_of(project)
    assert stored["experiments"] == report["experiments"]
    assert findings(stored, "same-arguments") == [finding]


def test_nothing_is_tried_where_nothing_may_be(project):
    done, report = measured(project, "--no-experiments")
    assert report["experiments"] == []
    assert findings(report, "same-arguments") == []
    assert "Experiment on" not in done.stderr


def test_a_value_that_is_neither_yes_nor_no_is_refused(project):
    done = perfwatch("run", "series.py", cwd=project, env={**ONE, "PERFWATCH_EXPERIMENTS": "perhaps"})
    assert done.returncode == 2
    assert "perhaps" in done.stderr
    assert not (project / ".perfwatch").exists()


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="a pool has one thread on a machine with one processor")
def test_one_thread_is_timed_and_the_finding_follows_its_figures(project):
    pytest.importorskip("numpy")
    (project / "multiply.py").write_text(MULTIPLYING, encoding="utf-8")
    # On a busy machine threads that wait for each other can make it a hundred times as long.
    passes = ("--passes", "timing,cpu,lines,io", "--budget", "300s")
    _, report = measured(project, passes=passes, script="multiply.py")
    tried = [one for one in report["experiments"] if one["kind"] == "one-thread"]
    (outcome,) = tried
    assert outcome["absent"] == ""
    figures = outcome["figures"]
    assert outcome["function"] is None
    assert figures["executions_count"] in {4, 8, 12}
    assert figures["speed_ratio"] == pytest.approx(figures["wall_ns"] / figures["one_thread_wall_ns"])
    # With one thread there is no more processor time than elapsed time, but for what numpy's import does.
    assert figures["one_thread_cpu_ns"] < 1.1 * figures["one_thread_wall_ns"]
    found = findings(report, "small-blas-threads")
    idle = abs(figures["cpu_ns"] / figures["wall_ns"] - 1) < 0.1
    if idle or min(figures["speed_ratio"], figures["least_speed_ratio"]) < 1.2:
        assert found == []
    else:
        assert found[0]["confidence"] == "high"
        assert found[0]["share_ratio"] == pytest.approx(1 - 1 / figures["speed_ratio"])


POOLED = """\
from concurrent.futures import ProcessPoolExecutor


def square(x):
    return x * x


def squares(count):
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(square, range(count)))


if __name__ == "__main__":
    print(sum(squares(4000)))
"""


def test_a_pool_is_tried_against_one_process_and_the_finding_follows_its_figures(project):
    (project / "pooled.py").write_text(POOLED, encoding="utf-8")
    _, report = measured(project, script="pooled.py")
    (outcome,) = [one for one in report["experiments"] if one["kind"] == "one-process"]
    assert outcome["absent"] == ""
    figures = outcome["figures"]
    assert outcome["function"] is None
    assert figures["speed_ratio"] == pytest.approx(figures["wall_ns"] / figures["one_process_wall_ns"])
    found = [one for one in findings(report, "tiny-tasks") if "one_process_wall_ns" in one["evidence"]]
    many = figures["executions_count"] >= 12
    bounds = (1.1, 1.05) if many else (1.2, 1.2)
    if figures["speed_ratio"] < bounds[0] or figures["least_speed_ratio"] < bounds[1]:
        assert found == []
    else:
        assert (found[0]["line_start"], found[0]["confidence"]) == (10, "high")
        assert found[0]["share_ratio"] == pytest.approx(1 - 1 / figures["speed_ratio"])
