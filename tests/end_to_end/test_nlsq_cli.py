"""Least squares from the command line: fits without end, answers that differ, packages that are absent."""

from __future__ import annotations

import json
import sys

import pytest
from running import perfwatch, report_of
from tools import need_module

if sys.platform == "win32":
    pytest.skip("perfwatch prove needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

need_module("scipy", "scipy")

ONCE = ("--quick", "--passes", "timing", "--no-progress")
SOURCE = """
import dataclasses

from perfwatch.workloads.nlsq import fit, quadratics


def few_evaluations(size="small", seed=0):
    return (dataclasses.replace(fit.inputs(size, seed), evaluations_limit=3),)


def stuck(asked):
    return fit.reference(asked)


def without_the_half(asked):
    values = quadratics.vectorised(asked)
    return values + 1e-9 * values[0, 0]
"""
#: Makes a package impossible to find, in perfwatch and in whatever it starts.
ABSENT = """
import importlib.util as util
import sys


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "{package}":
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Absent())
found = util.find_spec
util.find_spec = lambda name, *more: None if name == "{package}" else found(name, *more)
"""


@pytest.fixture
def stuck(tmp_path):
    (tmp_path / "stuck.py").write_text(SOURCE)
    return tmp_path


@pytest.fixture
def without_jax(tmp_path):
    """What runs perfwatch where JAX cannot be found."""
    (tmp_path / "sitecustomize.py").write_text(ABSENT.format(package="jax"))
    return lambda *arguments: perfwatch(*arguments, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})


def test_a_fit_that_does_not_converge_is_reported_and_never_timed(stuck):
    done = perfwatch("run", "stuck:stuck", "--setup", "stuck:few_evaluations", *ONCE, cwd=stuck)
    assert done.returncode == 4
    said = " ".join(done.stderr.split())
    assert "exponential model to 100 points did not converge within 3 evaluations" in said
    assert "the cost reached is" in said
    assert "No benchmark was timed." in said


def test_a_candidate_that_answers_otherwise_is_told_so_and_not_timed(stuck):
    done = perfwatch(
        "prove",
        "perfwatch.workloads.nlsq.quadratics:reference",
        "stuck:without_the_half",
        *("--inputs", "perfwatch.workloads.nlsq.quadratics:inputs", "--sizes", "small"),
        *("--rtol", "1e-12", "--no-progress", "--json", "proof.json"),
        cwd=stuck,
    )
    assert "different-answer" in done.stdout, done.stderr
    (size,) = json.loads((stuck / "proof.json").read_text())["proofs"][0]["sizes"]
    assert size["verdict"] == "different-answer"
    assert size["ratio"] is None


def test_without_jax_the_list_says_what_brings_it(without_jax):
    done = without_jax("workloads")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    (lacking,) = [line for line in lines if "@jax-jacobian" in line]
    assert "not installed: jax; pip install 'perfwatch[jax]'" in lacking
    (ready,) = [line for line in lines if "@analytic-jacobian" in line]
    assert "not installed" not in ready


def test_without_jax_the_stage_that_needs_it_says_what_brings_it(without_jax):
    done = without_jax("run", "workload:nlsq/trf-step@scan", *ONCE)
    assert done.returncode == 4
    assert "No module named 'jax'" in done.stderr
    assert "pip install 'perfwatch[jax]'" in done.stderr


def test_without_jax_the_rest_runs_and_the_report_says_what_was_left_out(without_jax, tmp_path):
    done = without_jax("run", "workload:nlsq/fit", *ONCE)
    assert done.returncode == 0, done.stdout
    report = report_of(tmp_path)
    assert [one["name"] for one in report["benchmarks"]] == ["fit@reference", "fit@analytic-jacobian"]
    left_out = "fit@jax-jacobian was left out: jax is not installed (pip install 'perfwatch[jax]')"
    assert left_out in report["honesty"]["notes"]
