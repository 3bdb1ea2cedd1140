"""A red names the function that was slowed: two folders, the real command."""

from __future__ import annotations

import json
import sys

import pytest
from running import perfwatch

if sys.platform == "win32":
    pytest.skip("perfwatch gate needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

PACKAGE = """
def hot():
    found = 0
    for number in range(30_000):
        found += number
    return found


def slowed():
    found = 0
    for number in range({rounds}):
        found += number
    return found


def run():
    return hot() + slowed()
"""


def gated(folder, *arguments):
    for name, rounds in (("old", 20_000), ("new", 60_000)):
        (folder / name).mkdir()
        (folder / name / "fitting.py").write_text(PACKAGE.format(rounds=rounds), encoding="utf-8")
    command = ("gate", "--base-dir", "old", "--head-dir", "new", "--no-progress", "--json", "out.json")
    done = perfwatch(*command, *arguments, "fitting:run", cwd=folder, timeout=300)
    return done, json.loads((folder / "out.json").read_text(encoding="utf-8"))


@pytest.mark.long
def test_a_red_names_the_function_that_was_slowed(tmp_path):
    done, report = gated(tmp_path, "--passes", "timing,cpu", "--budget", "30s")
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(report["gate"]["functions"]) == 1, report["gate"]["notes"]
    (found,) = report["gate"]["functions"]
    first = found["frames"][0]
    assert (first["function"], first["file"], first["line"]) == ("slowed", "fitting.py", 9)
    assert first["named"]
    assert first["touched"]
    low, high = first["own"]["interval_ns"]
    assert low < first["own"]["difference_ns"] < high
    assert found["processes_counts"] == [5, 5]
    assert min(found["samples_counts"]) > 100
    assert [one["function"] for one in found["frames"] if one["named"]] == ["slowed"]
    (comparison,) = report["benchmarks"][0]["comparison"]
    assert [one["line"] for one in first["lines"]][:1] in ([11], [12])
    assert "most of it in fitting.py:9 slowed(): +" in comparison["reason"]
    assert "fitting.py:9 slowed" in done.stdout
    (hunk,) = report["gate"]["hunks"]
    assert (hunk["file"], hunk["function"], hunk["line"]) == ("fitting.py", "slowed", 9)
    assert [line for line in hunk["lines"] if line[:1] in "+-"] == [
        "-    for number in range(20000):",
        "+    for number in range(60000):",
    ]
    (module,) = report["modules"]["modules"]
    assert (module["name"], module["verdicts"]) == ("fitting", ["slower"])
