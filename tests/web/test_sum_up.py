"""Runs without stored verdicts get them before the pages are served, and never for long."""

from __future__ import annotations

import itertools

import pytest
from shown import database, fill, header_of, put

from perfwatch.config import load_config
from perfwatch.errors import UsageError
from perfwatch.pipeline import browsing
from perfwatch.records.history import RunFilter
from perfwatch.store import open_store


@pytest.fixture
def store(tmp_path):
    fill(tmp_path, 0)
    with open_store(database(tmp_path)) as opened:
        for number in range(4):
            put(opened, header_of(number))
        yield opened


def summaries(store):
    return [run.summary for run in store.run_page(RunFilter(), first=0, count=10).runs]


def test_each_run_is_held_against_what_it_would_be_held_against(store, tmp_path):
    assert browsing.sum_up(load_config(tmp_path, {}), store) == (4, 0)
    found = summaries(store)
    assert [one.undecided for one in found] == [1, 1, 1, 0]  # the first had nothing before it
    assert browsing.sum_up(load_config(tmp_path, {}), store) == (0, 0)


def test_it_ends_in_time_with_the_newest_done(store, tmp_path):
    ticks = itertools.count(step=browsing.SUM_UP_SECONDS * 0.6)
    assert browsing.sum_up(load_config(tmp_path, {}), store, clock=lambda: next(ticks)) == (1, 3)
    assert [one is not None for one in summaries(store)] == [True, False, False, False]


def test_a_damaged_run_is_passed_over(store, tmp_path):
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET header = x'00' WHERE id = ?", (header_of(2).id,))
    browsing.sum_up(load_config(tmp_path, {}), store)
    assert [one is not None for one in summaries(store)][1] is False
    assert summaries(store)[2] is not None


def test_an_unknown_benchmark_has_no_history(store):
    for asked in (browsing.history, browsing.called):
        with pytest.raises(UsageError, match="no such benchmark"):
            asked("nothing", store)
