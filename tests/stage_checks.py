"""What is asked of every stage of a workload: answers, verdicts of its rule, digests."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from perfwatch.workloads.definition import DEFAULT_SIZE, Expectation
from perfwatch.workloads.equality import compare_outputs


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Keep BLAS and OpenMP to one thread: on matrices this small more of them only wait for each other."""
    with threadpool_limits(1):
        yield


def resolve(text):
    module, _, function = text.partition(":")
    return getattr(importlib.import_module(module), function)


def variant_function(stage, name):
    (variant,) = [each for each in stage.variants if each.name == name]
    return resolve(variant.function)


def working(stage):
    """Names of the variants that must give the reference's answer."""
    return [
        each.name
        for each in stage.variants
        if each.expected is Expectation.WORKS and each.name != stage.reference
    ]


def drawn(stage, size=DEFAULT_SIZE, seeds_count=None):
    return [resolve(stage.inputs)(size, seed) for seed in range(seeds_count or stage.equality.seeds_count)]


def judged(stage, inputs, reference, candidate):
    """Return why the answers are not the same by the stage's own rule; empty where they are."""
    if stage.equality.rule:
        return resolve(stage.equality.rule)(inputs, reference, candidate)
    found = (
        compare_outputs(base, head, stage.equality) for base, head in zip(reference, candidate, strict=True)
    )
    return next((each.reason for each in found if not each.equal), "")


def verdict(stage, candidate, *, inputs=None, reference=None):
    """Judge a function against the stage's reference at size small."""
    inputs = inputs or drawn(stage)
    reference = reference or [variant_function(stage, stage.reference)(each) for each in inputs]
    return judged(stage, inputs, reference, [candidate(each) for each in inputs])


def digest(value):
    """Return a digest of every byte of a record, array, mapping, sequence or number."""
    return hashlib.sha256(b"|".join(_pieces(value))).hexdigest()


def _pieces(value):
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return [piece for name, each in value.items() for piece in (str(name).encode(), *_pieces(each))]
    if isinstance(value, tuple | list):
        return [piece for each in value for piece in _pieces(each)]
    if isinstance(value, np.ndarray):
        return [str((value.dtype, value.shape)).encode(), np.ascontiguousarray(value).tobytes()]
    return [repr(value).encode()]
