"""Opening a store: fresh, known, newer, damaged, and in places that do not let us."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from shelves import header_on, opened, put

from perfwatch.errors import StoreCorrupt, StoreError, StoreTooNew
from perfwatch.store import open_store, schema
from perfwatch.store.connection import Database
from perfwatch.store.filesystem import JournalMode
from perfwatch.store.tables import metadata


def database_at(folder):
    return folder / ".perfwatch" / "perfwatch.db"


def made(folder):
    with opened(folder) as store:
        put(store, header_on(1))
    return database_at(folder)


def test_the_folder_is_made_and_keeps_itself_out_of_git(tmp_path):
    path = made(tmp_path / "project")
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_a_store_among_the_users_own_files_writes_no_gitignore(tmp_path):
    with open_store(tmp_path / "mine" / "speed.db"):
        pass
    assert not (tmp_path / "mine" / ".gitignore").exists()


def test_a_gitignore_that_the_user_changed_is_left_alone(tmp_path):
    path = made(tmp_path)
    (path.parent / ".gitignore").write_text("reports/\n")
    made_again = opened(tmp_path)
    made_again.close()
    assert (path.parent / ".gitignore").read_text() == "reports/\n"


def test_the_newest_revision_is_that_of_the_scripts():
    assert ScriptDirectory.from_config(schema._config()).get_current_head() == schema.HEAD


def test_the_migrations_make_the_tables_that_the_code_expects(tmp_path):
    with opened(tmp_path) as store, store._database.reading() as connection:
        context = MigrationContext.configure(connection)
        ours = [change for change in compare_metadata(context, metadata) if "alembic" not in str(change)]
    assert ours == []


def test_opening_a_store_of_the_newest_schema_loads_no_migration_tool(tmp_path):
    path = made(tmp_path)
    program = (
        "import sys, pathlib, perfwatch.store\n"
        "perfwatch.store.open_store(pathlib.Path(sys.argv[1])).close()\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)


@pytest.mark.parametrize("mode", list(JournalMode))
def test_the_journal_is_the_one_that_was_chosen_and_an_existing_file_is_changed(tmp_path, mode):
    path = made(tmp_path)
    for journal in (mode, *JournalMode, mode):
        Database(path, journal=journal, patience_s=1.0).close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (mode.value,)
    connection.close()


def test_every_write_is_synced_and_references_are_kept(tmp_path):
    with opened(tmp_path) as store, store._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 3
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def migrate_and_stop(database):
    with database.writing() as connection:
        schema.upgrade(connection)
        raise RuntimeError("power cut")


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path):
    path = database_at(tmp_path)
    path.parent.mkdir()
    database = Database(path, journal=JournalMode.WAL, patience_s=1.0)
    with database.writing() as connection:
        tables = [table.name for table in reversed(metadata.sorted_tables)]
        for table in (*tables, "alembic_version"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
    with pytest.raises(RuntimeError, match="power cut"):
        migrate_and_stop(database)
    with database.reading() as connection:
        assert schema.revision_of(connection) is None
    database.close()
    with opened(tmp_path) as store:
        assert store.runs() == []


def test_a_store_from_a_newer_schema_is_refused_and_left_untouched(tmp_path):
    path = made(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew) as caught:
        opened(tmp_path)
    assert "9999" in caught.value.happened
    assert "pgrade perfwatch" in caught.value.do
    assert path.read_bytes() == before


def _garbage(data):
    return b"this is not a database, whatever its name says" * 100


def _half(data):
    return data[: len(data) // 2]


def _scratched(data):
    return data[:100] + b"\xff" * 3000 + data[3100:]


@pytest.mark.parametrize("damage", [_garbage, _half, _scratched])
def test_a_damaged_file_is_named_and_never_deleted(tmp_path, damage):
    path = made(tmp_path)
    data = damage(path.read_bytes())
    path.write_bytes(data)
    with pytest.raises(StoreCorrupt) as caught, opened(tmp_path) as store:
        store.load(header_on(1).id)
    assert str(path) in caught.value.happened
    assert "Move it aside" in caught.value.do
    assert path.read_bytes() == data


def test_somebody_elses_database_is_left_alone(tmp_path):
    path = tmp_path / "photos.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not one of perfwatch: tables photos"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_says_where(tmp_path):
    (tmp_path / ".perfwatch").write_text("a file in the way")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        opened(tmp_path)
    assert str(database_at(tmp_path)) in caught.value.happened
    assert caught.value.means
    assert caught.value.do


def test_a_database_that_is_a_folder_says_so(tmp_path):
    database_at(tmp_path).mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be written"):
        opened(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_says_so(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written"):
        opened(tmp_path)


def test_a_store_that_stays_locked_is_given_up_after_the_patience(tmp_path):
    path = made(tmp_path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with opened(tmp_path, patience_s=0.05) as store:
        with pytest.raises(StoreError, match="locked by another process"):
            store.begin(header_on(2))
        assert len(store.runs()) == 1
        holder.execute("COMMIT")
        store.begin(header_on(2))
    holder.close()


def test_a_path_with_odd_characters_works(tmp_path):
    folder = tmp_path / "100% ?mode=ro #1 ü"
    made(folder)
    assert database_at(folder).stat().st_size > 0
