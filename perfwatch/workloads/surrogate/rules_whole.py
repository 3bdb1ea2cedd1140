"""When two runs of the whole optimisation are the same answer.

Forms of a stage may differ in the last bits, and what they hand on differs then, too. So each
stage is judged by itself: what the candidate's stage answered is held against what the
reference's form answers to the very same inputs, by the stage's own rule.

The rule of ``train`` takes more seeds than a whole run is worth. Here it is asked of each seed by itself
that the network's error is less than half as great again as the reference's.

This module must not know how fast anything was.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from perfwatch.workloads.definition import rule_of_equality
from perfwatch.workloads.outputs import other_array, other_output
from perfwatch.workloads.running import function_of
from perfwatch.workloads.surrogate import SURROGATE
from perfwatch.workloads.surrogate.rules import FOREST_TOLERANCE, PROCESS_TOLERANCE, fit_error
from perfwatch.workloads.surrogate.whole import SurrogateOutputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.workloads.definition import Stage
    from perfwatch.workloads.running import Step
    from perfwatch.workloads.surrogate.handing import SurrogateInputs

#: A network's error beside the reference's, for one seed.
GREATEST_ERROR_RATIO = 1.5


def same_optimisation(
    inputs: Sequence[SurrogateInputs], reference: Sequence[SurrogateOutputs], candidate: Sequence[Any]
) -> str:
    """Return why whole runs are not the same, naming the first stage that answered otherwise."""
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        if not isinstance(head, SurrogateOutputs):
            return f"the candidate gives back {type(head).__name__}, not what an optimisation found"
        if list(head.steps) != list(base.steps):
            return f"stages: {', '.join(base.steps)} against {', '.join(head.steps)}"
        for stage in SURROGATE.stages:
            reason = why_another_answer(stage, head.steps[stage.name])
            if reason:
                return f"{stage.name}: {reason}"
    return ""


def why_another_answer(stage: Stage, step: Step) -> str:
    """Return why a stage's answer is not its reference's to the same inputs."""
    expected = function_of(stage, stage.reference)(step.inputs)
    if stage.name == "train":
        return _other_fit(step, expected)
    if not stage.equality.rule:
        return other_output(expected, step.answer, rule_of_equality(stage.equality))
    module, _, function = stage.equality.rule.partition(":")
    rule = getattr(importlib.import_module(module), function)
    return str(rule([step.inputs], [expected], [step.answer]))


def _other_fit(step: Step, expected: Any) -> str:
    reason = other_array("forest", expected.forest, step.answer.forest, FOREST_TOLERANCE)
    reason = reason or other_array("process", expected.process, step.answer.process, PROCESS_TOLERANCE)
    if reason:
        return reason
    values = step.inputs.unseen_values
    errors = [fit_error(side.network, values) for side in (expected, step.answer)]
    if errors[1] <= GREATEST_ERROR_RATIO * errors[0]:
        return ""
    return f"network: its error is {errors[1] / errors[0]:.2g} times the reference's"
