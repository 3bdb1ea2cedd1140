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

import importlib
from typing import TYPE_CHECKING, Any

from perfwatch.workloads.definition import rule_of_equality
from perfwatch.workloads.digital_twin import DIGITAL_TWIN
from perfwatch.workloads.digital_twin.rules_two import other_boxes, other_choice
from perfwatch.workloads.digital_twin.whole import TwinOutputs
from perfwatch.workloads.outputs import other_output
from perfwatch.workloads.running import function_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.workloads.definition import Stage
    from perfwatch.workloads.digital_twin.handing import TwinInputs
    from perfwatch.workloads.running import Step


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
    expected = function_of(stage, stage.reference)(step.inputs)
    if stage.name == "bayesopt":
        return other_choice(expected, step.answer)
    if stage.name == "regions":
        return other_boxes(step.inputs, step.answer)
    if not stage.equality.rule:
        return other_output(expected, step.answer, rule_of_equality(stage.equality))
    module, _, function = stage.equality.rule.partition(":")
    rule = getattr(importlib.import_module(module), function)
    return str(rule([step.inputs], [expected], [step.answer]))
