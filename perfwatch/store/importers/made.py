"""What an importer found in a file → the run that the rest of perfwatch holds against another.

It must not know a tool's format, and must not judge.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from perfwatch.records.run import (
    Benchmark,
    Commit,
    Custom,
    Environment,
    Failure,
    Run,
    RunHeader,
    RunState,
    Target,
    TargetKind,
)
from perfwatch.store.importers.content import BENCHMARKS_LIMIT, shown
from perfwatch.store.importers.figures import instant, unknown_facts

if TYPE_CHECKING:
    from perfwatch.store.importers.content import ResultFile

#: True of every file: whatever wrote it measured one side alone.
NOT_IN_TURNS = (
    "base and head were not measured in turns, so the machine's state of two moments is in the ratio."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A run out of a file, and in words who wrote it."""

    run: Run
    written_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an importer took from a file.

    ``lacks`` are sentences on the safeguards that the tool's files do not carry.
    ``started_at`` is ``None`` where the file does not tell it.
    """

    tool: str
    version: str
    kind: TargetKind
    environment: Environment
    started_at: str | None
    lacks: tuple[str, ...]
    commit: Commit = field(default_factory=Commit)
    benchmarks: tuple[Benchmark, ...] = ()
    failures: tuple[Failure, ...] = ()
    custom: tuple[Custom, ...] = ()


def imported(file: ResultFile, found: Found) -> Imported:
    """Make the run; a file without benchmarks, with too many, or with one twice is refused."""
    names = [benchmark.name for benchmark in found.benchmarks]
    if not names and not found.custom:
        raise file.refused("it holds no benchmark")
    check_count(file, len(names))
    for name, times in Counter(names).items():
        if times > 1:
            raise file.refused(f"benchmark '{shown(name)}' is in it twice")
    written_by = f"{found.tool} {found.version}".strip()
    header = RunHeader(
        id=file.run_id,
        started_at=found.started_at or _modified(file),
        command=written_by,
        targets=(Target(kind=found.kind, name=file.path.name, key=found.tool),),
        environment=found.environment,
        commit=found.commit,
    )
    run = Run(
        header=header,
        state=RunState.COMPLETE,
        benchmarks=found.benchmarks,
        failures=found.failures,
        custom=found.custom,
        notes=tuple(f"{found.tool}: {sentence}" for sentence in _lacks(found)),
    )
    return Imported(run=run, written_by=written_by)


def check_count(file: ResultFile, benchmarks_count: int) -> None:
    """Refuse a file with more benchmarks than can be looked at."""
    if benchmarks_count > BENCHMARKS_LIMIT:
        raise file.refused(
            f"it holds {benchmarks_count} benchmarks, and {BENCHMARKS_LIMIT} can be compared",
            "Write fewer into one file.",
        )


def _lacks(found: Found) -> tuple[str, ...]:
    said = [NOT_IN_TURNS, *found.lacks]
    if unknown := unknown_facts(found.environment):
        said.append(f"the file does not tell {unknown}; that they were equal is not known.")
    if found.started_at is None:
        said.append("the file does not tell when it was measured; the date shown is the file's own.")
    return tuple(said)


def _modified(file: ResultFile) -> str:
    return instant(datetime.fromtimestamp(file.path.stat().st_mtime, UTC))
