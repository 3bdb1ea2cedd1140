"""What tests ask of a stage of a bundled workload: its forms, its inputs, its answers by its own rule, their bytes."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
from functools import cache

import numpy as np
import pytest
from answering import differing
from threadpoolctl import threadpool_limits

from perfwatch.workloads.definition import DEFAULT_SIZE, Expectation, rule_of_equality


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Keep BLAS and OpenMP to one thread: on matrices this small more of them only wait for each other."""
    with threadpool_limits(1):
        yield


# Functions


def resolve(text):
    """Return what ``module:function`` names."""
    module, _, function = text.partition(":")
    return getattr(importlib.import_module(module), function)


def variant_function(stage, name):
    """Return the function of a variant."""
    (variant,) = [each for each in stage.variants if each.name == name]
    return resolve(variant.function)


def working(stage):
    """Names of the variants that must give the reference's answer."""
    return [
        each.name
        for each in stage.variants
        if each.expected is Expectation.WORKS and each.name != stage.reference
    ]


# Inputs and outputs


def drawn(stage, size=DEFAULT_SIZE, seeds_count=None):
    """Return fresh inputs for as many seeds as the stage's equality asks for."""
    return [resolve(stage.inputs)(size, seed) for seed in range(seeds_count or stage.equality.seeds_count)]


def inputs_of(stage, size=DEFAULT_SIZE):
    """Return the same as ``drawn``, made once; not to be changed."""
    return _inputs(stage.inputs, size, stage.equality.seeds_count)


def outputs_of(stage, variant_name, size=DEFAULT_SIZE):
    """Return one output for each of ``inputs_of``; not to be changed."""
    (variant,) = [each for each in stage.variants if each.name == variant_name]
    return _outputs(variant.function, stage.inputs, size, stage.equality.seeds_count)


@cache
def _inputs(function, size, seeds_count):
    return [resolve(function)(size, seed) for seed in range(seeds_count)]


@cache
def _outputs(function, inputs, size, seeds_count):
    return [resolve(function)(each) for each in _inputs(inputs, size, seeds_count)]


# Answers


def difference(stage, base, head):
    """Compare two outputs as ``perfwatch prove`` would."""
    return differing(base, head, rule_of_equality(stage.equality))


def judged(stage, inputs, reference, candidate):
    """Return why the answers are not the same by the stage's own rule; empty where they are."""
    if stage.equality.rule:
        return resolve(stage.equality.rule)(inputs, reference, candidate)
    pairs = zip(reference, candidate, strict=True)
    reasons = (difference(stage, base, head).reason for base, head in pairs)
    return next((reason for reason in reasons if reason), "")


def why_not_same(stage, candidate, size=DEFAULT_SIZE):
    """Return why a candidate's outputs for ``inputs_of`` are another answer than the reference's."""
    return judged(stage, inputs_of(stage, size), outputs_of(stage, stage.reference, size), candidate)


def verdict(stage, candidate, *, inputs=None, reference=None):
    """Judge a function against the stage's reference, both called on fresh inputs."""
    inputs = inputs or drawn(stage)
    reference = reference or [variant_function(stage, stage.reference)(each) for each in inputs]
    return judged(stage, inputs, reference, [candidate(each) for each in inputs])


# Bytes


def leaves(value):
    """Yield every array and every plain value inside, in order."""
    if hasattr(value, "columns") and hasattr(value, "to_numpy"):  # a frame
        for name in value.columns:
            yield name
            yield value[name].to_numpy()
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name))
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from leaves(part)
    elif isinstance(value, np.ndarray) or not hasattr(value, "__iter__") or isinstance(value, str):
        yield value
    else:
        for part in value:
            yield from leaves(part)


def content(value):
    """Return the bytes of everything inside, with each array's type and shape."""
    parts = []
    for leaf in leaves(value):
        if isinstance(leaf, np.ndarray) and leaf.dtype != object:
            parts += [f"{leaf.dtype}{leaf.shape}".encode(), np.ascontiguousarray(leaf).tobytes()]
        else:
            parts.append(repr(leaf.tolist() if isinstance(leaf, np.ndarray) else leaf).encode())
    return b"\0".join(parts)


def digest(value):
    """Return a digest of ``content``."""
    return hashlib.sha256(content(value)).hexdigest()


def arrays(value):
    """Return every array inside that could be somebody else's memory."""
    return [leaf for leaf in leaves(value) if isinstance(leaf, np.ndarray) and leaf.size]
