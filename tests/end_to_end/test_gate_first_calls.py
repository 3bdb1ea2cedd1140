"""A head that compiles more in its first call: shown beside a time that did not change, and failing only where asked."""

from __future__ import annotations

import json
import sys

import pytest
from running import perfwatch
from tools import need_module

if sys.platform == "win32":
    pytest.skip("perfwatch gate needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

pytestmark = pytest.mark.slow

KERNEL = """
import numba
{helpers}
@numba.njit
def kernel(rounds, unusual):
    total = 0.0
    for number in range(rounds):
        total += number * 0.5
    if unusual:
{calls}
    return total

def work():
    return kernel(1_000_000, False)
"""
HELPER = """
@numba.njit
def helper{at}(x):
    return x * {at}.5 + helper{before}(x) if x > {at} else x
"""


def source_of(helpers_count):
    """A kernel that in a case which never happens calls so many functions: all of them are compiled with it."""
    helpers = "".join(HELPER.format(at=at, before=at - 1) for at in range(1, helpers_count + 1))
    base = "\n@numba.njit\ndef helper0(x):\n    return x\n"
    return KERNEL.format(helpers=base + helpers, calls=f"        total += helper{helpers_count}(total)")


@pytest.mark.long
def test_a_head_with_far_more_to_compile_is_slower_cold_and_fails_nothing_by_default(tmp_path):
    need_module("numba", "numba")
    for side, count in (("base", 0), ("head", 20)):
        (tmp_path / side).mkdir()
        (tmp_path / side / "body.py").write_text(source_of(count), encoding="utf-8")
        (tmp_path / side / "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")
    sides = ("--base-dir", "base", "--head-dir", "head", "--passes", "timing", "--per-benchmark", "90s")
    asked = ("gate", *sides, "--no-progress", "--json", "out.json", "body:work")
    done = perfwatch(*asked, cwd=tmp_path, timeout=580)
    assert done.returncode == 0, done.stdout + done.stderr
    (benchmark,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["benchmarks"]
    time, cold, compiling = benchmark["comparison"]
    assert (time["metric"], cold["metric"], compiling["metric"]) == ("time", "cold", "compile")
    assert time["verdict"] != "slower"
    assert (cold["verdict"], compiling["verdict"]) == ("slower", "slower")
    assert compiling["interval"][0] > 1.1
    assert "functions compiled: 2, now 22; compile cache: off" in compiling["reason"]
    # Not less than the compilers took: the call itself lasts a millisecond.
    assert cold["head_value"] > compiling["head_value"] > 100_000_000
    assert {process["compile_ns"] > 0 for process in benchmark["timing"]["processes"]} == {True}
    assert "body:work, cold" in done.stdout
    assert "body:work, compile" in done.stdout
