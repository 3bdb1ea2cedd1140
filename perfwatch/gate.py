"""Comparisons and a project's policy in, the gate's word out.

It must not measure, and must not change what a comparison found: policy decides
the exit code, evidence decides the verdict. An accepted change keeps its figures
and is called ``accepted``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.compare.policies import fits
from perfwatch.errors import ExitCode, strongest
from perfwatch.records.answer_change import AnswerChange, AnswerVerdict
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.gate import Acceptance, GatePolicy, GateResult, GateVerdict, Limit
from perfwatch.records.proof import AnswerRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from perfwatch.records.run import Benchmark

#: The words that may fail a gate.
REGRESSIONS = (Verdict.SLOWER, Verdict.HIGHER)
#: The words that leave open whether there is a regression.
OPEN = (Verdict.UNDECIDED, Verdict.FAILED)
TRAILER = "Perfwatch-Accept:"
#: Where an acceptance names no reason.
NO_REASON = "no reason was given"


def judge(
    comparisons: Sequence[Comparison],
    policy: GatePolicy,
    today: date,
    *,
    benchmarks: Sequence[Benchmark] = (),
    void_reason: str = "",
) -> GateResult:
    """Apply the policy to the comparisons, and its limits to head's benchmarks.

    A void run fails nothing and passes nothing. Where something stays open, or
    failed in head, the gate is ``undecided``, which its exit code shows only
    where the policy asks for it.
    """
    valid = _valid(policy, today)
    judged = [_accepted(one, valid) for one in comparisons]
    failing = tuple(_sentence(one) for one in judged if _fails(one, policy)) + beyond_limits(
        benchmarks, policy
    )
    if void_reason:
        verdict = GateVerdict.VOID
    elif failing:
        verdict = GateVerdict.FAILED
    elif not comparisons:
        verdict = GateVerdict.UNMEASURED
    elif any(one.verdict in OPEN and one.metric in policy.metrics for one in judged):
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


def with_answers(result: GateResult, answers: Sequence[AnswerChange], today: date) -> GateResult:
    """Return the gate's word with what became of the benchmarks' answers.

    Another answer fails, whatever the times are and even where they are void: they
    say nothing of it. What cannot be compared leaves the gate open.
    """
    valid = _valid(result.policy, today)
    told = tuple(_accepted_answer(one, valid) for one in answers)
    words = {one.verdict for one in told}
    verdict = result.verdict
    if AnswerVerdict.DIFFERENT in words:
        verdict = GateVerdict.FAILED
    elif AnswerVerdict.INCOMPARABLE in words and verdict is GateVerdict.PASSED:
        verdict = GateVerdict.UNDECIDED
    failing = [
        f"{one.benchmark} (answer): {one.reason}" for one in told if one.verdict is AnswerVerdict.DIFFERENT
    ]
    return replace(result, verdict=verdict, answers=told, failing=(*failing, *result.failing))


def answer_rule(name: str, policy: GatePolicy) -> AnswerRule | None:
    """Return when two answers of a benchmark count as the same; ``None`` where nobody asks."""
    asked, rule = policy.same_output, AnswerRule()
    for one in policy.overrides:
        if fits(name, one.pattern):
            asked = asked if one.same_output is None else one.same_output
            rule = rule if one.answer_rule is None else one.answer_rule
    return rule if asked else None


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


def _valid(policy: GatePolicy, today: date) -> list[Acceptance]:
    return [one for one in policy.acceptances if one.until is None or today <= one.until]


def _accepted(comparison: Comparison, acceptances: Iterable[Acceptance]) -> Comparison:
    words = _acceptance(comparison.benchmark, acceptances)
    if comparison.verdict not in (*REGRESSIONS, Verdict.REMOVED) or not words:
        return comparison
    reason = f"{comparison.verdict.value}, and {words}. {comparison.reason}"
    return replace(comparison, verdict=Verdict.ACCEPTED, reason=reason)


def _accepted_answer(answer: AnswerChange, acceptances: Iterable[Acceptance]) -> AnswerChange:
    words = _acceptance(answer.benchmark, acceptances)
    if answer.verdict is not AnswerVerdict.DIFFERENT or not words:
        return answer
    reason = f"{answer.verdict.value}, and {words}. {answer.reason}"
    return replace(answer, verdict=AnswerVerdict.ACCEPTED, reason=reason)


def _acceptance(benchmark: str, acceptances: Iterable[Acceptance]) -> str:
    """Who accepted what a benchmark costs, and why; "" where nobody did."""
    for one in acceptances:
        if fits(benchmark, one.pattern):
            where = f" ({one.origin})" if one.origin else ""
            return f"accepted{where}: {one.reason}"
    return ""


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
    fail_above, least_ns = _own_values(comparison.benchmark, policy)
    return comparison.ratio > 1 + fail_above and change > _least(comparison.metric, policy, least_ns)


def _least(metric: str, policy: GatePolicy, least_ns: float) -> float:
    """The change that is too small to matter, in the metric's own unit; a count has none."""
    if metric.endswith("_bytes"):
        return policy.min_change_bytes
    return 0.0 if metric.endswith("_count") else least_ns


def _own_values(name: str, policy: GatePolicy) -> tuple[float, float]:
    """``fail_above_ratio`` and ``min_change_ns`` of one benchmark."""
    fail_above, least_ns = policy.fail_above_ratio, policy.min_change_ns
    for one in policy.overrides:
        if fits(name, one.pattern):
            fail_above = fail_above if one.fail_above_ratio is None else one.fail_above_ratio
            least_ns = least_ns if one.min_change_ns is None else one.min_change_ns
    return fail_above, least_ns


def beyond_limits(benchmarks: Sequence[Benchmark], policy: GatePolicy) -> tuple[str, ...]:
    """Return a sentence for each benchmark that takes more than a limit allows.

    Time is beyond its limit where the whole interval of the median is; memory,
    which repeats, where the figure is.
    """
    found = []
    for benchmark in benchmarks:
        for limit in policy.limits:
            if fits(benchmark.name, limit.pattern):
                found += _beyond(benchmark, limit)
    return tuple(found)


def _beyond(benchmark: Benchmark, limit: Limit) -> list[str]:
    found = []
    timing = benchmark.timing
    if limit.time_ns is not None and timing is not None and timing.interval_ns is not None:
        low, high = timing.interval_ns
        if low > limit.time_ns:
            found.append(
                f"{benchmark.name} (time): {units.time(timing.median_ns)}, interval {units.time(low)} to "
                f"{units.time(high)}, is above its limit of {units.time(limit.time_ns)}"
            )
    peak = benchmark.metrics.get("peak_memory_bytes")
    if limit.peak_memory_bytes is not None and peak is not None and peak > limit.peak_memory_bytes:
        found.append(
            f"{benchmark.name} (peak_memory_bytes): {units.size(peak)} is above its limit of "
            f"{units.size(limit.peak_memory_bytes)}"
        )
    return found


def _sentence(comparison: Comparison) -> str:
    change = "" if comparison.ratio is None else f" {units.change(comparison.ratio)}"
    return f"{comparison.benchmark} ({comparison.metric}): {comparison.verdict.value}{change}"


def _unmet(
    written: Sequence[Acceptance], valid: Sequence[Acceptance], comparisons: Sequence[Comparison]
) -> Iterable[str]:
    for one in written:
        if one not in valid:
            yield f"{one.pattern} was accepted until {one.until}, which is past"
        elif not any(fits(comparison.benchmark, one.pattern) for comparison in comparisons):
            yield f"{one.pattern} is accepted, and no benchmark has such a name"
