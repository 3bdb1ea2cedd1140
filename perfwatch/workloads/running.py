"""How a whole runs its stages: each in its form, in a span of its own, with what it was handed and answered kept.

This module must not know any stage, and must not measure.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfwatch.monitor import monitor
from perfwatch.workloads.definition import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a stage was handed, and what it answered: records of the stage's own module."""

    inputs: Any
    answer: Any


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of a whole, and by stage the form that each takes; one that is not named takes its reference."""

    stages: tuple[Stage, ...]
    forms: Mapping[str, str]
    steps: dict[str, Step] = field(default_factory=dict)

    def run(self, name: str, handed: Any) -> Any:
        """Return the answer of the stage called ``name`` to what it is handed."""
        (stage,) = (stage for stage in self.stages if stage.name == name)
        function = function_of(stage, self.forms.get(name, stage.reference))
        with monitor(name):
            answer = function(handed)
        self.steps[name] = Step(inputs=handed, answer=answer)
        return answer


def function_of(stage: Stage, form: str) -> Any:
    """Return the function of a stage's form."""
    (variant,) = (variant for variant in stage.variants if variant.name == form)
    module, _, function = variant.function.partition(":")
    return getattr(importlib.import_module(module), function)


def best_forms(stages: tuple[Stage, ...]) -> dict[str, str]:
    """Return by stage its best working form."""
    return {stage.name: stage.optimized for stage in stages}
