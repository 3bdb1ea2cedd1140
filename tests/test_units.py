"""Quantities as text: three significant digits, a unit, never an exponent."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch import units

pytestmark = pytest.mark.smoke

FORMATTERS = (
    units.time,
    units.size,
    units.count,
    units.percent,
    units.change,
    units.factor,
    units.portion,
    units.points,
    units.frequency,
    units.clock,
    units.power,
    units.energy,
)
FACTORS = {
    "ns": 1,
    "µs": 1e3,
    "ms": 1e6,
    "s": 1e9,
    "B": 1,
    "kB": 1e3,
    "MB": 1e6,
    "GB": 1e9,
    "TB": 1e12,
    "": 1,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
}


def read(text):
    """The number that a text stands for."""
    number, _, unit = text.partition(" ")
    return float(number) * FACTORS[unit]


def digits(text):
    """The significant digits of a text."""
    number = re.sub(r"[^0-9.]", "", text.partition(" ")[0])
    return len(number.replace(".", "").lstrip("0"))


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(FORMATTERS))
def test_no_quantity_is_written_with_an_exponent(value, formatter):
    assert "e" not in formatter(value).lower()


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_a_dash(formatter, value):
    assert formatter(value) == "\N{EN DASH}"


@given(st.floats(1e-3, 119e9))
def test_a_time_has_three_digits_and_is_off_by_half_a_percent_at_most(value):
    text = units.time(value)
    assert digits(text) == 3
    assert read(text) == pytest.approx(value, rel=0.0051)


@given(st.floats(1e3, 9e14))
def test_a_size_has_three_digits_and_is_off_by_half_a_percent_at_most(value):
    text = units.size(value)
    assert digits(text) == 3
    assert read(text) == pytest.approx(value, rel=0.0051)


@given(st.integers(10_000, 900_000_000_000))
def test_a_large_count_has_three_digits(value):
    text = units.count(value)
    assert digits(text) == 3
    assert read(text) == pytest.approx(value, rel=0.0051)


@given(st.integers(0, 9_999))
def test_a_small_count_is_whole(value):
    assert units.count(value) == str(value)


@given(st.integers(0, 999))
def test_a_few_bytes_are_counted_to_the_last(value):
    assert units.size(value) == f"{value} B"


@given(st.floats(1e-6, 1e15), st.sampled_from([units.time, units.size]))
def test_a_negative_amount_differs_by_its_sign_only(value, formatter):
    assert formatter(-value) == f"-{formatter(value)}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ns"),
        (1, "1.00 ns"),
        (999.4, "999 ns"),
        (999.6, "1.00 µs"),
        (999_400, "999 µs"),
        (999_600, "1.00 ms"),
        (9_995, "9.99 µs"),
        (99_960, "100 µs"),
        (1_234_567, "1.23 ms"),
        (1.5e9, "1.50 s"),
        (90e9, "90.0 s"),
        (125e9, "2 min 05 s"),
        (3_660e9, "1 h 01 min"),
        (3_599.4e9, "59 min 59 s"),
        (3_599.9e9, "1 h 00 min"),
        (-3_660e9, "-1 h 01 min"),
        (-125e9, "-2 min 05 s"),
    ],
)
def test_a_time_changes_its_unit_where_its_digits_would_be_four(value, text):
    assert units.time(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999.6, "1.00 kB"),
        (1_234, "1.23 kB"),
        (999_999, "1.00 MB"),
        (64e9, "64.0 GB"),
    ],
)
def test_a_size_counts_in_thousands(value, text):
    assert units.size(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.0, "+0.0%"),
        (0.99999, "+0.0%"),
        (1.05, "+5.0%"),
        (0.95, "-5.0%"),
        (1.994, "+99.4%"),
        (2.0, "2.00x"),
        (0.5, "0.500x"),
        (12, "12.0x"),
    ],
)
def test_a_change_is_a_signed_percentage_until_twice(ratio, text):
    assert units.change(ratio) == text


def test_a_share_has_one_decimal():
    assert units.percent(0.1234) == "12.3%"
    assert units.percent(-1e-9) == "0.0%"


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.0, "0%"), (0.001, "<1%"), (0.006, "1%"), (0.804, "80%"), (1.0, "100%")]
)
def test_a_share_at_a_glance_has_no_decimals_and_a_trace_is_no_nought(ratio, text):
    assert units.portion(ratio) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.0, "0.00 points"), (0.0004, "0.04 points"), (0.0123, "1.23 points"), (None, "\N{EN DASH}")],
)
def test_a_difference_of_shares_is_told_in_points(ratio, text):
    assert units.points(ratio) == text


def test_a_standard_error_follows_its_figure_and_none_is_nothing():
    assert units.error(units.time(12e6)) == "\N{PLUS-MINUS SIGN} 12.0 ms"
    assert units.error(units.time(None)) == ""


@pytest.mark.parametrize(
    ("formatter", "value", "text"),
    [
        (units.frequency, 997, "997 Hz"),
        (units.frequency, 12_500, "12.5 kHz"),
        (units.arithmetic, 41.2e9, "41.2 GFLOP/s"),
        (units.arithmetic, None, "\N{EN DASH}"),
        (units.clock, 1_410, "1.41 GHz"),
        (units.power, 71.3, "71.3 W"),
        (units.power, 0.5, "500 mW"),
        (units.energy, 1_234, "1.23 kJ"),
    ],
)
def test_rates_clocks_power_and_energy_carry_their_units(formatter, value, text):
    assert formatter(value) == text


def test_intervals_are_written_like_their_ends():
    assert units.interval((1_200_000, 1_310_000)) == "[1.20 ms, 1.31 ms]"
    assert units.change_interval((0.988, 1.034)) == "[-1.2%, +3.4%]"
    assert units.interval(None) == units.change_interval(None) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("value_ns", "text"),
    [(1_234_567, "0.001234567"), (2.5e9, "2.500000000"), (0, "0.000000000"), (None, ""), (float("nan"), "")],
)
def test_seconds_for_another_program_have_no_exponent(value_ns, text):
    assert units.seconds(value_ns) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (0.1, "0.1"), (1e22, "1e+22"), (-2, "-2"), (None, ""), (float("inf"), "")],
)
def test_a_figure_for_another_program_is_unrounded(value, text):
    assert units.plain(value) == text
    assert text == "" or float(text) == value


@pytest.mark.parametrize(("value", "whole"), [(2.6, 3), (2, 2), (None, 0), (float("nan"), 0)])
def test_a_whole_number_is_the_nearest_and_none_is_nought(value, whole):
    assert units.nearest_whole(value) == whole


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.0, "0"),
        (1.05, "+5%"),
        (0.995, "-0.5%"),
        (1.001, "+0.1%"),
        (0.7, "-30%"),
        (2.0, "2x"),
        (0.5, "0.5x"),
        (3.0, "3x"),
    ],
)
def test_an_axis_is_labelled_without_needless_digits(ratio, text):
    assert units.tick(ratio) == text
