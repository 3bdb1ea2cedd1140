"""A benchmark that the change cannot reach and that changed all the same voids the run."""

from __future__ import annotations

import pytest
from builders import make_comparison

from perfwatch.compare import controls_reason, voided
from perfwatch.records.comparison import Verdict

pytestmark = pytest.mark.smoke


def of(name, verdict, metric="time"):
    return make_comparison(benchmark=name, verdict=verdict, metric=metric, ratio=1.1)


@pytest.mark.parametrize("verdict", [Verdict.SLOWER, Verdict.FASTER])
def test_a_control_that_changed_is_named(verdict):
    reason = controls_reason([of("fit", Verdict.SLOWER), of("still", verdict)], ("still",))
    assert f"still ran the same code on both sides and is {verdict.value} by +10.0%" in reason


@pytest.mark.parametrize("verdict", [Verdict.SAME, Verdict.UNDECIDED, Verdict.NEW])
def test_a_control_without_a_change_says_nothing(verdict):
    assert controls_reason([of("fit", Verdict.SLOWER), of("still", verdict)], ("still",)) == ""


def test_memory_of_a_control_is_no_veto():
    assert controls_reason([of("still", Verdict.HIGHER, "peak_memory_bytes")], ("still",)) == ""


@pytest.mark.parametrize("metric", ["cold", "compile"])
def test_a_void_run_has_no_verdict_on_first_calls_left_either(metric):
    (found,) = voided([of("fit", Verdict.SLOWER, metric)], "something else differs")
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, "something else differs")


def test_a_void_run_has_no_verdict_on_time_left_and_keeps_its_figures():
    fit, memory, new = voided(
        [of("fit", Verdict.SLOWER), of("fit", Verdict.HIGHER, "peak_memory_bytes"), of("b", Verdict.NEW)],
        "something else differs",
    )
    assert (fit.verdict, fit.reason, fit.ratio) == (Verdict.UNDECIDED, "something else differs", 1.1)
    assert (memory.verdict, new.verdict) == (Verdict.HIGHER, Verdict.NEW)
