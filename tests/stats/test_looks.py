"""Looking while pairs are still measured costs no more errors than were allowed for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.stats.looks import Looks, Sign, look

pytestmark = pytest.mark.smoke

LOOKS = Looks(counts=(4, 8, 12))
MARGIN = math.log1p(0.01)


@pytest.mark.parametrize("counts", [(), (1, 4), (4, 4), (8, 4)])
def test_looks_that_make_no_sense_are_refused(counts):
    with pytest.raises(ValueError, match="looks"):
        Looks(counts=counts)


@pytest.mark.parametrize("rates", [{"change_rate": 0.0}, {"same_rate": 0.5}])
def test_rates_that_make_no_sense_are_refused(rates):
    with pytest.raises(ValueError, match="rate"):
        Looks(**rates)


@pytest.mark.parametrize("counts", [(4, 8, 12), (2,), (4, 8, 16, 32)])
def test_the_looks_share_the_whole_rate_and_later_ones_have_more(counts):
    shares = [Looks(counts=counts).share(count) for count in counts]
    assert sum(shares) == pytest.approx(1.0)
    assert shares == sorted(shares)


@given(st.lists(st.floats(min_value=-1.0, max_value=1.0), max_size=14))
def test_between_looks_nothing_is_said(values):
    if len(values) not in LOOKS.counts:
        assert look(values, MARGIN, LOOKS) is Sign.OPEN


@pytest.mark.parametrize(
    ("value", "sign"),
    [(0.0, Sign.SAME), (MARGIN, Sign.OPEN), (-MARGIN, Sign.OPEN), (0.02, Sign.UP), (-0.02, Sign.DOWN)],
)
def test_constants_are_judged_exactly(value, sign):
    assert look([value] * 4, MARGIN, LOOKS) is sign


def _screened(random, level, spread, trials, *, tails=None):
    """How often each sign ends the screening; heavy tails where degrees of freedom are given."""
    ends = dict.fromkeys(Sign, 0)
    for _ in range(trials):
        draw = random.standard_normal(12) if tails is None else random.standard_t(tails, 12)
        values = list(level + spread * draw)
        signs = (look(values[:count], MARGIN, LOOKS) for count in LOOKS.counts)
        ends[next((sign for sign in signs if sign is not Sign.OPEN), Sign.OPEN)] += 1
    return {sign: count / trials for sign, count in ends.items()}


@pytest.mark.parametrize("spread", [0.001, 0.01, 0.03])
@pytest.mark.parametrize("tails", [None, 3])
def test_a_level_on_the_margin_is_called_up_or_same_no_oftener_than_allowed(spread, tails):
    ends = _screened(np.random.default_rng(3), MARGIN, spread, 1500, tails=tails)
    # Three standard errors above the nominal rates.
    assert ends[Sign.UP] <= 0.05 + 0.017
    assert ends[Sign.SAME] <= 0.01 + 0.008


def test_no_change_at_half_a_percent_of_spread_is_nearly_always_seen_to_be_none():
    ends = _screened(np.random.default_rng(5), 0.0, 0.005, 500)
    assert ends[Sign.SAME] >= 0.95
    assert ends[Sign.UP] + ends[Sign.DOWN] <= 0.005


def test_five_percent_at_one_percent_of_spread_is_always_seen():
    ends = _screened(np.random.default_rng(6), math.log1p(0.05), 0.01, 500)
    assert ends[Sign.UP] >= 0.995
