"""The black box and its data: the reactor's own figures, the same data whoever evaluates, nobody left behind."""

from __future__ import annotations

import dataclasses
import multiprocessing
import subprocess
import sys

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tools import need_module

from perfwatch.workloads.surrogate import collect, reactor, sampling

METHODS = multiprocessing.get_all_start_methods()


def wanted(**changes):
    plain = {
        "points_count": 30,
        "steps_count": 20,
        "shift": sampling.drawn_shift(3, 0),
        "workers_count": 2,
    }
    return collect.CollectInputs(**plain | changes)


def same(one, other):
    return np.array_equal(one.designs, other.designs) and np.array_equal(one.shortfall, other.shortfall)


# The reactor


@given(arrays(np.float64, st.tuples(st.just(3), st.integers(1, 6)), elements=st.floats(0, 1)))
def test_one_programme_alone_ends_as_among_others(designs):
    together = reactor.shortfalls(designs, 24)
    alone = [reactor.shortfall(design, 24) for design in designs]
    assert together == pytest.approx(alone, rel=1e-12)


@given(arrays(np.float64, 5, elements=st.floats(0, 1)))
def test_no_programme_yields_more_than_there_is(design):
    assert 0 < reactor.shortfall(design, 50) < 1


def test_more_steps_than_enough_change_nothing():
    design = np.linspace(1, 0, 5)
    fine, finer = (reactor.shortfall(design, count) for count in (1_000, 4_000))
    assert fine == pytest.approx(finer, abs=1e-11)


def test_the_best_of_eight_stretches_comes_close_to_the_best_yield_known():
    need_module("scipy", "scipy")
    from scipy.optimize import minimize

    found = minimize(
        lambda design: reactor.shortfall(design, 80), np.full(8, 0.5), method="L-BFGS-B", bounds=[(0, 1)] * 8
    )
    # S. A. Dadebo and K. B. McAuley (1995): 0.610775, by the best of all programmes.
    assert 0.6095 < 1 - reactor.shortfall(found.x, 800) < 0.610776


# Points


def test_points_lie_in_the_unit_cube_and_fill_it_more_evenly_than_chance():
    points = sampling.designs_of(256, 2, 0)
    assert ((points >= 0) & (points < 1)).all()
    counts, _, _ = np.histogram2d(*points.T, bins=4, range=[(0, 1), (0, 1)])
    # By chance the standard deviation would be that of Poisson's law: 4.
    assert counts.std() < 2


def test_points_in_two_parts_are_those_in_one():
    sequence = sampling.SobolPoints(sampling.drawn_shift(4, 7))
    parts = np.vstack([sequence.draw(10), sequence.draw(22)])
    assert np.array_equal(parts, sampling.designs_of(32, 4, 7))


# Whoever evaluates


@pytest.mark.parametrize("method", METHODS)
def test_processes_collect_the_same_data_however_they_are_started(method):
    asked = wanted(start_method=method)
    assert same(collect.processes(asked), collect.reference(asked))
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("points_count", [1, 99, 100, 101, 250])
@pytest.mark.parametrize("form", [collect.streaming, collect.seed_streaming, collect.threads])
def test_any_number_of_points_can_be_collected(form, points_count):
    asked = wanted(points_count=points_count, steps_count=1)
    assert same(form(asked), collect.reference(asked))


def test_a_worker_that_fails_leaves_no_process_behind():
    with pytest.raises(TypeError, match="unsupported operand"):
        collect.processes(wanted(steps_count="many"))
    assert multiprocessing.active_children() == []


def test_joblib_s_workers_have_ended_when_a_call_returns():
    need_module("joblib", "joblib")
    from perfwatch.workloads.surrogate.collect_joblib import joblib

    asked = wanted(points_count=8)
    assert same(joblib(asked), collect.reference(asked))
    commands = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    assert [command for command in commands if "popen_loky" in command] == []


def test_a_program_that_collects_ends_in_silence_and_leaves_nobody(tmp_path):
    need_module("joblib", "joblib")
    script = tmp_path / "program.py"
    script.write_text(
        "import dataclasses, psutil\n"
        "from perfwatch.workloads.surrogate import collect, collect_joblib\n"
        "if __name__ == '__main__':\n"
        "    asked = dataclasses.replace(collect.inputs('small', 0), points_count=16, steps_count=6)\n"
        "    for form in (collect.processes, collect.threads, collect_joblib.joblib):\n"
        "        print(form(asked).designs.shape)\n"
        "    print(*(child.pid for child in psutil.Process().children(recursive=True)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", script], capture_output=True, text=True, check=True, timeout=120
    )
    *shapes, left = done.stdout.split("\n")[:-1]
    assert shapes == ["(16, 6)"] * 3
    assert done.stderr == ""
    # joblib's watcher over shared files may live as long as its program; no longer.
    _, alive = psutil.wait_procs(
        [psutil.Process(int(pid)) for pid in left.split() if psutil.pid_exists(int(pid))], 5
    )
    assert alive == []


def test_a_stream_keeps_one_chunk_where_the_document_s_keeps_them_all():
    import tracemalloc

    def peak(form):
        asked = wanted(points_count=2_000, steps_count=1, shift=sampling.drawn_shift(10, 0))
        tracemalloc.start()
        try:
            form(asked)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    result_bytes = 2_000 * 11 * 8
    assert peak(collect.streaming) < 1.3 * result_bytes
    assert peak(collect.seed_streaming) > 1.8 * result_bytes


def test_inputs_may_be_taken_over_with_another_extent():
    asked = dataclasses.replace(collect.inputs("small", 0), points_count=4)
    assert collect.reference(asked).designs.shape == (4, 6)
