"""Comparisons for reading: what changed is shown, what did not is counted, reasons stand once."""

from __future__ import annotations

import pytest
from builders import make_comparison

from perfwatch.records.comparison import Verdict
from perfwatch.report.change_view import MANY, changes_of
from perfwatch.report.names import Names

PEAK = "peak_memory_bytes"


def peak(verdict=Verdict.SAME, base=5e6, head=5e6, **changes):
    reason = f"exactly {base / 1e6:.2f} MB on both sides"
    return make_comparison(
        metric=PEAK,
        clock=None,
        verdict=verdict,
        base_value=base,
        head_value=head,
        ratio=head / base,
        interval=None,
        **{"reason": reason, **changes},
    )


def shown(*comparisons, limit=None):
    return changes_of(comparisons, Names(), limit)


def test_amounts_that_are_the_same_are_counted_and_kept_apart():
    changes = shown(make_comparison(), peak(), peak(benchmark="other"))
    assert [row.metric for row in changes.rows] == ["time"]
    assert changes.unchanged_words == "2 amounts the same"
    assert [row.benchmark for row in changes.unchanged] == ["script.py", "other"]


def test_an_amount_that_changed_stands_below_its_benchmark():
    changes = shown(peak(Verdict.HIGHER, head=7.5e6), make_comparison())
    assert [(row.label, row.under) for row in changes.rows] == [("script.py", False), ("peak memory", True)]
    assert changes.rows[1].course == "5.00 MB → 7.50 MB"
    assert changes.unchanged_words == ""


def test_equal_amounts_without_a_verdict_are_counted_apart():
    changes = shown(make_comparison(), peak(Verdict.UNDECIDED), peak(Verdict.UNDECIDED, head=5.5e6))
    assert [row.metric for row in changes.rows] == ["time", "peak memory"]
    assert changes.unchanged_words == "1 equal, without a verdict"


def test_a_first_call_is_a_time_below_its_benchmark_and_never_counted_away():
    cold = make_comparison(metric="cold", verdict=Verdict.SAME, base_value=2e9, head_value=2.1e9)
    changes = shown(make_comparison(), cold)
    assert [(row.label, row.under) for row in changes.rows] == [("script.py", False), ("cold", True)]
    assert changes.rows[1].course == "2.00 s → 2.10 s"


@pytest.mark.parametrize(
    ("metric", "words"), [("cold", "takes for its first call 3.00 s"), ("compile", "compiles for 3.00 s")]
)
def test_a_slower_first_call_has_a_sentence_of_its_own(metric, words):
    slower = make_comparison(metric=metric, verdict=Verdict.SLOWER, base_value=1e9, head_value=3e9, ratio=3.0)
    assert f"script.py {words} instead of 1.00 s, 3.00x" in shown(slower).headline


def test_an_amount_alone_names_its_benchmark():
    (row,) = shown(peak(Verdict.LOWER, head=1e6)).rows
    assert row.label == "script.py, peak memory"


def test_a_reason_stands_once_however_many_rows_have_it():
    changes = shown(*(make_comparison(benchmark=f"b{i}") for i in range(5)))
    assert changes.reasons == ("undecided: not measured side by side",)


def test_reasons_are_of_the_rows_that_are_shown():
    changes = shown(make_comparison(), peak(reason="exactly 5.00 MB on both sides"))
    assert changes.reasons == ("undecided: not measured side by side",)


def test_a_reason_does_not_repeat_the_figures_of_its_row():
    reason = "7.50 MB against 5.00 MB: +50.0%, beyond the margin of 1.0%"
    changes = shown(make_comparison(reason=""), peak(Verdict.HIGHER, head=7.5e6, reason=reason))
    assert changes.reasons == ("higher: beyond the margin of 1.0%",)


def test_smallest_visible_changes_are_told_with_their_reason_from_least_to_most():
    floors = (0.02, 0.051, 0.03)
    changes = shown(
        *(make_comparison(benchmark=f"b{i}", noise_floor_ratio=floor) for i, floor in enumerate(floors))
    )
    assert changes.reasons == ("undecided: not measured side by side (smallest visible change 2.0% to 5.1%)",)


def test_few_benchmarks_stand_in_the_order_of_the_report():
    verdicts = (Verdict.SAME, Verdict.SLOWER, Verdict.UNDECIDED)
    changes = shown(*(make_comparison(benchmark=v.value, verdict=v) for v in verdicts))
    assert [row.label for row in changes.rows] == ["same", "slower", "undecided"]


def many():
    calm = [make_comparison(benchmark=f"b{i}", ratio=1.0 + i / 1000) for i in range(MANY + 4)]
    return [*calm, make_comparison(benchmark="bad", verdict=Verdict.SLOWER, ratio=1.5)]


def test_of_many_benchmarks_the_worst_come_first_and_the_rest_are_counted():
    changes = shown(*many(), limit=MANY)
    assert [row.label for row in changes.rows][:2] == ["bad", f"b{MANY + 3}"]
    assert len(changes.rows) == MANY
    assert changes.rest == "and 5 more benchmarks: 5 undecided"


def test_a_benchmark_whose_amount_got_worse_counts_as_worse():
    changes = shown(*many(), peak(Verdict.HIGHER, head=9e6, benchmark="b3"), limit=MANY)
    assert [row.label for row in changes.rows][:3] == ["bad", "b3", "peak memory"]


def test_without_a_limit_all_are_shown():
    changes = shown(*many())
    assert len(changes.rows) == MANY + 5
    assert changes.rest == ""


def test_one_benchmark_is_put_into_a_sentence():
    assert shown(make_comparison(), peak()).headline == (
        "script.py takes 1.03 ms instead of 1.00 ms, +3.0% (between -2.0% and +8.0% with 95% confidence): undecided."
    )


def test_of_several_the_verdicts_are_counted_and_a_changed_one_is_put_into_a_sentence():
    slower = make_comparison(benchmark="slow", verdict=Verdict.SLOWER, ratio=1.5, head_value=1.5e6)
    assert shown(make_comparison(), make_comparison(benchmark="b")).headline == "Times: 2 undecided."
    assert shown(make_comparison(), slower).headline.startswith(
        "Times: 1 slower, 1 undecided. slow takes 1.50 ms instead of 1.00 ms, +50.0%"
    )


def test_of_equal_verdicts_that_on_warm_calls_is_put_into_the_sentence():
    slower = make_comparison(verdict=Verdict.SLOWER, ratio=1.5, head_value=1.5e6)
    cold = make_comparison(verdict=Verdict.SLOWER, metric="cold", ratio=1.6, head_value=1.6e6)
    assert shown(cold, slower).headline.startswith("script.py takes 1.50 ms instead of 1.00 ms, +50.0%")


@pytest.mark.parametrize("side", ["base_value", "head_value"])
def test_a_benchmark_that_only_one_side_has_makes_no_sentence(side):
    gone = make_comparison(verdict=Verdict.REMOVED, ratio=None, interval=None, **{side: None})
    changes = shown(gone)
    assert changes.headline == ""
    assert len(changes.rows) == 1


def test_nothing_compared_is_nothing_shown():
    changes = shown()
    assert (changes.rows, changes.reasons, changes.headline, changes.unchanged_words) == ((), (), "", "")
