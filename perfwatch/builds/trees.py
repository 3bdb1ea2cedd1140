"""The tree of each side: where its files lie, and from where its code is imported.

It must not install anything, and must not touch the user's work tree.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.builds.revisions import Revision, check_out
from perfwatch.errors import StoreError, UsageError
from perfwatch.records.run import TargetKind

if TYPE_CHECKING:
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


def import_root_of(root: Path) -> Path:
    """Return where a project's packages lie: ``src`` where that holds packages or modules, else the root."""
    source = root / "src"
    if not source.is_dir() or (source / "__init__.py").exists():
        return root
    holds = any(entry.suffix == ".py" or (entry / "__init__.py").exists() for entry in source.iterdir())
    return source if holds else root


def tree_at(root: Path, revision: Revision | None = None) -> Tree:
    """Return a tree that is there already."""
    return Tree(root=root, import_root=import_root_of(root), revision=revision)


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
