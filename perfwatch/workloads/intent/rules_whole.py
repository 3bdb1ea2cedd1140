"""When two runs of the whole intent system are the same answer.

Each stage is judged by itself: what the candidate's stage answered is held against what the
reference's form answers to the very same inputs, by the stage's own rule. This module must
not know how fast anything was.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from perfwatch.workloads.definition import rule_of_equality
from perfwatch.workloads.intent import INTENT
from perfwatch.workloads.intent.whole import IntentOutputs
from perfwatch.workloads.outputs import other_output
from perfwatch.workloads.running import function_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.workloads.definition import Stage
    from perfwatch.workloads.intent.handing import IntentInputs
    from perfwatch.workloads.running import Step


def same_system(
    inputs: Sequence[IntentInputs], reference: Sequence[IntentOutputs], candidate: Sequence[Any]
) -> str:
    """Return why whole runs are not the same, naming the first stage that answered otherwise."""
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        if not isinstance(head, IntentOutputs):
            return f"the candidate gives back {type(head).__name__}, not what the system came to"
        if list(head.steps) != list(base.steps):
            return f"stages: {', '.join(base.steps)} against {', '.join(head.steps)}"
        for stage in INTENT.stages:
            reason = why_another_answer(stage, head.steps[stage.name])
            if reason:
                return f"{stage.name}: {reason}"
    return ""


def why_another_answer(stage: Stage, step: Step) -> str:
    """Return why a stage's answer to what it was handed is not its reference's; empty where it is."""
    expected = function_of(stage, stage.reference)(step.inputs)
    if not stage.equality.rule:
        return other_output(expected, step.answer, rule_of_equality(stage.equality))
    module, _, function = stage.equality.rule.partition(":")
    rule = getattr(importlib.import_module(module), function)
    return str(rule([step.inputs], [expected], [step.answer]))
