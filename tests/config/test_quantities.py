"""Durations and shares are read as people write them, exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.config import parse_duration, parse_ratio

SECOND = 1_000_000_000
UNITS = {"h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND, "ms": 10**6, "us": 1000, "ns": 1}


@pytest.mark.parametrize(
    ("written", "expected_ns"),
    [
        ("10m", 600 * SECOND),
        ("10min", 600 * SECOND),
        ("15s", 15 * SECOND),
        ("1h30m", 5400 * SECOND),
        ("1h 30m", 5400 * SECOND),
        (" 500 ms ", SECOND // 2),
        ("2.5s", 5 * SECOND // 2),
        (".5h", 1800 * SECOND),
        ("0.1s", SECOND // 10),
        ("1s500ms", 3 * SECOND // 2),
        ("3µs", 3000),
        ("3μs", 3000),
        ("7ns", 7),
        ("90", 90 * SECOND),
        (90, 90 * SECOND),
        (0.1, SECOND // 10),
        (1e-9, 1),
    ],
)
def test_duration_is_read(written, expected_ns):
    assert parse_duration(written) == expected_ns


@pytest.mark.parametrize(
    "written",
    [
        "",
        "s",
        "10 x",
        "30m1h",
        "1m1m",
        "1m1min",
        "-5s",
        "1e3s",
        "5s later",
        "1,5s",
        "٣s",
        0,
        "0s",
        "0.1ns",
        -1,
        float("nan"),
        float("inf"),
        1e300,
        "300000000h",
        True,
        None,
        [],
        {},
    ],
)
def test_what_is_no_duration_is_refused(written):
    with pytest.raises(ValueError, match=r"."):
        parse_duration(written)


@given(st.lists(st.sampled_from(list(UNITS)), unique=True, min_size=1), st.data())
def test_parts_of_a_duration_add_up(units, data):
    ordered = [unit for unit in UNITS if unit in units]
    amounts = [data.draw(st.integers(1, 10**5)) for _ in ordered]
    written = "".join(f"{amount}{unit}" for amount, unit in zip(amounts, ordered, strict=True))
    assert parse_duration(written) == sum(
        amount * UNITS[unit] for amount, unit in zip(amounts, ordered, strict=True)
    )


@given(st.integers(1, 10**6), st.integers(0, 999_999_999))
def test_decimal_fractions_are_exact_to_the_nanosecond(seconds, nanoseconds):
    assert parse_duration(f"{seconds}.{nanoseconds:09d}s") == seconds * SECOND + nanoseconds


@given(st.text() | st.floats() | st.integers())
def test_any_value_is_a_duration_or_a_value_error(value):
    try:
        read = parse_duration(value)
    except ValueError:
        return
    assert 0 < read < 2**63


@pytest.mark.parametrize(
    ("written", "ratio"),
    [("1%", 0.01), ("0.5 %", 0.005), ("0.01", 0.01), (0.01, 0.01), (0, 0.0), ("0%", 0.0), ("99.9%", 0.999)],
)
def test_share_is_read(written, ratio):
    assert parse_ratio(written) == ratio


@pytest.mark.parametrize(
    "written",
    ["", "%", "1", 1, "100%", "-1%", -0.01, "1e-2", float("nan"), float("inf"), 10**400, True, None, "1%%"],
)
def test_what_is_no_share_is_refused(written):
    with pytest.raises(ValueError, match="is not a share"):
        parse_ratio(written)


@given(st.integers(0, 99), st.integers(0, 10**6 - 1))
def test_percent_and_fraction_are_the_same_share(percent, millionths):
    written = f"{percent}.{millionths:06d}"
    assert parse_ratio(f"{written}%") == float(f"{percent * 10**6 + millionths}e-8")
