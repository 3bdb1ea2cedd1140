"""What numba and JAX compile is heard from the moment they are imported, and told by the call it was in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from tools import need_module

from perfwatch.worker.compiling import Compiling, covered_ns
from perfwatch.worker.queueing import own_time_ns, queued_ns

ROOT = Path(__file__).parent.parent.parent
#: Listens as a worker does, then calls ``work`` three times; what each call compiled is printed.
LISTENED = """
import json, sys, time
sys.path.insert(0, {root!r})
from perfwatch.worker.compiling import Compiling

compiling = Compiling()
compiling.install()
import body
compiling.take()
told = []
for _ in range(3):
    started = time.perf_counter_ns()
    body.work()
    took = time.perf_counter_ns() - started
    told.append({{**compiling.take(), "took": took}})
loaded = sorted({{"numba", "jax", "logging"}} & set(sys.modules))
print(json.dumps({{"calls": told, "loaded": loaded}}))
"""


def listened(folder, source, **environ):
    (folder / "body.py").write_text(textwrap.dedent(source), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", LISTENED.format(root=str(ROOT))],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "JAX_PLATFORMS": "cpu", **environ},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def compiled(told):
    return [
        {key: call[key] for key in ("compiles", "loads", "misses")} for call in told["calls"] if "ns" in call
    ]


def test_a_target_with_no_compiler_is_given_none_and_nothing_is_told(tmp_path):
    told = listened(tmp_path, "def work():\n    return sum(range(1000))\n")
    assert told["loaded"] == []
    assert [sorted(call) for call in told["calls"]] == [["took"]] * 3


NUMBA = """
import numba

@numba.njit
def inner(x):
    return x + 1

@numba.njit
def outer(x):
    return inner(x) * 2

def work():
    return outer(1.0)
"""


def test_the_first_call_of_a_numba_function_compiles_it_with_its_callee_and_later_calls_compile_nothing(
    tmp_path,
):
    need_module("numba", "numba")
    told = listened(tmp_path, NUMBA)
    assert compiled(told) == [{"compiles": 2, "loads": 0, "misses": 0}]
    first = told["calls"][0]
    # Of a call that does nothing else, nearly all is compiling, and none of it counts twice.
    assert 0 < first["ns"] <= first["took"]


def test_what_a_call_imports_before_it_compiles_is_listened_to_as_well(tmp_path):
    need_module("numba", "numba")
    (tmp_path / "inside.py").write_text(NUMBA, encoding="utf-8")
    told = listened(tmp_path, "def work():\n    import inside\n    return inside.work()\n")
    assert compiled(told) == [{"compiles": 2, "loads": 0, "misses": 0}]


def test_a_ufunc_of_numbas_is_compiled_once_though_it_sends_no_event_of_its_own(tmp_path):
    need_module("numba", "numba")
    told = listened(
        tmp_path,
        """
        import numba
        import numpy as np

        @numba.vectorize
        def plus(x):
            return x + 1.0

        def work():
            return plus(np.ones(3))
        """,
    )
    assert compiled(told) == [{"compiles": 1, "loads": 0, "misses": 0}]
    assert told["calls"][0]["ns"] > 0


def test_a_cache_on_disk_is_missed_when_it_is_empty_and_hit_by_the_next_process(tmp_path):
    need_module("numba", "numba")
    source = NUMBA.replace("@numba.njit", "@numba.njit(cache=True)")
    empty, hit = (listened(tmp_path, source, NUMBA_CACHE_DIR=str(tmp_path / "cache")) for _ in range(2))
    assert compiled(empty) == [{"compiles": 2, "loads": 0, "misses": 2}]
    (loaded,) = compiled(hit)
    assert (loaded["compiles"], loaded["misses"], loaded["loads"] >= 1) == (0, 0, True)
    assert hit["calls"][0]["ns"] < empty["calls"][0]["ns"]


def test_a_numba_function_that_is_made_in_each_call_is_compiled_in_each_call(tmp_path):
    need_module("numba", "numba")
    told = listened(tmp_path, "import numba\ndef work():\n    return numba.njit(lambda x: x + 1)(1)\n")
    assert [call["compiles"] for call in compiled(told)] == [1, 1, 1]


def test_a_numba_function_that_does_not_compile_leaves_the_account_in_order(tmp_path):
    need_module("numba", "numba")
    told = listened(
        tmp_path,
        """
        import numba

        @numba.njit
        def wrong(x):
            return x.nothing_of_that_name

        @numba.njit
        def right(x):
            return x + 1

        calls = []

        def work():
            calls.append(1)
            if len(calls) == 1:
                try:
                    wrong(1)
                except numba.TypingError:
                    return None
            return right(1)
        """,
    )
    assert [call["compiles"] for call in compiled(told)] == [1, 1]


JAX = """
import jax
import jax.numpy as jnp

