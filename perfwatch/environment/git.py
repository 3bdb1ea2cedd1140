"""Asking git about a folder, without waiting for it without end and without leaving anything running.

It must not know what is asked for.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from perfwatch.environment.bounded import Answer, Bounds, ask

if TYPE_CHECKING:
    from pathlib import Path

_BOUNDS = Bounds(timeout_s=20)
_REFUSED = 128
#: A hook that runs us leaves these behind, and they would speak of another repository.
_GIT_PLACES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
)


def ask_git(folder: Path, *arguments: str, bounds: Bounds = _BOUNDS) -> Answer | None:
    """Return git's answer about the folder; ``None`` without git."""
    program = shutil.which("git")
    if program is None:
        return None
    environ = {name: value for name, value in os.environ.items() if name not in _GIT_PLACES}
    environ |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    # The file system monitor would be started, and would stay.
    command = [program, "-c", "core.fsmonitor=false"]
    try:
        answer = ask([*command, *arguments], bounds, environ=environ, folder=folder)
        if answer.status == _REFUSED:
            trusted = _of_one_owner(folder)
            if trusted is not None:
                command += ["-c", f"safe.directory={trusted}"]
                answer = ask([*command, *arguments], bounds, environ=environ, folder=folder)
    except OSError:
        return None
    return answer


def _of_one_owner(folder: Path) -> Path | None:
    """Return the working tree around the folder, where both and its ``.git`` have one owner.

    git refuses a repository of another user, as containers often have it,
    because its configuration could run programs. Where the same user owns the
    code that is about to be run, that adds nothing to what they can do.
    """
    folder = folder.resolve()
    top = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
    if top is None:
        return None
    owners = {place.stat().st_uid for place in (folder, top, top / ".git")}
    return top if len(owners) == 1 else None
