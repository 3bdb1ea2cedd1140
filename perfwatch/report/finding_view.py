"""Findings in words: where, why, the most there is to win, what to do. It must not judge or rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.finding import Resource, TrialVerdict
from perfwatch.report.visible import visible, visible_line

if TYPE_CHECKING:
    from perfwatch.records.finding import Finding, Trial
    from perfwatch.records.report import Report
    from perfwatch.report.names import Names

_TEXT_LIMIT, _CODE_LIMIT, _PATCH_LIMIT = 500, 1_200, 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding; ``code`` holds its lines, ``standing`` how laborious, risky and urgent it is.

    ``tried`` says what came of the change where it was tried, ``patch`` holds its lines
    where it was proved.

    ``whose`` names the benchmark, where there are several.
    """

    rank: str
    title: str
    rule: str
    place: str
    function: str
    source: str
    whose: str
    mechanism: str
    ceiling: str
    confidence: str
    standing: str
    summary: str
    code: tuple[str, ...]
    risk: str
    reference: str
    tried: str
    patch: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsView:
    """All findings, best first; ``absent`` says why there are none, ``bound`` what compiled code has of the time."""

    findings: tuple[FindingView, ...]
    absent: str
    bound: str

    def more_than(self, shown: int) -> str:
        """Return how many are not among the first ``shown``, in words."""
        hidden = len(self.findings) - shown
        return f"{units.count(hidden)} more finding{'' if hidden == 1 else 's'}"


def findings_view(report: Report, names: Names) -> FindingsView:
    """Return what was found in words; the benchmark is named where the run has several."""
    several = len(report.run.benchmarks) > 1
    lines = {source.file: source.text.splitlines() for source in report.run.sources}
    return FindingsView(
        findings=tuple(
            _view(one, lines.get(one.file, []), names.short(one.benchmark) if several else "")
            for one in report.findings.ranked
        ),
        absent=visible(report.findings.absent, _TEXT_LIMIT),
        bound=visible(report.findings.bound, _TEXT_LIMIT),
    )


def _view(finding: Finding, rows: list[str], benchmark: str) -> FindingView:
    lines = str(finding.line_start)
    if finding.line_end > finding.line_start:
        lines = f"{lines}-{finding.line_end}"
    return FindingView(
        rank=str(finding.rank),
        title=visible(finding.title, _TEXT_LIMIT),
        rule=visible(finding.rule),
        place=f"{visible(finding.file, 200)}:{lines}",
        function=visible(finding.function, 80),
        source=visible_line("".join(rows[finding.line_start - 1 : finding.line_start]).strip(), 200),
        whose=f" ({benchmark})" if benchmark else "",
        mechanism=visible(_sentence(finding.mechanism), _TEXT_LIMIT),
        ceiling=_ceiling(finding),
        confidence=finding.confidence.value,
        standing=f"Priority {finding.priority}, confidence {finding.confidence}, effort {finding.effort}, "
        f"risk {finding.risk}",
        summary=visible(finding.advice.summary, _TEXT_LIMIT),
        code=tuple(visible(line, 160) for line in finding.advice.code[:_CODE_LIMIT].splitlines()),
        risk=visible(finding.advice.risk, _TEXT_LIMIT),
        reference=visible(finding.advice.reference, 300),
        tried="" if finding.proof is None else _tried(finding.proof),
        patch=_patch(finding.proof),
    )


def _sentence(text: str) -> str:
    # Its first word may be a name of the user's own: it keeps its case.
    return f"{text.removesuffix('.')}."


def _tried(trial: Trial) -> str:
    reason = visible(trial.reason, _TEXT_LIMIT)
    change = f"{visible(trial.change, _TEXT_LIMIT)}: " if trial.change else ""
    if trial.verdict is TrialVerdict.REFUSED:
        return f"Not tried: {reason}"
    if trial.verdict is TrialVerdict.PROVED:
        settings = " ".join(f"{name}={value}" for name, value in trial.environment.items())
        how = f"git apply {visible(trial.patch_file)}" if trial.patch_file else visible(settings, _TEXT_LIMIT)
        return f"Tried, proved: {change}{reason}; {how}"
    return f"Tried, not proved ({trial.verdict.value}): {change}{reason}"


def _patch(trial: Trial | None) -> tuple[str, ...]:
    if trial is None or not trial.patch_file:
        return ()
    return tuple(visible(line, 160) for line in trial.patch[:_PATCH_LIMIT].split("\n"))


def _ceiling(finding: Finding) -> str:
    share = units.portion(finding.share_ratio)
    if finding.share_error_ratio is not None:
        share = f"{share} {units.error(units.portion(finding.share_error_ratio))}"
    most = units.factor(finding.ceiling_ratio)
    if finding.resource is Resource.MEMORY:
        return f"{share} of the peak; without it the peak would be {most} smaller"
    return f"{share} of the time; if it cost nothing, the whole would be {most} as fast"
