"""Names for runs, and the choice of what a run is held against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import make_environment, make_target
from shelves import header_on, opened, put

from perfwatch.errors import UsageError
from perfwatch.records.run import Commit, RunState
from perfwatch.store import open_store


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path) as store:
        yield store


def test_a_baseline_names_a_run_and_moves_to_another(store):
    first, second = put(store, header_on(1)), put(store, header_on(2))
    assert store.save_baseline("main", first, note="release") is None
    row = store.baseline("main")
    assert (row.run_id, row.note, row.saved_at) == (first, "release", "2026-01-10T12:00:00.000000+00:00")
    assert store.save_baseline("main", second) == first
    assert [row.run_id for row in store.baselines()] == [second]


@pytest.mark.parametrize("name", ["latest", "", "-x"])
def test_a_name_that_means_something_else_is_refused(store, name):
    run_id = put(store, header_on(1))
    with pytest.raises(UsageError):
        store.save_baseline(name, run_id)


def test_a_run_that_has_not_ended_is_no_baseline(store):
    run_id = put(store, header_on(1), state=RunState.RUNNING)
    with pytest.raises(UsageError, match="has not ended"):
        store.save_baseline("main", run_id)


def test_a_run_that_is_not_stored_is_no_baseline(store):
    with pytest.raises(UsageError, match="no run"):
        store.save_baseline("main", "20260101T120000-gone")


def test_a_baseline_can_be_renamed_but_not_over_another(store):
    run_id = put(store, header_on(1))
    for name in ("one", "two"):
        store.save_baseline(name, run_id)
    with pytest.raises(UsageError, match="already"):
        store.rename_baseline("one", "two")
    with pytest.raises(UsageError, match="cannot be called"):
        store.rename_baseline("one", "latest")
    store.rename_baseline("one", "three")
    assert [row.name for row in store.baselines()] == ["three", "two"]


def test_deleting_a_baseline_keeps_its_run(store):
    run_id = put(store, header_on(1))
    store.save_baseline("main", run_id)
    assert store.delete_baseline("main") == run_id
    assert store.baselines() == []
    assert [row.id for row in store.runs()] == [run_id]


def test_an_unknown_baseline_is_answered_with_the_nearest(store):
    store.save_baseline("main", put(store, header_on(1)))
    for mistaken in (store.baseline, store.delete_baseline):
        with pytest.raises(UsageError) as caught:
            mistaken("mian")
        assert "'main'" in caught.value.means


def test_the_first_run_has_nothing_to_be_held_against(store):
    put(store, header_on(1))
    assert store.baseline_for(header_on(1)) is None


def test_without_a_name_the_last_comparable_run_is_chosen_and_told(store):
    run_id = put(store, header_on(9, started_at="2026-01-10T09:00:00Z"))
    chosen = store.baseline_for(header_on(10))
    assert chosen.record.name is None
    assert chosen.record.chosen == f"run {run_id} (3 hours ago, commit 0123456)"
    assert chosen.run == store.load(run_id)


def test_uncommitted_changes_and_a_missing_commit_are_told(store):
    put(store, header_on(1, commit=Commit(revision="ab" * 20, dirty=True)))
    put(store, header_on(2, commit=Commit()))
    assert store.baseline_for(header_on(2)).record.chosen.endswith(
        "(9 days ago, commit abababa with changes)"
    )
    assert store.baseline_for(header_on(3)).record.chosen.endswith("(8 days ago, no commit)")


def test_a_named_baseline_goes_before_a_later_run(store):
    named = put(store, header_on(1))
    put(store, header_on(2))
    store.save_baseline("main", named)
    record = store.baseline_for(header_on(3)).record
    assert (record.run_id, record.name) == (named, "main")
    assert record.chosen.startswith(f"baseline main: run {named} (9 days ago")


def test_of_two_baselines_the_one_saved_last_is_chosen(tmp_path):
    moments = iter(datetime(2026, 1, 10, tzinfo=UTC) + timedelta(seconds=n) for n in range(9))
    with open_store(tmp_path / "perfwatch.db", clock=lambda: next(moments)) as store:
        early, late = put(store, header_on(1)), put(store, header_on(2))
        store.save_baseline("zeta", late)
        store.save_baseline("alpha", early)
        assert store.baseline_for(header_on(3)).record.name == "alpha"
        store.save_baseline("zeta", late)
        assert store.baseline_for(header_on(3)).record.name == "zeta"


def test_a_run_is_not_held_against_itself(store):
    first, second = put(store, header_on(1)), put(store, header_on(2))
    store.save_baseline("main", second)
    assert store.baseline_for(header_on(2)).record.run_id == first


def test_a_baseline_of_another_target_is_not_chosen(store):
    store.save_baseline("main", put(store, header_on(1, targets=(make_target(key="script:other.py"),))))
    assert store.baseline_for(header_on(2)) is None


def test_a_baseline_from_another_environment_yields_to_a_comparable_run_and_is_mentioned(store):
    foreign = header_on(1, environment=make_environment(key="other"))
    store.save_baseline("ci", put(store, foreign))
    alone = store.baseline_for(header_on(3)).record
    assert alone.name == "ci"
    assert alone.chosen.endswith("from another environment")
    here = put(store, header_on(2))
    record = store.baseline_for(header_on(3)).record
    assert (record.run_id, record.name) == (here, None)
    assert record.chosen.endswith("; baseline ci is from another environment")
