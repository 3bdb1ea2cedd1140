"""The files of a project, nearest to its root first; must not open any of them."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

#: Enough for large projects; looking at as many, and into those that fit, takes some three seconds.
LOOKED_AT_LIMIT = 20_000

#: Folders that hold other people's code, or copies of one's own.
SKIPPED_FOLDERS = frozenset(
    {
        "__pycache__",
        "_build",
        "build",
        "dist",
        "env",
        "node_modules",
        "site-packages",
        "venv",
    }
)
#: A folder with one of these is an environment, whatever it is called.
ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
ASV_SETTINGS = ("asv.conf.json", "asv.conf.jsonc")


@dataclass(slots=True, kw_only=True)
class Walk:
    """What was seen below a folder.

    ``python`` holds the ``.py`` files and ``asv_settings`` the settings files of
    asv. ``looked_count`` counts directory entries; ``complete`` says whether
    the limit was far enough. ``unreadable`` names folders that did not open.
    """

    python: list[Path] = field(default_factory=list)
    asv_settings: list[Path] = field(default_factory=list)
    looked_count: int = 0
    complete: bool = True
    unreadable: list[Path] = field(default_factory=list)


def walk(folder: Path, *, limit: int = LOOKED_AT_LIMIT) -> Walk:
    """Walk ``folder`` breadth first, in the order of names, over at most ``limit`` entries.

    Hidden folders, environments, build outputs and installed packages are left
    out. Links to folders are not followed, so that no loop can hold us.
    """
    seen = Walk()
    waiting = deque([folder])
    while waiting:
        current = waiting.popleft()
        try:
            with os.scandir(current) as entries:
                listed = list(islice(entries, limit - seen.looked_count + 1))
        except OSError:
            seen.unreadable.append(current)
            continue
        if current != folder and any(entry.name in ENVIRONMENT_MARKS for entry in listed):
            continue
        if seen.looked_count + len(listed) > limit:
            seen.complete = False
            listed = listed[: limit - seen.looked_count]
        seen.looked_count += len(listed)
        for entry in sorted(listed, key=lambda entry: entry.name):
            _sort_in(entry, seen, waiting)
        if not seen.complete:
            break
    return seen


def _sort_in(entry: os.DirEntry[str], seen: Walk, waiting: deque[Path]) -> None:
    if entry.is_dir(follow_symlinks=False):
        name = entry.name
        if not (name.startswith(".") or name in SKIPPED_FOLDERS or name.endswith(".egg-info")):
            waiting.append(Path(entry.path))
    # A named pipe with a fitting name would hold us for ever once opened.
    elif entry.name.endswith(".py") and entry.is_file():
        seen.python.append(Path(entry.path))
    elif entry.name in ASV_SETTINGS and entry.is_file():
        seen.asv_settings.append(Path(entry.path))
