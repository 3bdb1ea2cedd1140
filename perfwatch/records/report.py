"""What a renderer is given: a run, what it was held against, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from perfwatch.records.ceiling import Ceiling
from perfwatch.records.comparison import Baseline, Comparison, Summary
from perfwatch.records.course import Course
from perfwatch.records.finding import Findings
from perfwatch.records.gate import GateResult
from perfwatch.records.honesty import Honesty
from perfwatch.records.module_total import ModuleTotals
from perfwatch.records.plan import Policy
from perfwatch.records.run import Run

#: The name and version of the JSON document; a change that breaks readers raises the number.
#:
#: 1: the first.
SCHEMA = "perfwatch.report/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that renderers may say. They add words, and no judgement.

    ``policy`` is the one that the comparisons were decided by; ``None`` where nothing was to be compared.
    """

    run: Run
    baseline: Baseline | None = None
    comparisons: tuple[Comparison, ...] = ()
    summary: Summary = field(default_factory=Summary)
    honesty: Honesty = field(default_factory=Honesty)
    gate: GateResult | None = None
    findings: Findings = field(default_factory=Findings)
    ceilings: tuple[Ceiling, ...] = ()
    modules: ModuleTotals = field(default_factory=ModuleTotals)
    histories: tuple[Course, ...] = ()
    policy: Policy | None = None
