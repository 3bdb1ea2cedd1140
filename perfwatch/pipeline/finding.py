"""A run's findings, what they need to have tried first, and what its sources have become since.

It must not judge: ``diagnose`` does.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.diagnose import diagnose, experiments_of
from perfwatch.diagnose.plugins import all_rules
from perfwatch.measure.experiments import attempts

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.measure.experiments import Laboratory
    from perfwatch.records.experiment import ExperimentOutcome
    from perfwatch.records.finding import Findings
    from perfwatch.records.run import Run, SourceFile


def experimented(
    run: Run, laboratory: Laboratory, keep: Callable[[tuple[ExperimentOutcome, ...]], None]
) -> Run:
    """Try what the rules want to know of a run, within what it left of its budget; each outcome goes to ``keep``.

    Nothing is tried where the plan forbids it, and where each thing was to be executed once.
    """
    plan = laboratory.plan
    if not plan.experiments or plan.once or plan.quick:
        return run
    started = time.perf_counter_ns()
    outcomes: list[ExperimentOutcome] = []
    for brought in attempts(experiments_of(run), run, laboratory, plan.budget_ns - run.duration_ns):
        keep(brought)
        outcomes += brought
    spent_ns = time.perf_counter_ns() - started
    return replace(run, experiments=tuple(outcomes), duration_ns=run.duration_ns + spent_ns)


def findings_of(run: Run) -> Findings:
    """Diagnose a run on the sources that were kept with it; files that changed since are named."""
    rules, refused = all_rules()
    found = diagnose(run, rules)
    pointed = {one.file for one in found.ranked}
    changed = [
        source.file
        for source in run.sources
        if source.file in pointed and has_changed(Path(run.header.project_root), source)
    ]
    notes = [
        f"{file} has changed since this run: findings name the lines as they were then." for file in changed
    ]
    return replace(found, notes=(*found.notes, *refused, *notes))


def has_changed(root: Path, source: SourceFile) -> bool:
    """Whether a file is there and holds something else; one that is gone, or elsewhere, is not told."""
    try:
        data = (root / source.file).read_bytes()
    except (OSError, ValueError):
        return False
    return hashlib.sha256(data).hexdigest()[:16] != source.digest
