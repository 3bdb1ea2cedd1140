"""Which clock judges code that uses several processors, on the real machine."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import textwrap
from contextlib import contextmanager

import pytest
from running import perfwatch

if sys.platform == "win32":
    pytest.skip("perfwatch gate needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two processors")

IN_TURN = """
import hashlib

DATA = bytes(8_000_000)

def work():
    return [hashlib.sha256(DATA).digest() for _ in range(2)]
"""
#: The same work on two threads, and a tenth more of it.
AT_ONCE = """
import hashlib
from concurrent.futures import ThreadPoolExecutor

DATA = bytes(8_800_000)
pool = ThreadPoolExecutor(2)

def work():
    return list(pool.map(lambda _: hashlib.sha256(DATA).digest(), range(2)))
"""
PRODUCT = """
import numpy as np

A = np.ones((700, 700))

def work():
    return float((A @ A)[0, 0])
"""


def gated(folder, base, head, *options, **environ):
    for side, source in (("base", base), ("head", head)):
        (folder / side).mkdir()
        (folder / side / "body.py").write_text(textwrap.dedent(source), encoding="utf-8")
        (folder / side / "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")
    sides = ("--base-dir", "base", "--head-dir", "head", "--passes", "timing")
    asked = ("gate", *sides, *options, "--no-progress", "--json", "out.json", "body:work")
    done = perfwatch(*asked, cwd=folder, timeout=200, env={**os.environ, **environ})
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    report = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    return report["benchmarks"][0]["comparison"][0]


def compute(until):
    while not until.is_set():
        sum(range(10_000))


@contextmanager
def a_load():
    """Somebody else computes on one processor all the time."""
    end = multiprocessing.Event()
    neighbour = multiprocessing.Process(target=compute, args=(end,), daemon=True)
    neighbour.start()
    try:
        yield
    finally:
        end.set()
        neighbour.join(10)


def test_a_head_made_parallel_is_judged_by_wall_time_and_not_called_slower(tmp_path):
    found = gated(tmp_path, IN_TURN, AT_ONCE, "--per-benchmark", "3s")
    assert found["clock"] == "wall"
    assert found["verdict"] in {"faster", "undecided"}, found["reason"]


def test_two_threads_of_a_linear_algebra_library_beside_a_load_are_judged_by_wall_time(tmp_path):
    with a_load():
        found = gated(tmp_path, PRODUCT, PRODUCT, "--per-benchmark", "2s", OPENBLAS_NUM_THREADS="2")
    assert found["clock"] == "wall"
    assert found["verdict"] in {"same", "undecided"}, found["reason"]
