"""The gate's word: evidence decides the verdict, policy the exit code."""

from __future__ import annotations

from datetime import date

import pytest
from builders import make_benchmark, make_timing
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.errors import ExitCode
from perfwatch.gate import accepted_in, exit_code_of, judge
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.gate import Acceptance, GatePolicy, GateVerdict, Limit, Override

pytestmark = pytest.mark.smoke

TODAY = date(2026, 3, 1)
POLICY = GatePolicy()


def compared(verdict=Verdict.SLOWER, ratio=1.2, **changes):
    facts = {
        "benchmark": "fit",
        "metric": "time",
        "reason": "seen",
        "base_value": 1e6,
        "head_value": 1e6 * (ratio or 1),
    }
    return Comparison(**{**facts, "verdict": verdict, "ratio": ratio, **changes})


def word(*comparisons, policy=POLICY, **options):
    return judge(comparisons, policy, TODAY, **options).verdict


def test_a_regression_beyond_the_limit_fails():
    result = judge([compared()], POLICY, TODAY)
    assert (result.verdict, result.failing) == (GateVerdict.FAILED, ("fit (time): slower +20.0%",))


@pytest.mark.parametrize("ratio", [1.02, 1.05])
def test_a_regression_up_to_the_limit_is_shown_and_passes(ratio):
    result = judge([compared(ratio=ratio)], POLICY, TODAY)
    assert result.verdict is GateVerdict.PASSED
    assert result.comparisons[0].verdict is Verdict.SLOWER


def test_a_regression_too_small_to_matter_passes():
    tiny = GatePolicy(min_change_ns=500_000.0)
    assert word(compared(), policy=tiny) is GateVerdict.PASSED


@pytest.mark.parametrize("verdict", [Verdict.FASTER, Verdict.SAME, Verdict.NEW, Verdict.LOWER])
def test_what_is_no_regression_fails_nothing(verdict):
    assert word(compared(verdict)) is GateVerdict.PASSED


def test_instructions_fail_only_where_the_policy_names_them():
    more = compared(Verdict.HIGHER, metric="instructions_count")
    assert word(more) is GateVerdict.PASSED
    # What is too short a time to matter is no limit for a count.
    named = GatePolicy(metrics=("time", "instructions_count"), min_change_ns=1e12)
    assert word(more, policy=named) is GateVerdict.FAILED


@pytest.mark.parametrize("metric", ["cold", "compile"])
def test_first_calls_fail_only_where_the_policy_names_them_and_are_times(metric):
    longer = compared(metric=metric)
    assert word(longer) is GateVerdict.PASSED
    assert word(longer, policy=GatePolicy(metrics=("time", metric))) is GateVerdict.FAILED
    # A fifth of a millisecond more, where less than half a millisecond does not matter.
    short = GatePolicy(metrics=("time", metric), min_change_ns=500_000.0)
    assert word(longer, policy=short) is GateVerdict.PASSED


@pytest.mark.parametrize("metric", ["cold", "compile"])
def test_an_undecided_first_call_leaves_the_gate_open_only_where_it_is_gated(metric):
    open_ = compared(Verdict.UNDECIDED, metric=metric)
    assert word(compared(Verdict.SAME), open_) is GateVerdict.PASSED
    named = GatePolicy(metrics=("time", metric))
    assert word(compared(Verdict.SAME), open_, policy=named) is GateVerdict.UNDECIDED


def test_a_metric_that_is_not_gated_fails_nothing():
    assert word(compared(Verdict.HIGHER, metric="allocations_count")) is GateVerdict.PASSED
    assert word(compared(Verdict.HIGHER, metric="peak_memory_bytes")) is GateVerdict.FAILED


def test_from_nothing_to_something_has_no_ratio_and_fails():
    grown = compared(Verdict.HIGHER, None, metric="peak_memory_bytes", base_value=0.0, head_value=1e9)
    assert word(grown) is GateVerdict.FAILED


def test_a_benchmark_that_is_gone_fails_unless_that_is_accepted():
    gone = compared(Verdict.REMOVED, None)
    assert word(gone) is GateVerdict.FAILED
    policy = GatePolicy(acceptances=(Acceptance(pattern="fit", reason="renamed"),))
    assert word(gone, policy=policy) is GateVerdict.PASSED


def test_an_accepted_regression_keeps_its_figures_and_says_why():
    policy = GatePolicy(acceptances=(Acceptance(pattern="f*", reason="exact now", origin="commit 12ab"),))
    (one,) = judge([compared()], policy, TODAY).comparisons
    assert (one.verdict, one.ratio) == (Verdict.ACCEPTED, 1.2)
    assert one.reason == "slower, and accepted (commit 12ab): exact now. seen"


@pytest.mark.parametrize(
    ("until", "verdict"),
    [(date(2026, 3, 1), GateVerdict.PASSED), (date(2026, 2, 28), GateVerdict.FAILED)],
)
def test_an_acceptance_holds_until_its_last_day(until, verdict):
    policy = GatePolicy(acceptances=(Acceptance(pattern="fit", reason="for now", until=until),))
    assert word(compared(), policy=policy) is verdict


