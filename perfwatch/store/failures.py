"""A database's complaints in words: what happened, what it means, what to do.

This module must not repair anything.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from perfwatch.errors import StoreCorrupt, StoreError, StoreTooNew

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NEARLY_NOTHING_BYTES = 1_000_000
KEPT = "Passes that were stored before are kept."


class StoreBusy(StoreError):
    """Another process held the store for longer than we wait."""


def in_words(error: BaseException, path: Path) -> StoreError:
    """Translate an error of SQLite about the database at ``path``."""
    original = getattr(error, "orig", None) or error
    name = getattr(original, "sqlite_errorname", None) or ""
    if name.startswith("SQLITE_IOERR") and _is_full(path):
        return disk_full(path)
    for beginnings, words in _WORDS:
        if name.startswith(beginnings):
            return words(path, str(original))
    return unusable(path, str(original))


def disk_full(path: Path, _detail: str = "") -> StoreError:
    """Say that the disk under the store is full."""
    return StoreError(
        f"There is no room left for the store {path}.",
        means=f"This could not be stored. {KEPT}",
        do="Free some space on that disk (`perfwatch clean --keep 10` helps) and run again.",
    )


def busy(path: Path, _detail: str = "") -> StoreBusy:
    """Say that another process kept the store locked."""
    return StoreBusy(
        f"The store {path} stayed locked by another process.",
        means="Nothing was written, and nothing is lost.",
        do="Wait for the other perfwatch, or end it, and try again.",
    )


def corrupt(path: Path, detail: str) -> StoreCorrupt:
    """Say that the file, or a document in it, cannot be read; it is never deleted."""
    return StoreCorrupt(
        f"The store {path} is damaged: {detail}.",
        means="It cannot be read. It was left as it is.",
        do=f"Move it aside (mv {path.name} {path.name}.damaged) and run again: a new one is made.",
    )


def foreign(path: Path, detail: str) -> StoreError:
    """Say that the file is a database that perfwatch did not make."""
    return StoreError(
        f"{path} is a database, but not one of perfwatch: {detail}.",
        means="It was left as it is.",
        do="Name another file for the store.",
    )


def too_new(path: Path, revision: str) -> StoreTooNew:
    """Say that a newer perfwatch wrote the store."""
    return StoreTooNew(
        f"The store {path} was written by a newer perfwatch (schema {revision}).",
        means="This version does not know that schema and left the file untouched.",
        do="Upgrade perfwatch (pip install --upgrade perfwatch), or move the file aside to start a new one.",
    )


def not_writable(path: Path, detail: str, *, do: str = "") -> StoreError:
    """Say that the store cannot be made or written where it should lie."""
    return StoreError(
        f"The store {path} cannot be written: {detail}.",
        means="Without it nothing that is measured could be kept.",
        do=do or f"Make {path.parent} writable, or name another file: --store PATH.",
    )


def too_deep(path: Path) -> StoreError:
    """Say that a record nests more deeply than can be encoded."""
    return StoreError(
        f"A call tree is nested too deeply for the store {path}.",
        means=f"The results of this pass could not be stored. {KEPT}",
        do="Leave the pass out (--passes), and please report it: trees should be cut before they get here.",
    )


def id_taken(_path: Path, _detail: str) -> StoreError:
    """Say that another run has the id."""
    return StoreError(
        "A run of the same id is stored already.",
        means="Two runs that start in the same second draw the same id once in many thousand times.",
        do="Run again.",
    )


def run_gone(_path: Path, _detail: str) -> StoreError:
    """Say that the run was removed while it was measured."""
    return StoreError(
        "The run is no longer in the store.",
        means="Another process removed it while it was measured; this pass could not be kept.",
        do="Run again, and clean the store while nothing is measured.",
    )


def unusable(path: Path, detail: str) -> StoreError:
    """Say what SQLite said, where nothing better is known."""
    return StoreError(
        f"The store {path} could not be used: {detail}.",
        means=KEPT,
        do="Check the disk; where it is sound, this is a fault of perfwatch: please report it.",
    )


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _NEARLY_NOTHING_BYTES
    except OSError:
        return False


#: SQLite's names of errors by their beginnings (https://www.sqlite.org/rescode.html).
_WORDS: tuple[tuple[tuple[str, ...], Callable[[Path, str], StoreError]], ...] = (
    (("SQLITE_FULL",), disk_full),
    (("SQLITE_BUSY", "SQLITE_LOCKED"), busy),
    (("SQLITE_CORRUPT", "SQLITE_NOTADB"), corrupt),
    (("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"), not_writable),
    (("SQLITE_CONSTRAINT_FOREIGNKEY",), run_gone),
    (("SQLITE_CONSTRAINT_UNIQUE",), id_taken),
)
