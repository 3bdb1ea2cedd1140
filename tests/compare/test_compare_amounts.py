"""Bytes and counts of two sides that were executed for it: a change is a change, unless a side changes by itself."""

from __future__ import annotations

import pytest

from perfwatch.compare import differ, side_by_side
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.plan import Policy

pytestmark = pytest.mark.smoke

POLICY = Policy()
MB = 1_000_000.0


def of(peak):
    return {"fit": {"peak_memory_bytes": peak}}


def verdicts(bases, heads):
    executions = {Side.BASE: [of(one) for one in bases], Side.HEAD: [of(one) for one in heads]}
    return [one.verdict for one in side_by_side(executions, ("fit",), POLICY)]


@pytest.mark.parametrize(
    ("base", "head", "verdict"),
    [
        (100 * MB, 100 * MB, Verdict.SAME),
        (100 * MB, 100.9 * MB, Verdict.SAME),
        (100 * MB, 120 * MB, Verdict.HIGHER),
        (120 * MB, 100 * MB, Verdict.LOWER),
        (0.0, 0.0, Verdict.SAME),
        (0.0, 10 * MB, Verdict.HIGHER),
    ],
)
def test_amounts_are_compared_as_counts(base, head, verdict):
    assert verdicts([base], [head]) == [verdict]
    assert differ(of(base), of(head), POLICY) == (verdict is not Verdict.SAME)


def test_a_change_that_a_second_execution_shows_too_is_one():
    assert verdicts([100 * MB, 100 * MB], [120 * MB, 120 * MB]) == [Verdict.HIGHER]


@pytest.mark.parametrize(("bases", "heads"), [((100, 150), (120, 120)), ((100, 100), (120, 90))])
def test_a_side_that_changes_by_itself_leaves_it_undecided_and_is_named(bases, heads):
    executions = {
        side: [of(one * MB) for one in values] for side, values in ((Side.BASE, bases), (Side.HEAD, heads))
    }
    (found,) = side_by_side(executions, ("fit",), POLICY)
    assert found.verdict is Verdict.UNDECIDED
    assert "differs from execution to execution" in found.reason


def test_what_one_side_lacks_is_not_compared():
    assert side_by_side({Side.BASE: [of(MB)], Side.HEAD: [{}]}, ("fit",), POLICY) == ()
    assert side_by_side({}, ("fit",), POLICY) == ()
    assert not differ(of(MB), {}, POLICY)
