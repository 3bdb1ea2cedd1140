"""What of a change only an installation brings into force, and what a tree's sources are.

It must not run a build.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from typing import TYPE_CHECKING, Any

from perfwatch.builds.revisions import needs_building

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

#: Tables of ``[tool]`` that decide what is built; a linter's settings do not.
_BUILD_TOOLS = (
    "cibuildwheel", "cython", "flit", "hatch", "maturin", "meson-python", "pdm", "poetry", "scikit-build",
    "setuptools", "uv",
)  # fmt: skip
#: Parts of ``[project]`` that say what is needed or installed; the others are words about it.
_INSTALLING = ("dependencies", "requires-python", "entry-points", "scripts")


def to_build(changed: Iterable[str], inside: str, base: Path, head: Path) -> tuple[str, ...]:
    """Return the files among ``changed`` that differ in more than words.

    ``inside`` is the way from the repository's top to the project; ``base`` and
    ``head`` are the project's roots.
    """
    own = f"{inside}/pyproject.toml" if inside not in {"", "."} else "pyproject.toml"
    return tuple(
        path
        for path in changed
        if needs_building(path) and (path != own or _stated(base) is None or _stated(base) != _stated(head))
    )


def _stated(root: Path) -> dict[str, Any] | None:
    """What the project's file states of building and of dependencies; ``None`` where it cannot be read."""
    try:
        read: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    project, tool = read.get("project", {}), read.get("tool", {})
    return {
        "build": read.get("build-system"),
        "project": {name: project.get(name) for name in _INSTALLING},
        "tool": {name: tool.get(name) for name in _BUILD_TOOLS},
    }


def distribution_of(root: Path) -> str:
    """Return the normalised name of what the project installs; empty where it is not stated in a file."""
    try:
        read: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        read = {}
    name = read.get("project", {}).get("name") or read.get("tool", {}).get("poetry", {}).get("name")
    if not isinstance(name, str):
        try:
            found = re.search(r"^\s*name\s*=\s*(\S+)", (root / "setup.cfg").read_text("utf-8"), re.MULTILINE)
        except (OSError, ValueError):
            found = None
        name = found[1] if found else ""
    return re.sub(r"[-_.]+", "-", name).lower()


def installable(root: Path) -> bool:
    """Whether pip can be asked to install this tree."""
    stated = _stated(root) or {}
    return (root / "setup.py").is_file() or bool(stated.get("build")) or bool(distribution_of(root))


def constraints_of(installed: Mapping[str, str], own: str) -> tuple[str, ...]:
    """Return the versions that the current environment has: two builds of different days are to agree."""
    left_out = {own, "pip", "setuptools", "wheel", "perfwatch"}
    return tuple(
        f"{name}=={version}"
        for name, version in sorted(installed.items())
        if name not in left_out and re.fullmatch(r"[0-9][0-9A-Za-z.!+_-]*", version)
    )


def digest_of_files(root: Path, names: Iterable[str]) -> str:
    """Return a digest of these files' names, contents and modes; one that is not there counts as gone."""
    digest = hashlib.sha256()
    for name in sorted(names):
        path = root / name
        digest.update(name.encode(errors="surrogateescape") + b"\0")
        if path.is_symlink():
            digest.update(b"->" + os.fsencode(path.readlink()))
        elif path.is_file():
            digest.update(b"x" if os.access(path, os.X_OK) else b"-")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
