"""The tree of each side: where its files lie, and from where its code is imported.

It must not install anything, and must not touch the user's work tree.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.builds.layout import layout_of
from perfwatch.builds.revisions import Revision, check_out
from perfwatch.errors import StoreError, UsageError
from perfwatch.records.run import TargetKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfwatch.records.run import Target

_LEFT_OUT = ("__pycache__", ".git", ".perfwatch", "*.pyc", ".venv", "node_modules")
#: Targets whose files say what is measured, and are not what is measured.
_DEFINING = (TargetKind.PYTEST, TargetKind.ASV)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One side's files: ``root`` stands for the project's root, ``import_root`` goes first on ``sys.path``."""

    root: Path
    import_root: Path
    revision: Revision | None = None


def tree_at(root: Path, revision: Revision | None = None) -> Tree:
    """Return a tree that is there already."""
    return Tree(root=root, import_root=layout_of(root).import_roots[0], revision=revision)


def checked_out(repository: Path, project: Path, revision: Revision, place: Path) -> Tree:
    """Return a commit's tree at a new place.

    ``project`` is the project's root inside the repository: in the tree, the same place below its top.

    Raises ``NotComparable`` where git cannot.
    """
    check_out(repository, revision.commit, place)
    root = place / project.relative_to(repository)
    if not root.is_dir():
        raise UsageError(
            f"{project.relative_to(repository)} is not in {revision.short}.",
            means="This side has no project to measure.",
            do="Choose another base: perfwatch gate --base REV",
        )
    return tree_at(root, revision)


def overlay(top: Path, names: Iterable[str], place: Path) -> None:
    """Give a checked out tree the work tree's state of these files; one that is gone there goes here."""
    for name in names:
        source, copy = top / name, place / name
        if source.is_dir() and not source.is_symlink():
            continue  # a submodule is a repository of its own
        copy.unlink(missing_ok=True)
        if source.is_symlink() or source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)


def files_of(folder: Path) -> tuple[str, ...]:
    """Return the files of a tree that is in no repository, relative to it, those apart that no copy takes."""
    return tuple(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() and not any(is_left_out(part) for part in path.relative_to(folder).parts)
    )


def is_left_out(name: str) -> bool:
    """Return whether no copy of a project takes what has this name."""
    return any(fnmatch(name, pattern) for pattern in _LEFT_OUT)


def copied(folder: Path, place: Path) -> Tree:
    """Return a copy of a tree that is in no repository; raises ``UsageError`` for what is no folder."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is no folder.",
            means="There is no tree to measure.",
            do="perfwatch gate --base-dir OLD --head-dir NEW TARGET",
        )
    try:
        shutil.copytree(folder, place, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    except (OSError, shutil.Error) as error:
        raise StoreError(
            f"{folder} cannot be copied: {str(error)[:300]}",
            means="Nothing was measured.",
            do="Make room where TMPDIR points to, or point it elsewhere.",
        ) from error
    return tree_at(place)


def take_definitions(target: Target, head: Tree, other: Tree) -> None:
    """Put head's benchmark definitions into another side's tree: both sides must be asked the same.

    Tests and asv modules are definitions, with the files beside them and the
    ``conftest.py`` above; those inside a package that is imported are part of
    what is measured, and stay each side's own.
    """
    if target.kind not in _DEFINING or target.path is None:
        return
    path = Path(target.path)
    if not path.is_relative_to(head.root) or _in_package(path, head):
        return
    place = path if path.is_dir() else path.parent
    inside = place.relative_to(head.root)
    if place == head.root:
        shutil.copy2(path, other.root / path.name)
    else:
        shutil.copytree(
            place, other.root / inside, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_LEFT_OUT)
        )
    for above in (inside, *inside.parents):
        if (head.root / above / "conftest.py").exists():
            shutil.copy2(head.root / above / "conftest.py", other.root / above / "conftest.py")


def _in_package(path: Path, tree: Tree) -> bool:
    """Whether a file is importable from the tree's import root as part of a package that is more than tests."""
    if not path.is_relative_to(tree.import_root):
        return False
    parts = path.relative_to(tree.import_root).parts[:-1]
    top = tree.import_root / parts[0] if parts else None
    return (
        top is not None and (top / "__init__.py").exists() and parts[0] not in {"tests", "test", "benchmarks"}
    )
