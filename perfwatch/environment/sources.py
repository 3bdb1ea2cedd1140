"""The state of the project's sources: the commit, and a digest of what would run.

It must not change the repository, not even its index, and must not wait for it
without end.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.environment.git import ask_git
from perfwatch.records.run import Commit

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Python, and what is compiled beside it.
_SUFFIXES = frozenset(
    ".py .pyx .pxd .pxi .c .h .cc .cpp .cxx .hpp .cu .cuh .f .f90 .f95 .for .rs .jl".split()  # noqa: SIM905 - a list that is read
)
_NAMES = frozenset(
    {"pyproject.toml", "setup.cfg", "perfwatch.toml", "asv.conf.json", "meson.build", "CMakeLists.txt"}
)
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env"})
_MAX_FILES = 20_000
_MAX_ENTRIES = 200_000
_MAX_FILE_BYTES = 8_000_000


def capture_commit(root: Path | str) -> Commit:
    """Return revision, branch and whether a tracked file differs; all ``None`` outside git or without it."""
    folder = Path(root)
    # `-uno`: an untracked file does not make the revision wrong about what is tracked.
    answer = ask_git(folder, "status", "--porcelain=v2", "--branch", "-uno")
    if answer is None:
        return Commit()
    if answer.status is None:
        # Too large to be looked through in time: the revision alone is quick.
        answer = ask_git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
        revision = answer.output.decode().strip() if answer is not None and answer.status == 0 else ""
        return Commit(revision=revision or None)
    if answer.status != 0:
        return Commit()
    lines = answer.output.decode("utf-8", "replace").splitlines()
    heads = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    revision = heads.get("branch.oid", "(initial)")
    branch = heads.get("branch.head", "(detached)")
    return Commit(
        revision=None if revision == "(initial)" else revision,
        branch=None if branch == "(detached)" else branch,
        dirty=any(not line.startswith("#") for line in lines),
    )


def digest_sources(root: Path | str) -> str:
    """Return a digest of the project's sources; times of modification do not count.

    Sources are Python files, what is compiled beside them, and the project's
    configuration: in git those that are tracked or new and not ignored, else all
    below ``root`` but the usual folders of caches, builds and environments. At
    most 20,000 files are read; of one larger than 8 MB only the size counts.
    """
    folder = Path(root)
    names = _listed(folder) or sorted(_walked(folder))
    digest = hashlib.sha256()
    for name in names[:_MAX_FILES]:
        content = _content(folder / name)
        if content is not None:
            digest.update(b"%d:%s%d:" % (len(os.fsencode(name)), os.fsencode(name), len(content)))
            digest.update(content)
    return digest.hexdigest()[:16]


def _is_source(name: str) -> bool:
    last = name.rpartition("/")[2]
    return last in _NAMES or os.path.splitext(last)[1] in _SUFFIXES  # noqa: PTH122 - names, not paths


def _listed(folder: Path) -> list[str]:
    """Return the sources that git knows of or would; none outside git."""
    answer = ask_git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if answer is None or answer.status != 0:
        return []
    # A file in conflict is listed once for each side.
    return sorted({name for name in map(os.fsdecode, answer.output.split(b"\0")) if _is_source(name)})


def _walked(folder: Path) -> Iterator[str]:
    """Yield the sources below the folder, of the first entries in order of their names."""
    seen = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_entered(Path(place, name)))
        for name in sorted(files):
            if _is_source(name):
                yield Path(place, name).relative_to(folder).as_posix()
        seen += len(folders) + len(files)
        if seen > _MAX_ENTRIES:
            return


def _is_entered(folder: Path) -> bool:
    if folder.name.startswith(".") or folder.name in _SKIPPED_FOLDERS or folder.name.endswith(".egg-info"):
        return False
    return not ((folder / "pyvenv.cfg").exists() or (folder / "conda-meta").exists())


def _content(file: Path) -> bytes | None:
    """Return what stands for the file's content; ``None`` for what is no file, or gone."""
    try:
        found = file.lstat()
        if stat.S_ISLNK(found.st_mode):
            return os.fsencode(file.readlink())
        # Opening a pipe would wait for somebody to write to it.
        if not stat.S_ISREG(found.st_mode):
            return None
        return b"%d bytes" % found.st_size if found.st_size > _MAX_FILE_BYTES else file.read_bytes()
    except OSError:
        return None
