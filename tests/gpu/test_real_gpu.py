"""The whole GPU pass on a real device: torch, JAX and CuPy scripts whose truth is built in.

Skipped where there is no GPU. Whoever has one: ``pytest tests/gpu`` with
perfwatch[gpu] and the frameworks in the environment. The bounds are wide on
purpose; what is checked is that the figures are of the right things.
"""

from __future__ import annotations

import pytest
from end_to_end.running import perfwatch, report_of
from tools import need_gpu, need_module

need_gpu()
need_module("pynvml", "nvidia-ml-py")
need_module("cupti.cupti", "cupti-python")

SIZE = 4096
MATRIX_BYTES = SIZE * SIZE * 4
PRODUCTS = 20

TORCH = f"""
import numpy, torch
device = torch.device("cuda")
host = numpy.ones(({SIZE}, {SIZE}), dtype=numpy.float32)
a = torch.from_numpy(host).to(device)
b = a
for _ in range({PRODUCTS}):
    b = a @ b * 1e-4
total = b.sum().item()  # waits
"""
CUPY = f"""
import cupy, numpy
host = numpy.ones(({SIZE}, {SIZE}), dtype=numpy.float32)
a = cupy.asarray(host)
b = a
for _ in range({PRODUCTS}):
    b = a @ b * cupy.float32(1e-4)
total = float(b.sum())  # waits
"""
JAX = f"""
import jax, jax.numpy as jnp, numpy
host = numpy.ones(({SIZE}, {SIZE}), dtype=numpy.float32)
a = jax.device_put(host)
@jax.jit
def step(b):
    for _ in range({PRODUCTS}):
        b = a @ b * 1e-4
    return b
for width in ({SIZE}, {SIZE // 2}):
    out = step(a[:, :width])
    out.block_until_ready()  # waits
"""


def profiled(tmp_path, text):
    """The report's GPU part of one script, and its record of the pass."""
    (tmp_path / "script.py").write_text(text, encoding="utf-8")
    done = perfwatch("run", "--passes", "timing,gpu", "--no-progress", "script.py", cwd=tmp_path, timeout=600)
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    (made,) = [one for one in benchmark["passes"] if one["name"] == "gpu"]
    return benchmark["profiles"], made


def line_of(text, mark):
    return next(number for number, line in enumerate(text.splitlines(), 1) if mark in line)


def check_device(gpu):
    """What NVML must know of a device that just multiplied matrices."""
    used = max(gpu["devices"], key=lambda one: one["peak_used_bytes"] or 0)
    assert used["name"]
    assert used["driver"]
    assert used["peak_used_bytes"] >= MATRIX_BYTES
    assert used["memory_bytes"] >= used["peak_used_bytes"]
    assert used["power_watt"] is None or 1 < used["power_watt"] < 2_000
    assert used["energy_joule"] is None or used["energy_joule"] > 0
    assert used["utilisation_percent"] is None or 0 <= used["utilisation_percent"] <= 100


def check_course(gpu):
    """Times that must hold whatever the device."""
    assert 0 < gpu["busy_ns"] <= gpu["span_ns"]
    assert sum(one["total_ns"] for one in gpu["idle"]) == gpu["span_ns"] - gpu["busy_ns"]
    assert sum(one["total_ns"] for one in gpu["kernels"]) > 0
    assert all(one["mean_ns"] >= 0 for one in gpu["kernels"])


def bytes_to_device(gpu):
    return sum(one["bytes_count"] for one in gpu["copies"] if one["direction"].startswith("host to device"))


@pytest.mark.parametrize(("framework", "text"), [("torch", TORCH), ("cupy", CUPY)])
def test_a_script_that_multiplies_and_waits_once(tmp_path, framework, text):
    need_module(framework, "cupy-cuda13x" if framework == "cupy" else framework)
    profiles, made = profiled(tmp_path, text)
    gpu = profiles["gpu"]
    assert made["state"] == "done", made["reason"]
    check_device(gpu)
    check_course(gpu)
    assert sum(one["calls_count"] for one in gpu["kernels"]) >= 2 * PRODUCTS
    assert MATRIX_BYTES <= bytes_to_device(gpu) < 3 * MATRIX_BYTES
    waiting = {(one["file"], one["line"]) for one in gpu["waits"]}
    assert ("script.py", line_of(text, "# waits")) in waiting
    assert any(line["gpu_wait_ns"] for line in profiles["lines"])
    (held,) = [one for one in gpu["allocators"] if one["framework"] == framework]
    assert 2 * MATRIX_BYTES <= held["peak_bytes"] <= max(one["peak_used_bytes"] for one in gpu["devices"])


def test_a_jax_script_that_compiles_twice_and_waits(tmp_path):
    jax = need_module("jax", "jax[cuda13]")
    if jax.default_backend() != "gpu":
        pytest.skip("this JAX does not see the GPU")
    profiles, made = profiled(tmp_path, JAX)
    gpu = profiles["gpu"]
    assert made["state"] == "done", made["reason"]
    check_device(gpu)
    check_course(gpu)
    (step,) = [one for one in gpu["compiles"] if one["function"] == "step"]
    assert step["compiles_count"] == 2
    assert f"f32[{SIZE},{SIZE // 2}]" in " ".join(step["causes"])
    assert bytes_to_device(gpu) >= MATRIX_BYTES
    assert [one["framework"] for one in gpu["allocators"]] == ["jax"]
    waiting = {(one["file"], one["line"]) for one in gpu["waits"]}
    assert ("script.py", line_of(JAX, "# waits")) in waiting


def test_a_target_that_profiles_itself_keeps_its_profiler(tmp_path):
    need_module("torch", "torch")
    text = """
import torch
from torch.profiler import ProfilerActivity, profile
with profile(activities=[ProfilerActivity.CUDA]) as prof:
    torch.ones(1000, device="cuda").sum().item()
assert any(one.device_time for one in prof.key_averages())
"""
    profiles, made = profiled(tmp_path, text)
    assert made["state"] == "partial"
    assert "torch.profiler" in made["reason"]
    assert profiles["gpu"]["kernels"] == []
