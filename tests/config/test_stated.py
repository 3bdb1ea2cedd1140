"""How somebody says "so many times as fast": ranges, bounds and mere words."""

import math

import pytest

from perfwatch.config.stated import parse_stated


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("10x", 10, 10),
        ("4x faster", 4, 4),
        ("3.75x", 3.75, 3.75),
        ("about 2x", 2, 2),
        ("2-5x", 2, 5),
        ("2 to 5x faster", 2, 5),
        ("2\N{EN DASH}5\N{MULTIPLICATION SIGN}", 2, 5),
        ("at least 3x", 3, math.inf),
        (">= 3x", 3, math.inf),
        ("3x or more", 3, math.inf),
        ("faster", 1, math.inf),
    ],
)
def test_a_stated_gain_is_read_as_the_range_that_it_means(text, low, high):
    stated = parse_stated(text)
    assert (stated.text, stated.low, stated.high) == (text, low, high)


@pytest.mark.parametrize("value", ["", "much", "5-2x", "0.5x", "1x", "10", "x", 10, True, None, "10x slower"])
def test_what_states_no_gain_is_refused(value):
    with pytest.raises(ValueError, match=r"\S"):
        parse_stated(value)