def test_acceptances_that_are_past_or_meet_nothing_are_named():
    policy = GatePolicy(
        acceptances=(
            Acceptance(pattern="fit", reason="-", until=date(2026, 1, 1)),
            Acceptance(pattern="fitt", reason="-"),
        )
    )
    unmet = judge([compared()], policy, TODAY).unmet
    assert unmet == (
        "fit was accepted until 2026-01-01, which is past",
        "fitt is accepted, and no benchmark has such a name",
    )


def test_undecided_shows_in_the_exit_code_only_where_that_is_asked_for():
    unsure = compared(Verdict.UNDECIDED, 1.03)
    result = judge([unsure], POLICY, TODAY)
    assert result.verdict is GateVerdict.UNDECIDED
    assert exit_code_of(result, head_failed=False, measured=True) is ExitCode.DONE
    strict = judge([unsure], GatePolicy(fail_on_undecided=True), TODAY)
    assert exit_code_of(strict, head_failed=False, measured=True) is ExitCode.UNDECIDED


def test_a_void_run_is_not_comparable_whatever_was_seen():
    result = judge([compared()], POLICY, TODAY, void_reason="base differs from its own copy")
    assert result.verdict is GateVerdict.VOID
    assert exit_code_of(result, head_failed=False, measured=True) is ExitCode.NOT_COMPARABLE


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"head_failed": True, "measured": True}, ExitCode.TARGET_FAILED),
        ({"head_failed": False, "measured": False}, ExitCode.NOTHING_MEASURED),
    ],
)
def test_failures_and_nothing_measured_have_their_codes(facts, code):
    assert exit_code_of(judge([], POLICY, TODAY), **facts) is code


def test_a_regression_is_stronger_than_a_failing_benchmark():
    result = judge([compared()], POLICY, TODAY)
    assert exit_code_of(result, head_failed=True, measured=True) is ExitCode.REGRESSION


def test_commits_accept_by_trailer():
    message = (
        "Exact sums\n\nPerfwatch-Accept: tests/test_fit.py::* sums are exact now\nPerfwatch-Accept: load\n"
    )
    first, second = accepted_in(message, "12ab34cd56ef78")
    assert (first.pattern, first.reason) == ("tests/test_fit.py::*", "sums are exact now")
    assert (second.pattern, second.reason, second.origin) == (
        "load",
        "no reason was given",
        "commit 12ab34cd56",
    )


@given(st.text())
def test_any_commit_message_can_be_read(message):
    assert all(one.pattern for one in accepted_in(message, "0" * 40))


def test_a_benchmark_with_a_limit_of_its_own_fails_by_that():
    loose = GatePolicy(overrides=(Override(pattern="f*", fail_above_ratio=0.5),))
    assert word(compared(ratio=1.2), policy=loose) is GateVerdict.PASSED
    assert word(compared(ratio=1.2, benchmark="other"), policy=loose) is GateVerdict.FAILED


def test_of_several_entries_the_last_that_names_a_value_counts():
    policy = GatePolicy(
        overrides=(
            Override(pattern="fit", fail_above_ratio=0.5),
            Override(pattern="*", fail_above_ratio=0.1),
            Override(pattern="fit", min_change_ns=1.0),
        )
    )
    assert word(compared(ratio=1.2), policy=policy) is GateVerdict.FAILED


def test_a_name_with_brackets_is_accepted_by_itself():
    policy = GatePolicy(acceptances=(Acceptance(pattern="fit[3]", reason="-"),))
    assert word(compared(benchmark="fit[3]"), policy=policy) is GateVerdict.PASSED


def timed(low, high, **metrics):
    return make_benchmark(
        name="fit", timing=make_timing(median_ns=(low + high) / 2, interval_ns=(low, high)), metrics=metrics
    )


@pytest.mark.parametrize(
    ("interval", "verdict"), [((11e6, 12e6), GateVerdict.FAILED), ((9e6, 12e6), GateVerdict.PASSED)]
)
def test_time_is_beyond_its_limit_where_its_whole_interval_is(interval, verdict):
    policy = GatePolicy(limits=(Limit(pattern="fit", time_ns=10e6),))
    same = compared(Verdict.SAME, 1.0)
    assert word(same, policy=policy, benchmarks=[timed(*interval)]) is verdict


def test_memory_is_beyond_its_limit_where_the_figure_is():
    policy = GatePolicy(limits=(Limit(pattern="*", peak_memory_bytes=1e6),))
    result = judge([], policy, TODAY, benchmarks=[timed(1, 2, peak_memory_bytes=2e6)])
    assert result.failing == ("fit (peak_memory_bytes): 2.00 MB is above its limit of 1.00 MB",)


def test_a_gate_without_any_comparison_is_no_pass():
    assert word() is GateVerdict.UNMEASURED


def test_a_benchmark_that_failed_in_head_is_no_pass():
    result = judge([compared(Verdict.FAILED, None), compared(Verdict.SAME, 1.0)], POLICY, TODAY)
    assert result.verdict is GateVerdict.UNDECIDED
    assert exit_code_of(result, head_failed=True, measured=True) is ExitCode.TARGET_FAILED
