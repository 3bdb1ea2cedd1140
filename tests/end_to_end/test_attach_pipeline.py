"""The intent pipeline runs without end, is watched from outside, and is told to be where it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from attaching import attach, benchmark_of, living_target, marks_in, passes_of
from tools import need_module

if sys.platform != "linux":
    pytest.skip("elsewhere only an administrator may look into a process", allow_module_level=True)

need_module("sklearn", "scikit-learn")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "intent_loop" / "control_loop.py"
#: The example in its endless form; what it is told on standard input is Ctrl-C to it. It is one thread, and
#: writes down for how long its search for a kernel ran, by its own clock.
LOOP = f"""
import _thread, importlib.util, json, os, sys, threading, time
os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
found = importlib.util.spec_from_file_location("control_loop", {str(EXAMPLE)!r})
example = importlib.util.module_from_spec(found)
found.loader.exec_module(example)
from perfwatch.workloads.intent import gp_inference

plain, spent, begun = gp_inference.Searched.predict, [0.0], []

def predict(self, query):
    began = time.perf_counter()
    begun.append(began)
    try:
        return plain(self, query)
    finally:
        spent[0] += time.perf_counter() - began

gp_inference.Searched.predict = predict
threading.Thread(target=lambda: (sys.stdin.readline(), _thread.interrupt_main()), daemon=True).start()
sys.argv = ["control_loop.py", "--seconds", "0", "--form", {{form!r}}]
example.main()
print(json.dumps({{{{"searching": spent[0] / (time.perf_counter() - begun[0]) if begun else 0.0}}}}))
"""


def watched(folder, form):
    """Watch the loop for some seconds; its profile, and what it printed when it was ended."""
    with living_target(folder, LOOP.format(form=form)) as target:
        done = attach(target.pid, "--duration", "4s", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert target.lives()
        status, out, err = target.end()
    assert (status, err) == (0, "")
    return benchmark_of(folder)["profiles"], out


def share_of(profiles, file, functions):
    """The share of the main thread's time within some functions of a file."""
    inside = [
        line
        for line in profiles["lines"]
        if line["file"].endswith(f"intent/{file}") and line["function"] in functions
    ]
    main = next(one for one in profiles["cpu_use"]["threads"] if one["name"] == "MainThread")
    return sum(line["total_ns"] for line in inside) / main["wall_ns"], inside


def test_the_search_for_a_kernel_is_found_to_be_what_the_endless_pipeline_does(tmp_path):
    profiles, out = watched(tmp_path, "reference")
    share, inside = share_of(profiles, "gp_inference.py", {"fitted"})
    truth = marks_in(out)["searching"]
    assert truth > 0.5
    # Four seconds give some 240 samples; four standard errors are 13 points at most.
    assert share == pytest.approx(truth, abs=0.15)
    hottest = max(inside, key=lambda line: line["total_ns"])
    assert "model.fit(" in hottest["source"]
    assert passes_of(tmp_path)["cpu"]["state"] == "done"
    assert int(out.split("calls: ")[1].split()[0]) > 10


def test_without_the_search_another_function_is_the_hot_one(tmp_path):
    profiles, out = watched(tmp_path, "fast")
    share, _ = share_of(profiles, "gp_inference.py", {"fitted"})
    assert share < 0.05
    control, _ = share_of(profiles, "mpc.py", {"Cold.control"})
    assert control > 0.1
    assert "within 10 ms" in out
