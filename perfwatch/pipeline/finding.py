"""A run's findings, and what its sources have become since.

It must not judge: ``diagnose`` does.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.diagnose import diagnose

if TYPE_CHECKING:
    from perfwatch.records.finding import Findings
    from perfwatch.records.run import Run, SourceFile


def findings_of(run: Run) -> Findings:
    """Diagnose a run on the sources that were kept with it; files that changed since are named."""
    found = diagnose(run)
    pointed = {one.file for one in found.ranked}
    changed = [
        source.file
        for source in run.sources
        if source.file in pointed and has_changed(Path(run.header.project_root), source)
    ]
    notes = [
        f"{file} has changed since this run: findings name the lines as they were then." for file in changed
    ]
    return replace(found, notes=(*found.notes, *notes))


def has_changed(root: Path, source: SourceFile) -> bool:
    """Whether a file is there and holds something else; one that is gone, or elsewhere, is not told."""
    try:
        data = (root / source.file).read_bytes()
    except (OSError, ValueError):
        return False
    return hashlib.sha256(data).hexdigest()[:16] != source.digest
