"""Forms of the intent workload through the prover: what answers otherwise is never timed."""

from __future__ import annotations

import importlib.util
import json
import sys

import pytest
from running import perfwatch
from tools import need, need_module

if sys.platform == "win32":
    pytest.skip("perfwatch prove needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

need_module("sklearn", "scikit-learn")
STAGE = "workload:intent/gp-inference"


def test_a_kernel_that_nobody_searched_for_is_a_different_answer_and_is_not_timed(tmp_path):
    done = perfwatch(
        *("prove", f"{STAGE}@reference", f"{STAGE}@seed-fixed-kernel"),
        *("--per-benchmark", "6s", "--no-progress", "--json", "proof.json"),
        cwd=tmp_path,
    )
    assert "different-answer" in done.stdout
    (proof,) = json.loads((tmp_path / "proof.json").read_text())["proofs"]
    assert proof["verdict"] == "different-answer"
    assert all(size["ratio"] is None for size in proof["sizes"])


def test_a_claim_about_a_gpu_stays_unmeasured_where_there_is_none_with_the_reason(tmp_path):
    if importlib.util.find_spec("jax_plugins") is not None:
        pytest.skip("JAX may have a GPU here")
    need(importlib.util.find_spec("jax") is not None, "jax is not installed", "pip install jax")
    done = perfwatch(
        *("workloads", "claims", "--workload", "intent", "-k", "C38", "--no-progress"),
        *("--json", "ledger.json"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "ledger.json").read_text())["claims"]
    assert row["verdict"] == "unmeasured"
    assert "JAX finds no GPU here" in row["reason"]
