"""Figures of a program's own, and spans in a summary."""

from __future__ import annotations

import time

import pytest
from monitored import counts, fresh

import perfwatch
from perfwatch.monitor import Monitor, collected, collected_custom, dropped_count
from perfwatch.monitor.ledger import MAX_CUSTOM_VALUES, set_aside
from perfwatch.records.run import Custom

__all__ = ["fresh"]  # a fixture that holds for the whole module


# Figures of one's own


@pytest.mark.smoke
def test_recorded_values_are_kept_in_order_with_their_direction():
    perfwatch.record("mse", 0.5)
    perfwatch.record("r2", 1, direction="higher")
    perfwatch.record("mse", 0.25)
    mse, r2 = collected_custom()
    assert mse == Custom(name="mse", values=(0.5, 0.25), at_ns=mse.at_ns, direction="lower")
    assert r2 == Custom(name="r2", values=(1.0,), at_ns=r2.at_ns, direction="higher")


def test_series_lie_on_one_axis_that_begins_with_the_first_figure_of_all():
    before = time.perf_counter_ns()
    perfwatch.record("loss", 3.0)
    perfwatch.record("rate", 0.1)
    perfwatch.record("loss", 2.0)
    took_ns = time.perf_counter_ns() - before
    loss, rate = collected_custom()
    assert loss.at_ns[0] == 0
    assert 0 < rate.at_ns[0] < loss.at_ns[1] <= took_ns


def test_what_is_measured_aside_leaves_the_programs_own_totals_alone():
    with perfwatch.monitor("mine"):
        perfwatch.record("loss", 3.0)
    with set_aside():
        assert collected() == ()
        with perfwatch.monitor("not mine"):
            perfwatch.record("other", 1.0)
    assert counts() == {("mine",): 1}
    assert [one.name for one in collected_custom()] == ["loss"]


def test_a_numpy_scalar_is_a_number():
    numpy = pytest.importorskip("numpy")
    perfwatch.record("loss", numpy.float32(0.5))
    perfwatch.record("loss", numpy.array(2.0))
    assert collected_custom()[0].values == (0.5, 2.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), "3", b"3", None, 1j, [1.0]])
def test_a_value_that_is_no_finite_number_is_refused(value):
    with pytest.raises(ValueError, match="'loss'"):
        perfwatch.record("loss", value)
    assert collected_custom() == ()


def test_a_direction_is_lower_or_higher_and_stays():
    with pytest.raises(ValueError, match="'lower' or 'higher'"):
        perfwatch.record("loss", 1.0, direction="down")
    perfwatch.record("loss", 1.0)
    with pytest.raises(ValueError, match="recorded before"):
        perfwatch.record("loss", 1.0, direction="higher")


def test_values_of_one_name_are_bounded():
    for _ in range(MAX_CUSTOM_VALUES + 2):
        perfwatch.record("step", 1)
    assert len(collected_custom()[0].values) == MAX_CUSTOM_VALUES
    assert dropped_count() == 2


# Summaries


def test_a_summary_counts_an_open_span_up_to_now():
    with perfwatch.monitor("open") as m:
        with perfwatch.monitor("done"):
            pass
        with perfwatch.monitor("half done"):
            early = m.summary()
    late = m.summary()
    assert [span.path[-1] for span in early.spans] == ["open", "done", "half done"]
    assert [span.count for span in early.spans] == [1, 1, 1]
    assert 0 < early.spans[0].wall_ns < late.spans[0].wall_ns
    assert [span.path[-1] for span in late.spans] == ["open", "done", "half done"]


def test_a_summary_leaves_out_what_lies_outside_its_span():
    with perfwatch.monitor("outer"):
        with perfwatch.monitor("before"):
            pass
        with perfwatch.monitor("mine") as m:
            pass
    assert [span.path for span in m.summary().spans] == [("outer", "mine")]


def test_a_summary_prints_as_an_aligned_table():
    with perfwatch.monitor("full optimisation", level="detailed") as m, perfwatch.monitor("step\n\x1b[31m"):
        pass
    lines = str(m.summary()).splitlines()
    assert len(lines) == 3
    assert lines[0].split()[:4] == ["span", "count", "wall", "cpu"]
    assert lines[1].startswith("full optimisation  ")
    assert lines[2].startswith("  step")
    assert "\x1b" not in lines[2]
    assert len({len(line) for line in lines}) == 1


def test_a_monitor_that_was_never_entered_has_an_empty_summary():
    with perfwatch.monitor("other"):
        summary = Monitor("never").summary()
    assert summary.spans == ()
    assert str(summary) == "no span has been opened"
