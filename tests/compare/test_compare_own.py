"""Figures that the target recorded itself, held against a stored base."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_benchmark, make_environment, make_run

from perfwatch.compare import compare, summarise
from perfwatch.gate import judge
from perfwatch.records.comparison import Verdict
from perfwatch.records.gate import GatePolicy
from perfwatch.records.plan import Policy
from perfwatch.records.run import Custom
from perfwatch.report.change_view import changes_of
from perfwatch.report.names import names_of

POLICY = Policy()


def figure(*values, name="mse", benchmark="script.py", **changes):
    return replace(Custom(name=name, values=values, benchmark=benchmark), **changes)


def recorded(run_id, *figures, **changes):
    benchmark = make_benchmark(metrics={})
    return make_run(id=run_id, benchmarks=(benchmark,), custom=figures, **changes)


def own(base, head, sessions=()):
    return [one for one in compare(base, head, POLICY, sessions) if one.metric.startswith("own:")]


def of_one(*arguments, **keywords):
    (found,) = own(*arguments, **keywords)
    return found


BASE, AGAIN = recorded("base", figure(0.5)), recorded("again", figure(0.5))


def test_equal_figures_are_the_same_without_another_session():
    found = of_one(BASE, recorded("head", figure(0.5), code_digest="c2"))
    assert (found.metric, found.verdict) == ("own:mse", Verdict.SAME)
    assert found.reason == "0.500 against 0.500; exactly the same on both sides"


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.6, Verdict.HIGHER), (0.4, Verdict.LOWER), (0.504, Verdict.SAME)]
)
def test_a_figure_that_repeats_is_judged_by_the_margin(value, verdict):
    found = of_one(BASE, recorded("head", figure(value), code_digest="c2"), (BASE, AGAIN))
    assert found.verdict is verdict
    assert found.ratio == pytest.approx(value / 0.5)
    assert "it was one value in 2 sessions of base's code" in found.reason


def test_one_session_does_not_tell_whether_a_figure_repeats():
    found = of_one(BASE, recorded("head", figure(0.6), code_digest="c2"))
    assert found.verdict is Verdict.UNDECIDED
    assert "1 of the 2 sessions" in found.reason


def test_a_figure_that_moves_by_itself_is_undecided():
    moved = recorded("again", figure(0.55))
    found = of_one(BASE, recorded("head", figure(0.9), code_digest="c2"), (BASE, moved))
    assert found.verdict is Verdict.UNDECIDED
    assert "it does not repeat: from 0.500 to 0.550" in found.reason


def test_sessions_of_other_code_tell_nothing_of_base():
    other = recorded("again", figure(0.5), code_digest="c3")
    assert of_one(BASE, recorded("head", figure(0.6)), (BASE, other)).verdict is Verdict.UNDECIDED


def test_of_a_series_the_last_value_is_compared():
    base, again = (recorded(name, figure(3.0, 2.0, 1.0)) for name in ("base", "again"))
    found = of_one(base, recorded("head", figure(9.0, 0.5), code_digest="c2"), (base, again))
    assert (found.base_value, found.head_value, found.verdict) == (1.0, 0.5, Verdict.LOWER)


def test_signs_and_noughts_have_no_ratio():
    base, again = (recorded(name, figure(-0.5), figure(0.0, name="gap")) for name in ("base", "again"))
    head = recorded("head", figure(0.5), figure(0.1, name="gap"), code_digest="c2")
    found = own(base, head, (base, again))
    assert [(one.ratio, one.verdict) for one in found] == [(None, Verdict.HIGHER)] * 2


def test_another_direction_or_unit_is_another_figure():
    turned = recorded("head", figure(0.6, direction="higher"), code_digest="c2")
    assert "calls a lower value better, and head a higher" in of_one(BASE, turned, (BASE, AGAIN)).reason
    other = recorded("head", figure(0.6, unit="K"), code_digest="c2")
    assert of_one(BASE, other, (BASE, AGAIN)).verdict is Verdict.UNDECIDED


def test_another_environment_forbids_the_verdict():
    head = recorded("head", figure(0.6), environment=make_environment(key="e2", cores_count=64))
    assert of_one(BASE, head, (BASE, AGAIN)).verdict is Verdict.UNDECIDED


def test_a_result_file_of_another_tool_is_shown_and_never_judged():
    head = recorded("head", figure(0.5), environment=make_environment(key=""))
    found = of_one(BASE, head, (BASE, AGAIN))
    assert found.verdict is Verdict.UNDECIDED
    assert "a result file tells too little" in found.reason


def test_what_one_side_lacks_or_several_processes_recorded_is_not_compared():
    assert own(BASE, recorded("head", figure(1.0, name="other"))) == []
    assert own(BASE, recorded("head", figure(0.5, benchmark="another"))) == []
    assert own(BASE, recorded("head", figure(0.5), figure(0.6))) == []
    assert own(BASE, recorded("head", figure(float("nan")))) == []
    assert own(BASE, recorded("head", figure())) == []


def test_a_name_of_ours_is_not_taken_for_ours():
    base, again = (recorded(name, figure(1.0, name="time")) for name in ("base", "again"))
    head = recorded("head", figure(2.0, name="time"), code_digest="c2")
    found = compare(base, head, POLICY, (base, again))
    assert [one.metric for one in found] == ["time", "own:time"]
    assert summarise(found, head).slower == 0
    # What may fail a gate is listed, and no figure of a target's own is.
    assert judge(found, GatePolicy(), today=None).failing == ()


def test_where_higher_is_better_a_higher_figure_is_welcome_and_a_lower_one_is_not():
    base, again = (recorded(name, figure(0.8, name="r2", direction="higher")) for name in ("base", "again"))
    tones = []
    for value in (0.9, 0.7):
        head = recorded("head", figure(value, name="r2", direction="higher"), code_digest="c2")
        found = own(base, head, (base, again))
        (row,) = changes_of(found, names_of(["script.py"])).rows
        tones.append((row.verdict, row.tone, row.metric, row.course))
    assert tones == [
        ("higher", "good", "r2", "0.800 \N{RIGHTWARDS ARROW} 0.900"),
        ("lower", "bad", "r2", "0.800 \N{RIGHTWARDS ARROW} 0.700"),
    ]
