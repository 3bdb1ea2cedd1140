"""A run measured afresh in a folder of its own, to be diagnosed now or kept as evidence.

This module must not judge what was measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from perfwatch.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.records.run import Run


def measured_in(folder: Path, target: str, *options: str) -> Run:
    """Measure a target with ``perfwatch run``, one process for the clean times, and return what was stored.

    Raises ``RuntimeError`` with the last that it said where it does not end well.
    """
    (folder / "pyproject.toml").touch()
    command = (sys.executable, "-m", "perfwatch", "run", *options, "--no-progress", "--quiet", target)
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PERFWATCH_PROCESSES": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{target} ended with {done.returncode}: {done.stderr[-300:]}")
    with open_store(folder / ".perfwatch" / "perfwatch.db") as store:
        return store.load(store.runs(limit=1)[0].id)
