"""Copies of a project to try a change in, beside the user's own files.

It must not write into the project, and must not know what the change is.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from perfwatch.builds.trees import is_left_out
from perfwatch.errors import StoreError, UsageError

#: A project of more files than this is rather somebody's home.
FILES_AT_MOST = 20_000
#: Longer files, and all files once so much was copied, are linked: they are data, which is read.
FILE_BYTES_AT_MOST, BYTES_AT_MOST = 16_000_000, 256_000_000


def copy_project(root: Path, place: Path) -> None:
    """Copy a project's files to a new place, without environments, caches and repositories.

    Raises ``UsageError`` where the folder holds too many files to be a project, and
    ``StoreError`` where there is no room.
    """
    try:
        _copy(root, place)
    except OSError as error:
        raise StoreError(
            f"{root} cannot be copied: {error.strerror or error}",
            means="Nothing was tried.",
            do="Make room where TMPDIR points to, or point it elsewhere.",
        ) from error


def _copy(root: Path, place: Path) -> None:
    files_count = copied_bytes = 0
    for folder, names, files in os.walk(root):
        names[:] = [
            name for name in names if not is_left_out(name) and not _is_environment(Path(folder, name))
        ]
        there = place / Path(folder).relative_to(root)
        there.mkdir(parents=True, exist_ok=True)
        for name in [*(one for one in names if Path(folder, one).is_symlink()), *files]:
            source = Path(folder, name)
            if is_left_out(name) or not (source.is_file() or source.is_symlink()):
                continue  # a socket or a pipe is nothing to copy
            files_count += 1
            if files_count > FILES_AT_MOST:
                raise UsageError(
                    f"{root} holds more than {FILES_AT_MOST:,} files.",
                    means="A change is tried in a copy of the project, and this is too much to copy.",
                    do="Put the programme into a folder of its own with a pyproject.toml, and run it there.",
                )
            copied_bytes += _take(source, there / name, BYTES_AT_MOST - copied_bytes)


def _take(source: Path, copy: Path, room_bytes: int) -> int:
    """Copy or link one file; how many bytes were copied."""
    # A script that is a link would import what lies beside the file that it leads to.
    if source.is_symlink() and not (source.suffix == ".py" and source.is_file()):
        copy.symlink_to(source.resolve())
        return 0
    size = source.stat().st_size
    if size > min(FILE_BYTES_AT_MOST, room_bytes):
        copy.symlink_to(source)
        return 0
    shutil.copy2(source, copy)
    return size


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").exists() or (folder / "conda-meta").is_dir()
