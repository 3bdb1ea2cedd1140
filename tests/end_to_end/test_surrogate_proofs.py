"""The surrogate's stages through the prover: wrong forms are told from right ones, broken ones from both."""

from __future__ import annotations

import json
import sys

import pytest
from bad_input import write
from running import perfwatch
from tools import need_module

if sys.platform == "win32":
    pytest.skip("perfwatch prove needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

SHORT = ("--per-benchmark", "2s", "--no-progress", "--json", "proof.json")
STAGES = "perfwatch.workloads.surrogate"
WRONG = """
import dataclasses

import numpy as np

from perfwatch.workloads.surrogate import early_stop


def coarse(asked):
    \"\"\"One-sided differences: half the predictions, and an error of the step's own order.\"\"\"
    found = np.empty_like(asked.places)
    here = asked.surrogate.predict(asked.places)
    for column in range(found.shape[1]):
        step = np.zeros(found.shape[1])
        step[column] = 1e-2
        found[:, column] = (asked.surrogate.predict(asked.places + step) - here) / 1e-2
    return found


def hasty(asked):
    \"\"\"Stop after two steps.\"\"\"
    return early_stop.patience(dataclasses.replace(asked, steps_count=2))
"""


def proof_of(folder, *words):
    done = perfwatch("prove", *words, *SHORT, cwd=folder)
    assert done.returncode == 0, done.stderr
    (proof,) = json.loads((folder / "proof.json").read_text())["proofs"]
    return proof


@pytest.fixture
def folder(tmp_path):
    need_module("scipy", "scipy")
    write(tmp_path, WRONG, "wrong.py")
    return tmp_path


def test_coarse_differences_are_a_different_answer(folder):
    sides = (f"{STAGES}.gradient:reference", "wrong:coarse", "--inputs", f"{STAGES}.gradient:inputs")
    proof = proof_of(folder, *sides, "--rtol", "1e-5", "--atol", "1e-7")
    assert proof["verdict"] == "different-answer"
    assert "elements differ" in proof["reason"]


def test_a_hasty_descent_is_a_different_answer_by_the_stage_s_own_rule(folder):
    sides = (f"{STAGES}.early_stop:reference", "wrong:hasty", "--inputs", f"{STAGES}.early_stop:inputs")
    proof = proof_of(folder, *sides, "--rule", f"{STAGES}.rules:as_low")
    assert proof["verdict"] == "different-answer"
    assert "above the reference's" in proof["reason"]


def test_a_local_function_for_processes_fails_as_the_ledger_says(folder):
    done = perfwatch("workloads", "claims", "-k", "C16", "--no-progress", "--json", "ledger.json", cwd=folder)
    assert done.returncode == 0, done.stderr
    (local,) = json.loads((folder / "ledger.json").read_text())["claims"]
    assert (local["id"], local["verdict"]) == ("C16", "fails")
    assert "pickle local object" in local["reason"]
