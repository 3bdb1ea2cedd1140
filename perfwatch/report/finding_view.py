"""Findings in words: where, why, the most there is to win, what to do. It must not judge or rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.finding import Diagnosis, Finding
    from perfwatch.report.names import Names

_TEXT_LIMIT, _CODE_LIMIT = 500, 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding; ``code`` holds its lines, ``standing`` confidence, effort and risk in a sentence."""

    rank: str
    title: str
    rule: str
    place: str
    function: str
    benchmark: str
    mechanism: str
    ceiling: str
    standing: str
    summary: str
    code: tuple[str, ...]
    risk: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsView:
    """All findings, best first; ``absent`` says why there are none, ``notes`` what could not be diagnosed."""

    findings: tuple[FindingView, ...]
    absent: str
    notes: tuple[str, ...]


def findings_view(diagnosis: Diagnosis, names: Names) -> FindingsView:
    """Return a diagnosis in words."""
    return FindingsView(
        findings=tuple(_view(one, names) for one in diagnosis.findings),
        absent=visible(diagnosis.absent, _TEXT_LIMIT),
        notes=tuple(visible(note, _TEXT_LIMIT) for note in diagnosis.notes),
    )


def _view(finding: Finding, names: Names) -> FindingView:
    lines = str(finding.line_start)
    if finding.line_end > finding.line_start:
        lines = f"{lines}-{finding.line_end}"
    return FindingView(
        rank=str(finding.rank),
        title=visible(finding.title, _TEXT_LIMIT),
        rule=finding.rule,
        place=f"{visible(finding.file, 200)}:{lines}",
        function=visible(finding.function, 80),
        benchmark=names.short(finding.benchmark),
        mechanism=visible(finding.mechanism, _TEXT_LIMIT),
        ceiling=_ceiling(finding),
        standing=f"confidence {finding.confidence}, effort {finding.effort}, risk {finding.risk}, priority {finding.priority}",
        summary=visible(finding.advice.summary, _TEXT_LIMIT),
        code=tuple(visible(line, 160) for line in finding.advice.code[:_CODE_LIMIT].splitlines()),
        risk=visible(finding.advice.risk, _TEXT_LIMIT),
        reference=visible(finding.advice.reference, 300),
    )


def _ceiling(finding: Finding) -> str:
    share = units.portion(finding.share_ratio)
    if finding.share_error_ratio is not None:
        share = f"{share} ± {units.portion(finding.share_error_ratio)}"
    return f"{share} of the time; at no cost at all the whole would be {units.factor(finding.ceiling_ratio)} as fast at most"
