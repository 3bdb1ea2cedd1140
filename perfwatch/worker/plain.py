"""The nodes of values without parts, and what a class is called; must not look inside objects."""

from __future__ import annotations

from array import array
from typing import Any

_SMALL = 1 << 63


def name_of(kind: type) -> str:
    """A class's name, with its module where that is not built in."""
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def simple(value: Any) -> dict[str, Any] | None:
    """The node of a value without parts; of these very classes: a subclass may mean something else."""
    kind = type(value)
    if value is None:
        return {"is": "none"}
    if kind is bool:
        return {"is": "bool", "value": value}
    if kind is int:
        return {"is": "int", "value": hex(value)}
    if kind is float:
        return {"is": "float", "value": value.hex()}
    if kind is complex:
        return {"is": "complex", "value": [value.real.hex(), value.imag.hex()]}
    return None


def packed(value: Any) -> tuple[str, bytes] | None:
    """The bytes of a long list of nothing but floats, or of integers that fit; ``None`` of anything else."""
    if len(value) < 16:
        return None
    kinds = set(map(type, value))
    if kinds == {float}:
        return "d", array("d", value).tobytes()
    if kinds == {int} and all(-_SMALL <= item < _SMALL for item in value):
        return "q", array("q", value).tobytes()
    return None


def is_iterator(value: Any) -> bool:
    """Whether a value is gone through once."""
    return hasattr(type(value), "__next__") and hasattr(type(value), "__iter__")
