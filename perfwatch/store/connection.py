"""The SQLite file: opening, transactions, journal, and errors in words.

Every change is one transaction that takes the write lock at its start, so
that two processes queue instead of failing half-way. This module must not know
what a run is.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, create_engine, event, exc

from perfwatch.store import failures, schema
from perfwatch.store.documents import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from perfwatch.store.filesystem import JournalMode

_BEGIN = "perfwatch_begin"
_RETRY_S = 0.05


class Database:
    """One database file, migrated and ready.

    ``patience_s`` is how long to wait for another process's lock, in seconds. With
    ``read_only`` the database itself refuses every change; the file must be there and of the newest schema.
    Opening raises ``StoreTooNew`` and ``StoreCorrupt`` before it changes
    anything in the file, and ``StoreError`` where it cannot be opened.
    """

    def __init__(
        self, path: Path, *, journal: JournalMode, patience_s: float, read_only: bool = False
    ) -> None:
        self.path = path
        url = URL.create("sqlite", database=str(path))
        if read_only:
            url = URL.create("sqlite", database=path.absolute().as_uri(), query={"mode": "ro", "uri": "true"})
        self._engine = create_engine(url, connect_args={"timeout": patience_s})
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        try:
            if read_only:
                self._expect_newest()
            else:
                self._make_ready(journal, patience_s)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in one consistent view."""
        with self._speaking(), self._connected("BEGIN") as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Change something: all of it is on the disk at the end, or none of it."""
        with self._speaking(), self._connected("BEGIN IMMEDIATE") as connection, connection.begin():
            yield connection

    def shrink(self) -> None:
        """Give the space of deleted rows back to the file system; needs room for a copy, and no reader."""
        with self._bare() as connection:
            connection.exec_driver_sql("VACUUM")
            # This one reports a lock in its answer instead of raising.
            if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                raise failures.busy(self.path)

    def size_bytes(self) -> int:
        """Return what the file and its journal take on disk."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    @contextmanager
    def _bare(self) -> Iterator[Connection]:
        # For statements that a transaction forbids.
        with self._speaking(), self._connected("") as connection:
            yield connection

    def _connected(self, begin: str) -> Connection:
        return self._engine.connect().execution_options(**{_BEGIN: begin})

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except exc.DBAPIError as error:
            raise failures.in_words(error, self.path) from error
        except RecursionError as error:
            raise failures.too_deep(self.path) from error
        except UNREADABLE as error:
            raise failures.corrupt(self.path, f"a document in it cannot be decoded ({error})") from error

    def _make_ready(self, journal: JournalMode, patience_s: float) -> None:
        # Changing the journal does not wait for locks, so that two first
        # openings at once would fail each other; hence the second attempt.
        deadline = time.monotonic() + patience_s
        while True:
            try:
                with self.reading() as connection:
                    revision = self._revision(connection)
                self._set_journal(journal)
                if revision != schema.HEAD:
                    self._migrate()
            except failures.StoreBusy:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(_RETRY_S)
            else:
                return

    def _expect_newest(self) -> None:
        with self.reading() as connection:
            if self._revision(connection) != schema.HEAD:
                raise failures.not_writable(self.path, "it has an older schema, and is opened for reading")

    def _revision(self, connection: Connection) -> str | None:
        try:
            revision = schema.revision_of(connection)
        except LookupError as error:
            raise failures.foreign(self.path, str(error)) from error
        if revision is not None and not schema.is_known(revision):
            raise failures.too_new(self.path, revision)
        return revision

    def _set_journal(self, journal: JournalMode) -> None:
        with self._bare() as connection:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() != journal:
                connection.exec_driver_sql(f"PRAGMA journal_mode={journal}")

    def _migrate(self) -> None:
        with self.writing() as connection:
            # Whoever waited for the lock finds the work done, or a newer perfwatch's.
            if self._revision(connection) != schema.HEAD:
                schema.upgrade(connection)


def _prepare(connection: Any, _record: object) -> None:
    # Python's sqlite3 would open transactions by itself, and not around DDL.
    connection.isolation_level = None
    # A pass is stored once in many seconds; a sync to disk costs milliseconds and
    # keeps it through a power cut, which WAL with NORMAL does not. EXTRA is FULL, and
    # syncs the folder too when a rollback journal is removed.
    connection.execute("PRAGMA synchronous=EXTRA")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection) -> None:
    statement = connection.get_execution_options()[_BEGIN]
    if statement:
        connection.exec_driver_sql(statement)
