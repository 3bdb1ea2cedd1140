"""When answers of this workload's stages are the same, where closeness of all that they hold is not the question.

A rule gets three sequences, the inputs, the reference's outputs and the candidate's, one item
for each seed. It returns why they are not the same, in one sentence, or an empty text.

This module must not know how an answer was computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.records.proof import AnswerRule
from perfwatch.workloads.outputs import other_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfwatch.stats.closeness import Tolerance

_EXACT = AnswerRule(rtol=0.0, atol=0.0)
_SESSION = {
    "belief": AnswerRule(rtol=1e-9),
    "mean_s": AnswerRule(rtol=1e-6),
    "variance_s2": AnswerRule(rtol=1e-6),
    "controls": AnswerRule(atol=1e-6),
}
#: The figures of a table of load, one for each level.
FIGURES = ("calls_per_s", "mean_ms", "median_ms", "slow_ms")


def same_session(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Ask of each part of ``pipeline`` what is asked of its stage."""
    return _first_difference(inputs, reference, candidate, _SESSION)


def same_features(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Ask for the same features of ``cache``; how many were computed is no answer."""
    return _first_difference(inputs, reference, candidate, {"features": _EXACT})


def same_maps(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Ask for the same sums of ``pool``; which arrays were used is no answer."""
    return _first_difference(inputs, reference, candidate, {"profile": _EXACT})


def same_load_table(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Ask for the same levels and controls of ``load``, and on both sides for figures that can be true."""
    answers = {"users": _EXACT, "controls": AnswerRule(atol=1e-6)}
    reason = _first_difference(inputs, reference, candidate, answers)
    sides = (("reference", reference), ("candidate", candidate))
    reasons = (_impossible(name, output) for name, outputs in sides for output in outputs)
    return reason or next((each for each in reasons if each), "")


def _impossible(side: str, table: Any) -> str:
    """Return what cannot be true of a table's figures.

    Users who ask again as soon as they are answered are never more than there are: the rate of
    answers times the mean wait is at most their number (J. D. C. Little, Oper. Res. 9 (1961) 383).
    """
    for name in FIGURES:
        figures = np.asarray(getattr(table, name, None))
        if figures.dtype != np.float64 or figures.shape != table.users.shape:
            return f"the {side}'s {name} is not one number for each level"
        if not (np.isfinite(figures) & (figures > 0)).all():
            return f"the {side}'s {name} holds what is no time and no rate: {figures}"
    if (table.slow_ms < table.median_ms).any():
        return f"the {side}'s slow calls are faster than its median"
    waiting = table.calls_per_s * table.mean_ms / 1e3
    if (waiting > table.users * (1 + 1e-6)).any():
        return f"the {side}'s rates and waits would take {waiting} users where there are {table.users}"
    return ""


def _first_difference(
    inputs: Sequence[Any],
    reference: Sequence[Any],
    candidate: Sequence[Any],
    parts: Mapping[str, Tolerance],
) -> str:
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        for name, tolerance in parts.items():
            if not hasattr(head, name):
                return f"the candidate gives back {type(head).__name__}, which has no {name}"
            reason = other_array(name, getattr(base, name), getattr(head, name), tolerance)
            if reason:
                return reason
    return ""
