"""When answers of the stages of ``table_two`` are the same.

A rule gets three sequences, the inputs, the reference's outputs and the candidate's, one
item a seed, and returns why the answers are not the same, in one sentence, or an empty text.
This module must not know how fast anything was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.records.proof import AnswerRule
from perfwatch.workloads.nlsq.pattern import missed_count
from perfwatch.workloads.nlsq.peaks import jacobian
from perfwatch.workloads.outputs import other_array

if TYPE_CHECKING:
    from collections.abc import Sequence

EXACT = AnswerRule(rtol=0.0)
#: Parameters of the same minimum, found by other arithmetic.
SAME_FIT = AnswerRule(rtol=1e-6)
#: Parameters that a streamed fit counts as found.
STREAMED_FIT = AnswerRule(rtol=0.01)


def same_bits(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return which fits of ``pool`` differ in any bit; where their buffers came from is no answer."""
    return _first(inputs, reference, candidate, ("parameters", "cost"), EXACT)


def same_sparse_fit(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return why fits of ``sparse`` are not the same: other parameters, or entries that the pattern missed.

    The pattern is held against the whole Jacobian at the reference's parameters.
    """
    reason = _first(inputs, reference, candidate, ("parameters",), SAME_FIT)
    for scan, base, head in zip(inputs, reference, candidate, strict=True):
        if reason:
            return reason
        unfit = _unfit_pattern(head, len(base.parameters))
        if unfit:
            return unfit
        missed = missed_count(jacobian(scan.x, base.parameters), head.low, head.high)
        if missed:
            return f"low, high: the pattern misses {missed} entries above 1% of their column's largest"
    return reason


def same_streamed_fit(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return why fits of ``stream`` are not the same: parameters off by more than 1%, or a resumption that is.

    Where a candidate gives its last checkpoint, the fit is taken up from there, and has to end with
    the very bytes of its parameters.
    """
    reason = _first(inputs, reference, candidate, ("parameters",), STREAMED_FIT)
    for recorded, head in zip(inputs, candidate, strict=True):
        if reason:
            return reason
        content = getattr(head, "checkpoint", b"")
        if content:
            from perfwatch.workloads.nlsq.stream_hdf5 import resumed

            again = resumed(recorded, content)
            if again.tobytes() != np.asarray(head.parameters).tobytes():
                return "parameters: going on from the last checkpoint ends with other bytes"
    return reason


def same_combined_fit(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return which fits of ``combined`` have parameters that are off by more than 1%."""
    return _first(inputs, reference, candidate, ("parameters",), STREAMED_FIT)


def _unfit_pattern(head: Any, parameters_count: int) -> str:
    """Return why a candidate's pattern cannot be held against a Jacobian."""
    for name in ("low", "high"):
        found = np.asarray(getattr(head, name, ()))
        if found.shape != (parameters_count,) or found.dtype.kind != "i":
            return f"{name}: {found.dtype} of shape {found.shape}, not whole numbers of shape ({parameters_count},)"
    return ""


def _first(
    inputs: Sequence[Any],
    reference: Sequence[Any],
    candidate: Sequence[Any],
    names: tuple[str, ...],
    tolerance: AnswerRule,
) -> str:
    """Return the first reason why a named array differs by more than the tolerance."""
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        missing = [name for name in names if not hasattr(head, name)]
        if missing:
            return f"the candidate's answer has no {', '.join(missing)}"
        for name in names:
            reason = other_array(name, getattr(base, name), getattr(head, name), tolerance)
            if reason:
                return reason
    return ""
