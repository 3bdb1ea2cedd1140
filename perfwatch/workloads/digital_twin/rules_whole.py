"""When two runs of the whole twin are the same answer.

Some stages draw, and hand what they drew on: two right runs may follow other syntheses from
there on. So each stage is judged by itself: what the candidate's stage answered is held
against what the reference's form answers to the very same inputs, by the stage's own rule.

Two of the rules take more seeds than a whole run is worth. Of ``bayesopt`` it is asked here
whether the same model chose alike, of ``regions`` whether the boxes are those around their
groups; whether other models and groups are as good is asked of those stages alone.

This module must not know how fast anything was.
"""

from __future__ import annotations

import dataclasses
import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.records.proof import AnswerRule
from perfwatch.stats.closeness import closeness
from perfwatch.workloads.digital_twin import DIGITAL_TWIN
from perfwatch.workloads.digital_twin.rules_two import other_boxes, other_choice
from perfwatch.workloads.digital_twin.whole import TwinOutputs, stage_function

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfwatch.workloads.definition import Equality, Stage
    from perfwatch.workloads.digital_twin.handing import TwinInputs
    from perfwatch.workloads.digital_twin.whole import Step


def same_twin(
    inputs: Sequence[TwinInputs], reference: Sequence[TwinOutputs], candidate: Sequence[Any]
) -> str:
    """Return why whole runs are not the same, naming the first stage that answered otherwise."""
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        if not isinstance(head, TwinOutputs):
            return f"the candidate gives back {type(head).__name__}, not what a twin found"
        if list(head.steps) != list(base.steps):
            return f"stages: {', '.join(base.steps)} against {', '.join(head.steps)}"
        for stage in DIGITAL_TWIN.stages:
            reason = _why_another_answer(stage, head.steps[stage.name])
            if reason:
                return f"{stage.name}: {reason}"
    return ""


def _why_another_answer(stage: Stage, step: Step) -> str:
    expected = stage_function(stage.name)(step.inputs)
    if stage.name == "bayesopt":
        return other_choice(expected, step.answer)
    if stage.name == "regions":
        return other_boxes(step.inputs, step.answer)
    if not stage.equality.rule:
        return _why_apart(expected, step.answer, stage.equality)
    module, _, function = stage.equality.rule.partition(":")
    rule = getattr(importlib.import_module(module), function)
    return str(rule([step.inputs], [expected], [step.answer]))


def _why_apart(expected: Any, answer: Any, equality: Equality) -> str:
    """Why two answers that are arrays, or records of them, are not close enough."""
    base, head = _arrays(expected), _arrays(answer)
    if base.keys() != head.keys():
        return f"{type(expected).__name__} against {type(answer).__name__}"
    rule = AnswerRule(rtol=equality.rtol, atol=equality.atol)
    for name, first in base.items():
        second = head[name]
        if (first.dtype, first.shape) != (second.dtype, second.shape):
            return (
                f"{name}: {first.dtype} of shape {first.shape} against {second.dtype} of shape {second.shape}"
            )
        apart = closeness(first, second, rule)
        if apart.differing_count:
            return f"{name}: {apart.differing_count} of {first.size} elements differ"
    return ""


def _arrays(answer: Any) -> dict[str, NDArray[Any]]:
    if not dataclasses.is_dataclass(answer):
        return {"answer": np.asarray(answer)}
    return {field.name: np.asarray(getattr(answer, field.name)) for field in dataclasses.fields(answer)}
