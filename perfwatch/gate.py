"""Comparisons and a project's policy in, the gate's word out.

It must not measure, and must not change what a comparison found: policy decides
the exit code, evidence decides the verdict. An accepted change keeps its figures
and is called ``accepted``.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.errors import ExitCode, strongest
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.gate import Acceptance, GatePolicy, GateResult, GateVerdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

#: The words that may fail a gate.
REGRESSIONS = (Verdict.SLOWER, Verdict.HIGHER)
TRAILER = "Perfwatch-Accept:"
#: Where an acceptance names no reason.
NO_REASON = "no reason was given"


def judge(
    comparisons: Sequence[Comparison],
    policy: GatePolicy,
    today: date,
    *,
    void_reason: str = "",
) -> GateResult:
    """Apply the policy.

    A void run fails nothing and passes nothing. Without any comparison of time
    that was decided, the gate is ``undecided``, which its exit code shows only
    where the policy asks for it.
    """
    valid = [one for one in policy.acceptances if one.until is None or today <= one.until]
    judged = [_accepted(one, valid) for one in comparisons]
    failing = tuple(_sentence(one) for one in judged if _fails(one, policy))
    if void_reason:
        verdict = GateVerdict.VOID
    elif failing:
        verdict = GateVerdict.FAILED
    elif any(one.verdict is Verdict.UNDECIDED and one.metric in policy.metrics for one in judged):
        verdict = GateVerdict.UNDECIDED
    else:
        verdict = GateVerdict.PASSED
    return GateResult(
        verdict=verdict,
        policy=policy,
        comparisons=tuple(judged),
        failing=failing,
        void_reason=void_reason,
        unmet=tuple(_unmet(policy.acceptances, valid, comparisons)),
    )


def untouched(policy: GatePolicy) -> GateResult:
    """Return the result of a change that no benchmark could notice: it passes, and nothing was measured."""
    return GateResult(verdict=GateVerdict.UNTOUCHED, policy=policy)


def exit_code_of(result: GateResult, *, head_failed: bool, measured: bool) -> ExitCode:
    """Return how the command ends: the strongest of what applies."""
    codes = [ExitCode.DONE]
    if result.verdict is GateVerdict.FAILED:
        codes.append(ExitCode.REGRESSION)
    if result.verdict is GateVerdict.VOID:
        codes.append(ExitCode.NOT_COMPARABLE)
    if result.verdict is GateVerdict.UNDECIDED and result.policy.fail_on_undecided:
        codes.append(ExitCode.UNDECIDED)
    if head_failed:
        codes.append(ExitCode.TARGET_FAILED)
    if not measured:
        codes.append(ExitCode.NOTHING_MEASURED)
    return strongest(codes)


def accepted_in(message: str, commit: str) -> tuple[Acceptance, ...]:
    """Return the acceptances that a commit's message carries: ``Perfwatch-Accept: PATTERN reason``."""
    found = []
    for line in message.splitlines():
        if line.startswith(TRAILER):
            pattern, _, reason = line.removeprefix(TRAILER).strip().partition(" ")
            if pattern:
                found.append(
                    Acceptance(
                        pattern=pattern, reason=reason.strip() or NO_REASON, origin=f"commit {commit[:10]}"
                    )
                )
    return tuple(found)


def _accepted(comparison: Comparison, acceptances: Iterable[Acceptance]) -> Comparison:
    if comparison.verdict not in (*REGRESSIONS, Verdict.REMOVED):
        return comparison
    for one in acceptances:
        if fnmatchcase(comparison.benchmark, one.pattern):
            where = f" ({one.origin})" if one.origin else ""
            reason = f"{comparison.verdict.value}, and accepted{where}: {one.reason}. {comparison.reason}"
            return replace(comparison, verdict=Verdict.ACCEPTED, reason=reason)
    return comparison


def _fails(comparison: Comparison, policy: GatePolicy) -> bool:
    if comparison.metric not in policy.metrics:
        return False
    if comparison.verdict is Verdict.REMOVED:
        return True
    if comparison.verdict not in REGRESSIONS:
        return False
    if comparison.ratio is None or comparison.base_value is None or comparison.head_value is None:
        return True  # from nothing to something has no ratio
    change = comparison.head_value - comparison.base_value
    return comparison.ratio > 1 + policy.fail_above_ratio and change > _least(comparison.metric, policy)


def _least(metric: str, policy: GatePolicy) -> float:
    """The change that is too small to matter, in the metric's own unit; a count has none."""
    if metric.endswith("_bytes"):
        return policy.min_change_bytes
    return 0.0 if metric.endswith("_count") else policy.min_change_ns


def _sentence(comparison: Comparison) -> str:
    change = "" if comparison.ratio is None else f" {units.change(comparison.ratio)}"
    return f"{comparison.benchmark} ({comparison.metric}): {comparison.verdict.value}{change}"


def _unmet(
    written: Sequence[Acceptance], valid: Sequence[Acceptance], comparisons: Sequence[Comparison]
) -> Iterable[str]:
    for one in written:
        if one not in valid:
            yield f"{one.pattern} was accepted until {one.until}, which is past"
        elif not any(fnmatchcase(comparison.benchmark, one.pattern) for comparison in comparisons):
            yield f"{one.pattern} is accepted, and no benchmark has such a name"
