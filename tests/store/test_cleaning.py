"""Making room: what goes, what stays."""

from __future__ import annotations

import secrets

import pytest
from builders import make_pass_result
from shelves import header_on, opened, put

from perfwatch.errors import UsageError
from perfwatch.records.run import RunState
from perfwatch.store import remove_folders
from perfwatch.store.connection import Database
from perfwatch.store.filesystem import JournalMode
from perfwatch.store.folder import report_folders


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path) as store:
        yield store


def test_the_newest_runs_and_those_with_a_name_stay(store):
    ids = [put(store, header_on(day)) for day in range(1, 6)]
    store.save_baseline("main", ids[0])
    cleaned = store.clean(2)
    assert cleaned.run_ids == (ids[2], ids[1])
    assert [row.id for row in store.runs()] == [ids[4], ids[3], ids[0]]


def test_keeping_more_than_there_are_removes_nothing(store):
    put(store, header_on(1))
    assert store.clean(5).run_ids == ()


def test_a_run_that_may_be_alive_stays_and_one_that_died_long_ago_goes(store):
    dead = put(store, header_on(2), state=RunState.RUNNING)
    alive = put(store, header_on(9), state=RunState.RUNNING)
    assert store.clean(0).run_ids == (dead,)
    store.save_pass(alive, make_pass_result())


def test_the_passes_go_with_their_run_and_the_file_shrinks(store):
    put(store, header_on(1), results=(make_pass_result(notes=(secrets.token_hex(500_000),)),))
    cleaned = store.clean(0)
    assert cleaned.freed_bytes > 400_000
    assert cleaned.not_shrunk == ""
    with store._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM pass_results").scalar_one() == 0


def test_while_another_process_reads_the_rows_go_and_the_file_waits(tmp_path):
    with opened(tmp_path, patience_s=0.05) as store:
        put(store, header_on(1))
        other = Database(store.path, journal=JournalMode.WAL, patience_s=1.0)
        with other.reading() as connection:
            connection.exec_driver_sql("SELECT * FROM runs").all()
            cleaned = store.clean(0)
        other.close()
        assert cleaned.run_ids == (header_on(1).id,)
        assert "locked by another process" in cleaned.not_shrunk
        assert store.runs() == []


def test_the_report_folders_of_removed_runs_are_named_and_can_be_deleted(store):
    gone, kept = put(store, header_on(1)), put(store, header_on(2))
    reports = store.path.parent / "reports"
    for run_id in (gone, kept):
        (reports / run_id).mkdir(parents=True)
        (reports / run_id / "index.html").write_text("x" * 1000)
    cleaned = store.clean(1)
    assert cleaned.report_folders == (reports / gone,)
    assert remove_folders(cleaned.report_folders) == 1000
    assert [folder.name for folder in reports.iterdir()] == [kept]


def loose_reports(store, *days):
    folders = [store.path.parent / "reports" / header_on(day).id for day in days]
    for one in folders:
        one.mkdir(parents=True)
    return folders


def test_reports_that_belong_to_no_run_are_counted_by_themselves_newest_first(store):
    kept = put(store, header_on(1))
    (store.path.parent / "reports" / kept).mkdir(parents=True)
    first, second, _ = loose_reports(store, 2, 3, 4)
    (store.path.parent / "reports" / "notes").mkdir()
    cleaned = store.clean(1)
    assert cleaned.report_folders == ()
    assert set(cleaned.loose_folders) == {first, second}


def test_reports_that_may_be_another_databases_are_left(store):
    loose_reports(store, 2)
    store.path.with_name("other.db").touch()
    assert store.clean(0).loose_folders == ()


def test_an_id_that_is_a_path_names_no_folder(tmp_path):
    (tmp_path / "reports").mkdir()
    assert report_folders(tmp_path / "perfwatch.db", ["..", "", "../reports"]) == ()


def test_a_linked_report_folder_is_not_followed(tmp_path):
    run_id = header_on(1).id
    (tmp_path / "precious").mkdir()
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / run_id).symlink_to(tmp_path / "precious")
    assert report_folders(tmp_path / "perfwatch.db", [run_id]) == ()


def test_one_run_can_be_deleted_unless_a_baseline_names_it(store):
    named, other = put(store, header_on(1)), put(store, header_on(2))
    store.save_baseline("main", named)
    with pytest.raises(UsageError, match="is the baseline 'main'"):
        store.delete(named)
    assert store.delete(other).run_ids == (other,)
    with pytest.raises(UsageError, match="no run"):
        store.delete(other)
    assert [row.id for row in store.runs()] == [named]
