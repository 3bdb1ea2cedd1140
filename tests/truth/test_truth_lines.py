"""Programmes that know where their time goes, one for each hard case: the report says the same of each."""

from __future__ import annotations

import sys

import pytest
from tools import need, need_module
from truth import EVERY_CLAIM, wrong_each_time, wrong_hits

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
        pytest.param("extension", marks=pytest.mark.long),
        "python_threads",
        pytest.param("numpy_threads", marks=pytest.mark.long),
        "spawn_pool",
        pytest.param("fork_pool", marks=pytest.mark.long),
        pytest.param("futures_pool", marks=pytest.mark.long),
        "coroutines",
        pytest.param("executed", marks=pytest.mark.long),
        "waits",
        pytest.param("lock", marks=pytest.mark.long),
    ],
)
def test_the_report_says_what_the_programme_knows(programme, tmp_path):
    assert wrong_each_time(programme, tmp_path) == []


@pytest.mark.long
def test_processes_of_joblib_are_seen_line_by_line(tmp_path):
    need_module("joblib", "joblib")
    assert wrong_each_time("loky_pool", tmp_path) == []


def wrong_name(one):
    """The function that numba compiled is named so."""
    told = [*one.of_pass("lines")["warnings"], *one.of_pass("cpu")["warnings"]]
    if not [text for text in told if "kernel" in text and ("numba" in text or "njit" in text)]:
        yield f"the compiled function is not named in {told}"


def test_a_function_that_numba_compiles_is_named_so_and_its_time_is_its_callers(tmp_path):
    need_module("numba", "numba")
    assert wrong_each_time("compiled", tmp_path, (*EVERY_CLAIM, wrong_name)) == []


def wrong_imports(one):
    """The imports' share; the interpreter's own start and the standard library's imports come on top."""
    known = one.rows[0]["lines"]["L2"]["wall"] / (one.benchmark["timing"]["median_ns"] / 1e9)
    if not -0.04 <= one.use["import_ratio"] - known <= 0.08:
        yield f"imports have {one.use['import_ratio']:.1%} of the time instead of {known:.1%}"


def test_time_spent_importing_is_a_branch_of_its_own(tmp_path):
    assert wrong_each_time("imports", tmp_path, (*EVERY_CLAIM, wrong_imports)) == []


@pytest.mark.smoke
def test_hits_are_exact_or_sampled_with_their_error(tmp_path):
    # Counting asks no sampler: few samples do.
    assert wrong_each_time("hits", tmp_path, (wrong_hits,), samples=100) == []
