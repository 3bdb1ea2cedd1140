"""When answers of the surrogate's stages are the same, where closeness is not the question.

A rule gets three sequences, the inputs, the reference's outputs and the candidate's, one
item a seed, and returns why the answers are not the same, in one sentence, or an empty
text. This module must not know how fast anything was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.records.proof import AnswerRule
from perfwatch.workloads.chance import chance_of_no_worse
from perfwatch.workloads.outputs import other_array, other_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

EXACT = AnswerRule(rtol=0.0)
FOREST_TOLERANCE = AnswerRule(rtol=1e-9)
PROCESS_TOLERANCE = AnswerRule(rtol=1e-6)

#: A network may err more than the reference's by one part in four of the error: by less than two seeds do.
ERROR_MARGIN = 0.25
#: A network that is worse by the margin or more passes as the same in at most so many of all cases.
LEVEL = 0.01

#: How much higher than the reference's descent another one may end, in parts of the yield.
SHORTFALL_TOLERANCE = 1e-4
#: How exactly a stated value is the surrogate's at the stated design.
VALUE_TOLERANCE = 1e-9

ERROR_TOLERANCE = 1e-9


def same_data(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return which data of ``collect`` differ in any bit."""
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        reason = _lacking(head, ("designs", "shortfall"))
        reason = reason or other_array("designs", base.designs, head.designs, EXACT)
        reason = reason or other_array("shortfall", base.shortfall, head.shortfall, EXACT)
        if reason:
            return reason
    return ""


def same_fit(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return why surrogates of ``train`` are not the same.

    Forest and process must predict the same. A network follows from its rounding: it must
    be shown not to err by ``ERROR_MARGIN`` more than the reference's at designs that none has seen.
    """
    excesses = []
    for data, base, head in zip(inputs, reference, candidate, strict=True):
        reason = _lacking(head, ("forest", "network", "process"))
        reason = reason or other_array("forest", base.forest, head.forest, FOREST_TOLERANCE)
        reason = reason or other_array("process", base.process, head.process, PROCESS_TOLERANCE)
        reason = reason or other_form("network", base.network, head.network)
        if reason:
            return reason
        errors = [fit_error(side.network, data.unseen_values) for side in (base, head)]
        excesses.append(errors[1] / errors[0] - 1.0)
    return _why_not_as_good(excesses)


def fit_error(predicted: FloatArray, values: FloatArray) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(np.mean((predicted - values) ** 2)))


def _why_not_as_good(excesses: Sequence[float]) -> str:
    """Hold excesses against the margin by the signed-rank test of F. Wilcoxon (1945), one-sided."""
    chance = chance_of_no_worse(excesses, ERROR_MARGIN)
    if chance <= LEVEL:
        return ""
    return (
        f"network: its error is {np.mean(excesses):+.1%} of the reference's in the mean of {len(excesses)} seeds, "
        f"and not shown to be less than {ERROR_MARGIN:.0%} above (p = {chance:.2g}, level {LEVEL})"
    )


def as_low(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return why a descent of ``early-stop`` did not end as low, or not where it says."""
    for asked, base, head in zip(inputs, reference, candidate, strict=True):
        reason = _lacking(head, ("design", "value")) or other_form("design", base.design, head.design)
        if reason:
            return reason
        if not bool(np.all((head.design >= 0.0) & (head.design <= 1.0))):
            return "design: it lies outside of its bounds"
        there = float(asked.surrogate.predict(head.design[np.newaxis])[0])
        if not abs(there - head.value) <= VALUE_TOLERANCE:
            return f"value: {head.value:.9g}, where the surrogate has {there:.9g} at that design"
        if not head.value <= base.value + SHORTFALL_TOLERANCE:
            return f"value: {head.value - base.value:.2g} above the reference's, where {SHORTFALL_TOLERANCE} is allowed"
    return ""


def same_winner(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return which search of ``tune`` found another winner, or another error of it."""
    for seed, (_, base, head) in enumerate(zip(inputs, reference, candidate, strict=True)):
        reason = _lacking(head, ("winner", "error"))
        if reason:
            return reason
        if head.winner != base.winner:
            return (
                f"winner: candidate {head.winner} where the reference has {base.winner} (seed number {seed})"
            )
        if not abs(head.error - base.error) <= ERROR_TOLERANCE * base.error:
            return f"error: {head.error:.9g} where the reference has {base.error:.9g} (seed number {seed})"
    return ""


def sound_table(inputs: Sequence[Any], reference: Sequence[Any], candidate: Sequence[Any]) -> str:
    """Return why a table of ``select`` is none: its figures are measured, and no two tables have the same."""
    names = ("counts", "memory_bytes", "chosen", "fit_ns", "peak_bytes")
    for asked, base, head in zip(inputs, reference, candidate, strict=True):
        reason = _lacking(head, names) or other_array("counts", base.counts, head.counts, EXACT)
        forms = (other_form(name, getattr(base, name), getattr(head, name)) for name in names)
        reason = reason or next((form for form in forms if form), "")
        if reason:
            return reason
        for name in ("memory_bytes", "fit_ns", "peak_bytes"):
            figures = np.asarray(getattr(head, name))
            if not bool(np.all(np.isfinite(figures) & (figures > 0))):
                return f"{name}: there are figures that are not positive numbers"
        reason = _why_no_choice(head.memory_bytes, head.chosen, asked.budget_bytes)
        if reason:
            return reason
    return ""


def _why_no_choice(memory_bytes: FloatArray, chosen: NDArray[np.int64], budget_bytes: FloatArray) -> str:
    """Return which case has a choice above its budget, though another kind is below it."""
    for case, (row, kind, budget) in enumerate(zip(memory_bytes, chosen, budget_bytes, strict=True)):
        if not 0 <= kind < len(row):
            return f"chosen: there is no kind {kind} (case {case})"
        if row[kind] >= budget and bool(np.any(row < budget)):
            return f"chosen: kind {kind} is above the budget, and another is not (case {case})"
    return ""


def _lacking(head: Any, names: tuple[str, ...]) -> str:
    missing = [name for name in names if not hasattr(head, name)]
    return f"the candidate's answer has no {', '.join(missing)}" if missing else ""
