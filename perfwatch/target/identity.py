"""The names by which targets are known; must not read any file."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from perfwatch.records.run import Target, TargetKind

#: 48 bits: a project has few argument lists, and a person has to read the key.
DIGEST_CHARACTERS = 12


def project_name(path: Path, root: Path) -> str:
    """Return ``path`` relative to the project with forward slashes.

    A file outside the project is named by the way to it (``../other/x.py``),
    which is as stable as the two folders' places; on another drive, where there
    is no such way, by its absolute path.
    """
    for one, other in ((path, root), (path.resolve(), root.resolve())):
        if one.is_relative_to(other):
            return one.relative_to(other).as_posix()
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:
        return path.as_posix()


def target_key(
    kind: TargetKind, name: str, *, setup: str | None = None, arguments: tuple[str, ...] = ()
) -> str:
    """Return what identifies the same target between runs and machines.

    ``script:tools/fit.py``, ``callable:pkg.mod:fit?setup=pkg.mod:inputs``,
    ``script:tools/fit.py#0123456789ab``: the last part is the beginning of the
    SHA-256 digest of the arguments, and stands only where there are any.
    """
    key = f"{kind.value}:{name}"
    if setup is not None:
        key += f"?setup={setup}"
    if arguments:
        # JSON keeps ("a b",) and ("a", "b") apart.
        digest = hashlib.sha256(json.dumps(arguments).encode("utf-8", "surrogatepass")).hexdigest()
        key += f"#{digest[:DIGEST_CHARACTERS]}"
    return key


def file_target(
    kind: TargetKind, path: Path, root: Path, *, typed: str | None = None, arguments: tuple[str, ...] = ()
) -> Target:
    """Return a target that is a file or a folder.

    ``typed`` is what the user wrote; by default the file's name in the project.
    """
    name = project_name(path, root)
    return Target(
        kind=kind,
        name=typed or name,
        key=target_key(kind, name, arguments=arguments),
        path=str(path),
        arguments=arguments,
    )