@jax.jit
def step(x):
    return jnp.sin(x) * 2 + x.sum()

x = jnp.ones(8)

def work():
    return step(x).block_until_ready()
"""


def test_the_first_call_of_a_jax_function_traces_and_compiles_and_later_calls_do_not(tmp_path):
    need_module("jax", "jax")
    told = listened(tmp_path, JAX)
    assert compiled(told) == [{"compiles": 1, "loads": 0, "misses": 0}]
    first = told["calls"][0]
    assert 0 < first["ns"] <= first["took"]


def test_a_jax_function_that_is_made_in_each_call_is_compiled_in_each_call(tmp_path):
    need_module("jax", "jax")
    again = JAX.replace("step(x).block", "jax.jit(lambda x: x + 1)(x).block")
    assert [call["compiles"] for call in compiled(listened(tmp_path, again))] == [1, 1, 1]


def test_jaxs_cache_counts_only_where_it_has_a_directory_and_is_missed_once(tmp_path):
    need_module("jax", "jax")
    environ = {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "cache"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    empty, hit = (compiled(listened(tmp_path, JAX, **environ)) for _ in range(2))
    assert empty == [{"compiles": 1, "loads": 0, "misses": 1}]
    assert hit == [{"compiles": 0, "loads": 1, "misses": 0}]


# Spans


@pytest.mark.parametrize(
    ("spans", "covered"),
    [
        ([], 0),
        ([(0, 10)], 10),
        ([(0, 10), (20, 25)], 15),
        ([(2, 4), (5, 6), (0, 10)], 10),
        ([(0, 10), (5, 15)], 15),
        ([(0, 10), (0, 10)], 10),
        ([(20, 15), (0, 10)], 10),  # of a thread whose own time is behind
    ],
)
@pytest.mark.smoke
def test_what_compilers_tell_of_a_whole_and_of_its_parts_counts_once(spans, covered):
    assert covered_ns(spans) == covered


@pytest.mark.smoke
def test_what_runs_ahead_of_a_call_is_forgotten_with_what_it_compiled():
    compiling = Compiling()
    heard = []
    before = compiling.forgetting(lambda: (heard.append(1), compiling._spans.append((0, 5))))
    before()
    assert (heard, compiling.take()) == ([1], {})


class Monitoring:
    """JAX's registry of listeners, as far as it is used."""

    def register_event_duration_secs_listener(self, listener):
        self.took = listener

    def register_event_listener(self, listener):
        self.said = listener


@pytest.mark.smoke
def test_a_compilation_that_by_the_wall_began_before_the_call_is_cut_to_it():
    compiling, monitoring = Compiling(), Monitoring()
    compiling._listen_to_jax(monitoring)
    compiling.take()
    monitoring.took("/jax/core/compile/backend_compile_duration", 3600.0, fun_name="f")
    monitoring.took("/jax/pjit/something_else", 3600.0)
    taken = compiling.take()
    assert taken["compiles"] == 1
    assert 0 <= taken["ns"] < 60_000_000_000


# The queue


@pytest.mark.skipif(not Path("/proc/thread-self/schedstat").exists(), reason="only Linux keeps this account")
def test_a_thread_that_has_to_share_its_processor_is_queued_and_its_own_time_is_what_it_computed():
    """Two threads of two processes on one processor: each is queued about as long as the other computes."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("threads cannot be kept on one processor here")
    ours = os.sched_getaffinity(0)
    one = min(ours)
    rival = subprocess.Popen(
        [sys.executable, "-c", f"import os\nos.sched_setaffinity(0, {{{one}}})\nwhile True: sum(range(1000))"]
    )
    try:
        os.sched_setaffinity(0, {one})
        started, queued, own = time_of_a_second()
        assert queued > 0.1 * started
        assert own < 0.95 * started
    finally:
        os.sched_setaffinity(0, ours)
        rival.kill()
        rival.wait()


def time_of_a_second():
    """Wall, queue and own time of the calling thread while it computes for a second."""
    wall, queued, own = time.perf_counter_ns(), queued_ns(), own_time_ns()
    while time.perf_counter_ns() - wall < 1_000_000_000:
        sum(range(1000))
    return time.perf_counter_ns() - wall, queued_ns() - queued, own_time_ns() - own


def test_a_thread_that_sleeps_is_not_queued_and_its_time_runs_on():
    told = []

    def sleeping():
        queued, own = queued_ns(), own_time_ns()
        time.sleep(0.2)
        told.append((queued_ns() - queued, own_time_ns() - own))

    thread = threading.Thread(target=sleeping)
    thread.start()
    thread.join()
    ((queued, own),) = told
    assert own >= 200_000_000 - queued
    assert own > 100_000_000
