"""Ids of runs and ages of runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from perfwatch.store import ago, is_run_id, new_run_id

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_an_id_is_the_start_in_utc_and_a_token():
    started = datetime(2026, 1, 1, 13, 30, 5, tzinfo=timezone(timedelta(hours=1)))
    assert new_run_id(started, "1a2b") == "20260101T123005-1a2b"


def test_a_start_without_a_zone_makes_no_id():
    with pytest.raises(ValueError, match="zone"):
        new_run_id(datetime(2026, 1, 1), "1a2b")  # noqa: DTZ001 - the claim is about such a time


@pytest.mark.parametrize("token", ["", "../x", "A1", "a" * 17, "1a2b\n"])
def test_a_token_that_makes_no_id_is_refused(token):
    with pytest.raises(ValueError, match="token"):
        new_run_id(NOW, token)


@pytest.mark.parametrize(
    "text", ["", "..", "../../etc", "20260101T120000-aa/..", "\u0662\u0660260101T120000-aa"]
)
def test_what_could_leave_a_folder_is_no_id(text):
    assert not is_run_id(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3600, "at 2026-01-01T13:00:00+00:00"),
        (-30, "just now"),
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (86399, "23 hours ago"),
        (86400, "1 day ago"),
        (86400 * 400, "400 days ago"),
    ],
)
def test_an_age_is_told_in_whole_units_rounded_down(seconds, words):
    assert ago((NOW - timedelta(seconds=seconds)).isoformat(), NOW) == words


def test_a_time_without_a_zone_counts_as_utc_and_an_unreadable_one_is_shown():
    assert ago("2026-01-01T11:00:00", NOW) == "1 hour ago"
    assert ago("yesterday", NOW) == "at yesterday"
