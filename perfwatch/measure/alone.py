"""Whether another gate measures on this machine at the same time: each would be the other's noise.

It must not wait and must not forbid: it says so.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = "perfwatch-gate.lock"
NOT_ALONE = "Another gate measures on this machine now: both are noisier for it, and slower to decide."


@contextmanager
def measuring_alone(folder: Path | None = None) -> Iterator[bool]:
    """Hold the machine's lock for the length of the context; false where somebody else has it.

    ``folder`` is where the lock lies, by default the machine's folder for
    temporary files. Where that cannot be written nobody can be told of, and it is true.
    """
    import fcntl

    path = (folder or Path(tempfile.gettempdir())) / LOCK
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    except OSError:
        yield True
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    except OSError:
        alone = False
    try:
        yield alone
    finally:
        os.close(descriptor)
