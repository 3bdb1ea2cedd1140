"""The ledger of claims from the command line: measured, shown, written, and a project's own."""

from __future__ import annotations

import json
import sys

import pytest
from bad_input import assert_refused, write
from running import perfwatch

if sys.platform == "win32":
    pytest.skip("perfwatch prove needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

OWN = """
[[tool.perfwatch.experiments]]
name = "squares"
reference = "forms:plain"
candidate = "forms:fast"
claim = "squares are a thousand million times faster"
source = "README"
stated = "1000000000x"

[[tool.perfwatch.experiments]]
name = "cubes"
reference = "forms:plain"
candidate = "forms:other"
claim = "cubes are faster"
stated = "faster"
"""
FORMS = """
def plain():
    total = 0
    for number in range(3000):
        total += number * number
    return total


def fast():
    return 2999 * 3000 * 5999 // 6


def other():
    return 1
"""


def test_claims_are_listed_without_being_measured(tmp_path):
    done = perfwatch("workloads", "claims", "--list", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.count("\n") >= 14
    assert "C05  Weighing all candidates at once" in done.stdout


def test_a_claim_is_measured_shown_and_written(tmp_path):
    done = perfwatch(
        *("workloads", "claims", "-k", "C02 or C10", "--no-progress"),
        *("--json", "ledger.json", "--markdown", "ledger.md"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "ledger.json").read_text())
    assert document["schema"] == "perfwatch.claims/1"
    fails, leak = document["claims"]
    assert (fails["id"], fails["verdict"]) == ("C02", "fails")
    assert "TypeError" in fails["reason"]
    assert (leak["id"], leak["verdict"]) == ("C10", "overstated")
    assert [one["size"] for one in leak["sizes"]] == ["100", "1000", "5000"]
    assert "2 claims: 1 fails, 1 overstated" in done.stdout
    page = (tmp_path / "ledger.md").read_text()
    assert "| C02 |" in page
    assert "## C10: overstated" in page


def test_a_project_keeps_a_ledger_of_its_own(tmp_path):
    write(tmp_path, OWN, "pyproject.toml")
    write(tmp_path, FORMS, "forms.py")
    done = perfwatch("prove", "--per-benchmark", "4s", "--no-progress", "--json", "p.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    claims = {row["id"]: row for row in json.loads((tmp_path / "p.json").read_text())["claims"]}
    assert claims["squares"]["verdict"] == "overstated"
    assert claims["squares"]["source"] == "README"
    assert claims["squares"]["stated_ratio"] == [1e-9, 1e-9]
    assert claims["cubes"]["verdict"] == "different-answer"
    assert "Claim: squares are a thousand million times faster (README), stated 1000000000x" in done.stdout


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('claim = "faster"', "a claim needs stated"),
        ('claim = "faster"\nstated = "much"', "does not say how many times as fast"),
        ('stated = "0.5x"', "is no gain"),
    ],
)
def test_a_claim_that_states_nothing_is_refused(tmp_path, lines, said):
    table = '[[tool.perfwatch.experiments]]\nname = "a"\nreference = "f:a"\ncandidate = "f:b"\n'
    write(tmp_path, table + lines + "\n", "pyproject.toml")
    assert_refused(perfwatch("prove", cwd=tmp_path), 2, said, "experiments", "pyproject.toml")


def test_a_word_that_no_claim_matches_measures_nothing(tmp_path):
    done = perfwatch("workloads", "claims", "-k", "nonesuch", cwd=tmp_path)
    assert_refused(done, 5, "None of the", "Nothing was measured", "perfwatch workloads claims --list")


def test_an_unknown_workload_has_no_claims(tmp_path):
    done = perfwatch("workloads", "claims", "--workload", "nonesuch", cwd=tmp_path)
    assert_refused(
        done, 2, "no claims about 'nonesuch'", "Nothing was measured", "Choose one of: digital-twin"
    )
