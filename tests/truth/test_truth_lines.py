"""Programmes that know where their time goes, one for each hard case: the report says the same of each."""

from __future__ import annotations

import sys

import pytest
from tools import need, need_module
from truth import profiled, wrong, wrong_hits

from perfwatch.collect.stacks import py_spy_program

if sys.platform != "linux":
    pytest.skip("what the programmes know of waiting is told by Linux alone", allow_module_level=True)

pytestmark = [pytest.mark.truth, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _sampler():
    need(py_spy_program() is not None, "py-spy is not installed", "pip install py-spy")


@pytest.mark.parametrize(
    "programme",
    [
        pytest.param("shapes", marks=pytest.mark.smoke),
        "extension",
        "python_threads",
        pytest.param("numpy_threads", marks=pytest.mark.long),
        "spawn_pool",
        pytest.param("fork_pool", marks=pytest.mark.long),
        pytest.param("futures_pool", marks=pytest.mark.long),
        "coroutines",
        "executed",
        "waits",
        "lock",
    ],
)
def test_the_report_says_what_the_programme_knows(programme, tmp_path):
    assert wrong(profiled(programme, tmp_path)) == []


def test_processes_of_joblib_are_seen_line_by_line(tmp_path):
    need_module("joblib", "joblib")
    assert wrong(profiled("loky_pool", tmp_path)) == []


def test_a_function_that_numba_compiles_is_named_so_and_its_time_is_its_callers(tmp_path):
    need_module("numba", "numba")
    seen = profiled("compiled", tmp_path)
    assert wrong(seen) == []
    told = [*seen.of_pass("lines")["warnings"], *seen.of_pass("cpu")["warnings"]]
    assert [text for text in told if "kernel" in text and ("numba" in text or "njit" in text)], told


def test_time_spent_importing_is_a_branch_of_its_own(tmp_path):
    seen = profiled("imports", tmp_path)
    assert wrong(seen) == []
    execution = seen.benchmark["timing"]["median_ns"] / 1e9
    known = seen.rows[0]["lines"]["L2"]["wall"] / execution
    # The interpreter's own start and the standard library's imports come on top.
    assert -0.04 <= seen.use["import_ratio"] - known <= 0.08, (seen.use, known)


@pytest.mark.smoke
def test_hits_are_exact_or_sampled_with_their_error(tmp_path):
    assert list(wrong_hits(profiled("hits", tmp_path))) == []
