"""What a gate makes of answers: another one fails, whatever the times; what cannot be compared leaves it open."""

from __future__ import annotations

from datetime import date

import pytest

from perfwatch.errors import ExitCode
from perfwatch.gate import answer_rule, exit_code_of, with_answers
from perfwatch.records.answer_change import AnswerChange, AnswerVerdict
from perfwatch.records.gate import Acceptance, GatePolicy, GateResult, GateVerdict, Override
from perfwatch.records.proof import AnswerRule

pytestmark = pytest.mark.smoke

TODAY = date(2026, 3, 1)


def change(verdict, benchmark="fit", reason="[17] differs"):
    return AnswerChange(benchmark=benchmark, verdict=verdict, reason=reason)


def told(*answers, verdict=GateVerdict.PASSED, policy=None, **changes):
    plain = GateResult(verdict=verdict, policy=policy or GatePolicy(), **changes)
    return with_answers(plain, answers, TODAY)


def code(result):
    return exit_code_of(result, head_failed=False, measured=True)


@pytest.mark.parametrize("before", [GateVerdict.PASSED, GateVerdict.UNDECIDED, GateVerdict.VOID])
def test_another_answer_fails_whatever_the_times_are(before):
    result = told(change(AnswerVerdict.DIFFERENT), verdict=before)
    assert (result.verdict, result.failing) == (GateVerdict.FAILED, ("fit (answer): [17] differs",))
    assert code(result) is ExitCode.REGRESSION


def test_other_failures_stay_behind_those_of_answers():
    result = told(
        change(AnswerVerdict.DIFFERENT), verdict=GateVerdict.FAILED, failing=("fit (time): slower",)
    )
    assert result.failing == ("fit (answer): [17] differs", "fit (time): slower")


def test_what_cannot_be_compared_leaves_the_gate_open():
    result = told(change(AnswerVerdict.INCOMPARABLE))
    assert (result.verdict, result.failing) == (GateVerdict.UNDECIDED, ())
    assert code(result) is ExitCode.DONE
    strict = told(change(AnswerVerdict.INCOMPARABLE), policy=GatePolicy(fail_on_undecided=True))
    assert code(strict) is ExitCode.UNDECIDED


@pytest.mark.parametrize("verdict", [AnswerVerdict.SAME, AnswerVerdict.NONE])
def test_the_same_answer_and_none_change_nothing(verdict):
    assert told(change(verdict)).verdict is GateVerdict.PASSED
    assert told(change(verdict), verdict=GateVerdict.FAILED).verdict is GateVerdict.FAILED


def test_what_cannot_be_compared_does_not_undo_a_failure():
    assert told(change(AnswerVerdict.INCOMPARABLE), verdict=GateVerdict.VOID).verdict is GateVerdict.VOID
    assert told(change(AnswerVerdict.INCOMPARABLE), verdict=GateVerdict.FAILED).verdict is GateVerdict.FAILED


@pytest.mark.parametrize(
    ("until", "verdict"),
    [(None, GateVerdict.PASSED), (TODAY, GateVerdict.PASSED), (date(2026, 2, 28), GateVerdict.FAILED)],
)
def test_an_acceptance_covers_another_answer_until_its_last_day(until, verdict):
    accepted = Acceptance(pattern="f*", reason="exact now", until=until, origin="commit 12ab")
    result = told(change(AnswerVerdict.DIFFERENT), policy=GatePolicy(acceptances=(accepted,)))
    assert result.verdict is verdict
    if verdict is GateVerdict.PASSED:
        (one,) = result.answers
        assert one.verdict is AnswerVerdict.ACCEPTED
        assert one.reason == "different-answer, and accepted (commit 12ab): exact now. [17] differs"


def test_an_acceptance_of_another_benchmark_covers_nothing():
    policy = GatePolicy(acceptances=(Acceptance(pattern="other", reason="r"),))
    assert told(change(AnswerVerdict.DIFFERENT), policy=policy).verdict is GateVerdict.FAILED


def test_the_last_override_that_names_a_value_decides_who_is_asked_and_by_what():
    loose = AnswerRule(rtol=1e-3)
    policy = GatePolicy(
        same_output=True,
        overrides=(
            Override(pattern="io*", same_output=False, answer_rule=loose),
            Override(pattern="io_exact", same_output=True),
            Override(pattern="fit*", margin_ratio=0.1),
        ),
    )
    assert answer_rule("fit", policy) == AnswerRule()
    assert answer_rule("io_read", policy) is None
    assert answer_rule("io_exact", policy) == loose


def test_nobody_is_asked_unless_somebody_asks():
    assert answer_rule("fit", GatePolicy()) is None
    one = GatePolicy(overrides=(Override(pattern="fit", same_output=True),))
    assert answer_rule("fit", one) == AnswerRule()
    assert answer_rule("other", one) is None
