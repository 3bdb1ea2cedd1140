"""What tests ask of a stage of a bundled workload: its outputs, its rule, its memory."""

from __future__ import annotations

import dataclasses
import importlib
from functools import cache

import numpy as np

from perfwatch.workloads.equality import compare_outputs


def resolve(text):
    """Return what ``module:function`` names."""
    module, _, function = text.partition(":")
    return getattr(importlib.import_module(module), function)


def inputs_of(stage, size="small"):
    """Return a stage's inputs for as many seeds as its equality asks for; not to be changed."""
    return _inputs(stage.inputs, size, stage.equality.seeds_count)


def outputs_of(stage, variant_name, size="small"):
    """Return one output for each of ``inputs_of``; not to be changed."""
    (variant,) = [each for each in stage.variants if each.name == variant_name]
    return _outputs(variant.function, stage.inputs, size, stage.equality.seeds_count)


@cache
def _inputs(function, size, seeds_count):
    return [resolve(function)(size, seed) for seed in range(seeds_count)]


@cache
def _outputs(function, inputs, size, seeds_count):
    return [resolve(function)(each) for each in _inputs(inputs, size, seeds_count)]


def why_not_same(stage, candidate, size="small"):
    """Return why a candidate's outputs are another answer than the reference's, by the stage's own rule."""
    inputs, reference = inputs_of(stage, size), outputs_of(stage, stage.reference, size)
    if stage.equality.rule:
        return resolve(stage.equality.rule)(inputs, reference, candidate)
    reasons = [
        compare_outputs(base, head, stage.equality).reason
        for base, head in zip(reference, candidate, strict=True)
    ]
    return "; ".join(reason for reason in reasons if reason)


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


def arrays(value):
    """Return every array inside that could be somebody else's memory."""
    return [leaf for leaf in leaves(value) if isinstance(leaf, np.ndarray) and leaf.size]
