"""The folder ``.perfwatch/`` that the store lies in.

This module must not open the database.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from perfwatch.errors import StoreError
from perfwatch.store.failures import not_writable
from perfwatch.store.identity import is_run_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: The one folder whose content we keep out of git; a database elsewhere lies among the user's own files.
NAME = ".perfwatch"


def prepare(path: Path) -> None:
    """Make the folder of the database at ``path``, with its own ``.gitignore`` of ``*``."""
    folder = path.parent
    if path.is_dir():
        raise not_writable(path, "it is a folder", do=f"Name a file in it: --store {path / 'perfwatch.db'}")
    in_the_way = next((above for above in path.parents if above.exists() and not above.is_dir()), None)
    if in_the_way is not None:
        raise not_writable(path, f"{in_the_way} is a file", do="Name a file in a folder for the store.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.name == NAME and not (folder / ".gitignore").exists():
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise not_writable(path, error.strerror or str(error)) from error


def report_folders(path: Path, run_ids: Iterable[str]) -> tuple[Path, ...]:
    """Return the folders of the runs' reports, of those that exist beside the database at ``path``."""
    reports = path.parent / "reports"
    # A path is made of nothing but a run's id: this list is deleted from.
    folders = (reports / run_id for run_id in run_ids if is_run_id(run_id))
    return tuple(folder for folder in folders if folder.is_dir() and not folder.is_symlink())


def loose_folders(path: Path, run_ids: Iterable[str], keep: int) -> tuple[Path, ...]:
    """Return the reports beside the database at ``path`` that belong to no run of it, but for the newest ``keep``.

    They are those of gates, proofs and claims, which are not stored. Where another
    database lies in the same folder they may be its runs' reports: then there are none.
    """
    stored = frozenset(run_ids)
    reports = path.parent / "reports"
    if not reports.is_dir() or any(one != path for one in path.parent.glob("*.db")):
        return ()
    loose = [one for one in reports.iterdir() if is_run_id(one.name) and one.name not in stored]
    newest_first = sorted(loose, key=lambda one: one.name, reverse=True)
    return tuple(one for one in newest_first[keep:] if one.is_dir() and not one.is_symlink())


def remove_folders(folders: Iterable[Path]) -> int:
    """Delete folders with all they hold; returns the bytes of their files."""
    freed_bytes = 0
    for folder in folders:
        size_bytes = sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir())
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise StoreError(
                f"The report {folder} could not be deleted: {error.strerror or error}.",
                means="What the store held of it is removed; the files are left.",
                do="Delete the folder by hand.",
            ) from error
        freed_bytes += size_bytes
    return freed_bytes
