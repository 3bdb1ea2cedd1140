"""Why two outputs of a stage are not the same answer, array by array; it must not know how either was computed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.stats.closeness import closeness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.stats.closeness import Tolerance


def other_form(name: str, base: Any, head: Any) -> str:
    """Return why two arrays differ in type or shape, or an empty text."""
    expected, found = np.asarray(base), np.asarray(head)
    if (expected.dtype, expected.shape) == (found.dtype, found.shape):
        return ""
    return f"{name}: {expected.dtype} of shape {expected.shape} against {found.dtype} of shape {found.shape}"


def other_array(name: str, base: Any, head: Any, tolerance: Tolerance) -> str:
    """Return why two arrays differ in form or by more than the tolerance, or an empty text."""
    expected, found = np.asarray(base), np.asarray(head)
    form = other_form(name, expected, found)
    if form:
        return form
    apart = closeness(expected, found, tolerance)
    if not apart.differing_count:
        return ""
    many = f"{apart.differing_count} of {apart.elements_count} elements differ"
    return f"{name}: {many}, by up to {apart.greatest_ratio:.2g} of the reference"


def other_output(reference: object, candidate: object, tolerance: Tolerance) -> str:
    """Return why two outputs (a record or mapping of arrays, or one array) differ, or an empty text."""
    base, head = _arrays(reference), _arrays(candidate)
    if base.keys() != head.keys():
        return f"one side alone has: {', '.join(sorted(base.keys() ^ head.keys()))}"
    reasons = (other_array(name, base[name], head[name], tolerance) for name in base)
    return next((reason for reason in reasons if reason), "")


def _arrays(output: object) -> Mapping[str, Any]:
    if dataclasses.is_dataclass(output) and not isinstance(output, type):
        return {field.name: getattr(output, field.name) for field in dataclasses.fields(output)}
    return output if isinstance(output, dict) else {"output": output}
