"""When two campaigns of fits are the same answer.

Each stage is judged by itself: what the candidate's stage answered is held against what the
reference's form answers to the very same inputs, by the stage's own rule. So a stage that is
handed a figure with another last bit is not told to be wrong for it.

This module must not know how fast anything was.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from perfwatch.workloads.definition import rule_of_equality
from perfwatch.workloads.nlsq import NLSQ
from perfwatch.workloads.nlsq.table_whole import WITHOUT_COMPILER
from perfwatch.workloads.nlsq.whole import CampaignOutputs
from perfwatch.workloads.outputs import other_output
from perfwatch.workloads.running import function_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.workloads.definition import Stage
    from perfwatch.workloads.nlsq.handing import CampaignInputs
    from perfwatch.workloads.running import Step


def same_campaign(
    inputs: Sequence[CampaignInputs], reference: Sequence[CampaignOutputs], candidate: Sequence[Any]
) -> str:
    """Return why campaigns are not the same, naming the first stage that answered otherwise."""
    for _, base, head in zip(inputs, reference, candidate, strict=True):
        if not isinstance(head, CampaignOutputs):
            return f"the candidate gives back {type(head).__name__}, not what a campaign found"
        if list(head.steps) != list(base.steps):
            return f"stages: {', '.join(base.steps)} against {', '.join(head.steps)}"
        for stage in NLSQ.stages:
            reason = _why_another_answer(stage, head.steps[stage.name])
            if reason:
                return f"{stage.name}: {reason}"
    return ""


def _why_another_answer(stage: Stage, step: Step) -> str:
    expected = function_of(stage, WITHOUT_COMPILER.get(stage.name, stage.reference))(step.inputs)
    if stage.name == "validate":
        return _other_verdict(expected, step.answer)
    if not stage.equality.rule:
        return other_output(expected, step.answer, rule_of_equality(stage.equality))
    module, _, function = stage.equality.rule.partition(":")
    rule = getattr(importlib.import_module(module), function)
    return str(rule([step.inputs], [expected], [step.answer]))


def _other_verdict(expected: Any, found: Any) -> str:
    """Return why verdicts, which are texts, are not the same."""
    for number, (base, head) in enumerate(zip(expected.verdicts, found.verdicts, strict=True), start=1):
        if base != head:
            return f"request {number}: {base.errors + base.warnings} against {head.errors + head.warnings}"
    return ""
