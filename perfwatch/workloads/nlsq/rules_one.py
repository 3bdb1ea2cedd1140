"""When the tables that stages of least squares measure are the same answer.

A rule gets three sequences, the inputs, the reference's outputs and the candidate's, one
item a seed, and returns why the answers are not the same, in one sentence, or an empty
text. Times and bytes are figures: they must be there, above zero, and agree with what is
said of them. What was computed while they were measured must be right.

This module must not know how fast anything should be.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.records.proof import AnswerRule
from perfwatch.workloads.outputs import other_array, other_form

if TYPE_CHECKING:
    from collections.abc import Sequence

EXACT = AnswerRule(exact=True)
PARAMETERS = AnswerRule(rtol=1e-6)
#: A slope of logarithms may be off by this much when it is taken again from the same times.
SLOPE_TOLERANCE = 1e-6


def same_scaling(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return why tables of ``scaling`` are not the same."""
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        missing = [name for name in type(base).__slots__ if not hasattr(head, name)]
        if missing:
            return f"the candidate has no {', '.join(missing)}"
        reason = other_array("points_count", base.points_count, head.points_count, EXACT)
        reason = reason or other_array("parameters", base.parameters, head.parameters, PARAMETERS)
        for name in ("first_ns", "warm_ns", "first_exponent", "warm_exponent"):
            reason = reason or other_form(name, getattr(base, name), getattr(head, name))
        for name in ("first_ns", "warm_ns"):
            reason = reason or _no_times(name, getattr(head, name))
        for name in ("first_exponent", "warm_exponent"):
            reason = reason or _no_interval(name, getattr(head, name))
        reason = reason or _other_slope(head)
        if reason:
            return reason
    return ""


def same_decisions(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return why tables of ``decide`` are not the same."""
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        missing = [name for name in type(base).__slots__ if not hasattr(head, name)]
        if missing:
            return f"the candidate has no {', '.join(missing)}"
        if (head.cells, head.forms) != (base.cells, base.forms):
            return "the cells or the forms are not those of the matrix"
        reason = other_array("recommended", base.recommended, head.recommended, EXACT)
        reason = reason or other_array("zeros_share", base.zeros_share, head.zeros_share, PARAMETERS)
        reason = reason or other_array("parameters", base.parameters, head.parameters, PARAMETERS)
        for figures, won in (("time_ns", "fastest"), ("peak_bytes", "smallest")):
            reason = reason or other_form(figures, getattr(base, figures), getattr(head, figures))
            reason = reason or _no_winners(head, figures, won)
        if reason:
            return reason
    return ""


def _no_winners(table: Any, figures: str, won: str) -> str:
    """Ask for a figure of every recommended form, and whether those that are said to have won have."""
    from perfwatch.workloads.nlsq.decide import winners

    values = getattr(table, figures)
    own = values[np.arange(len(values)), table.recommended]
    if not (np.isfinite(values).all() and (values >= 0).all() and (own > 0).all()):
        return f"{figures}: not every recommended form has a figure above zero"
    if not np.array_equal(winners(values, table.recommended), getattr(table, won)):
        return f"{won}: not what the figures say"
    return ""


def _no_times(name: str, values: Any) -> str:
    right = np.isfinite(values).all() and (np.asarray(values) > 0).all()
    return "" if right else f"{name}: not every time is above zero"


def _no_interval(name: str, ends: Any) -> str:
    right = np.isfinite(ends).all() and all(low <= high for low, high in pairwise(ends))
    return "" if right else f"{name}: not an estimate between its two ends"


def _other_slope(table: Any) -> str:
    """Ask whether the first calls' exponent is that of the first calls' times."""
    across, up = np.log(table.points_count), np.log(table.first_ns)
    offset = across - across.mean()
    slope = float(offset @ up / (offset @ offset))
    if math.isclose(slope, table.first_exponent[1], abs_tol=SLOPE_TOLERANCE):
        return ""
    return f"first_exponent: {table.first_exponent[1]:.3g}, where the times give {slope:.3g}"
