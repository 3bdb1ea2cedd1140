"""JAX's own events and words, from a JAX that runs on the processor."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tools import need_module
from worker.serving import script, serve

from perfwatch.collect.gpu import read_record
from perfwatch.collect.ownership import Ownership

need_module("jax", "jax")

TARGET = """
import jax, jax.numpy as jnp

@jax.jit
def step(x):
    return (x * 2).sum()

for count in (3, 4, 5):
    step(jnp.ones(count)).block_until_ready()
for _ in range(3):
    jax.jit(lambda x: x + 1)(jnp.ones(3))
print("done")
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The target's process, its profile and its record."""
    folder = tmp_path_factory.mktemp("jax")
    options = {"seconds": 0.0, "untraced": "no device is asked here"}
    done, answer = serve(
        folder,
        "gpu",
        script(folder, TARGET),
        names=["script.py"],
        options=options,
        environment={"JAX_PLATFORMS": "cpu"},
    )
    (record,) = answer["records"]
    ownership = Ownership(root=folder, cwd=folder, libraries=(sys.prefix, str(Path(sys.base_prefix))))
    return done, read_record(record, None, ownership).profile, record


def test_the_target_says_what_it_would_say_alone(served):
    done, _, _ = served
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_a_function_is_compiled_once_for_each_shape_and_jax_says_why(served):
    _, profile, _ = served
    (step,) = [one for one in profile.compiles if one.function == "step"]
    assert step.compiles_count == 3
    assert step.total_ns > 0
    assert any("f32[4]" in cause and "f32[3]" in cause for cause in step.causes)


def test_a_function_made_anew_each_time_is_found_out(served):
    _, profile, _ = served
    (made,) = [one for one in profile.compiles if one.function == "<lambda>"]
    assert made.compiles_count == 3
    assert any("defined anew" in cause for cause in made.causes)


def test_the_processor_is_told_and_holds_no_device_memory(served):
    _, profile, record = served
    assert record["jax"]["platforms"] == ["cpu"]
    assert profile.allocators == ()
