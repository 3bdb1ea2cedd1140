"""Which files under a folder an execution wrote, by their sizes and times before and after."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Looking at more files than this would cost more than it tells.
FILES_AT_MOST = 20_000
#: What the names of scratch folders begin with.
SCRATCH_PREFIX = "perfwatch-"
_PASSED_OVER = frozenset(
    {
        ".git",
        ".hg",
        ".perfwatch",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
    }
)
Snapshot = dict[str, tuple[int, int]]


def snapshot(folder: Path) -> Snapshot:
    """Size and modification time (ns) of each file below the folder, up to ``FILES_AT_MOST``.

    Files that are our own standard output and error are left out, and so is the
    scratch folder of a run: neither is the target's doing.
    """
    found: Snapshot = {}
    ours = _our_streams()
    scratch = os.path.join(tempfile.gettempdir(), SCRATCH_PREFIX)  # noqa: PTH118 - compared as text
    waiting = [str(folder)]
    while waiting and len(found) < FILES_AT_MOST:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_symlink() or entry.name in _PASSED_OVER:
                        continue
                    if entry.is_dir():
                        if not entry.path.startswith(scratch):
                            waiting.append(entry.path)
                        continue
                    state = entry.stat()
                    if (state.st_dev, state.st_ino) not in ours:
                        found[entry.path] = (state.st_mtime_ns, state.st_size)
        except (PermissionError, FileNotFoundError):
            continue  # not ours to read, or gone since
    return found


def _our_streams() -> frozenset[tuple[int, int]]:
    found = []
    for descriptor in (1, 2):
        try:
            state = os.fstat(descriptor)
        except OSError:
            continue  # closed: nothing of ours goes there
        found.append((state.st_dev, state.st_ino))
    return frozenset(found)


def written_between(before: Snapshot, after: Snapshot, folder: Path) -> tuple[str, ...]:
    """Files that are new or changed, relative to the folder, in order."""
    return tuple(
        sorted(os.path.relpath(path, folder) for path, state in after.items() if before.get(path) != state)
    )
