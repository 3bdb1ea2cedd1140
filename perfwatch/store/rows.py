"""What the store hands out beside runs: light rows that decode no document.

This module must not hold logic.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from perfwatch.records.comparison import Baseline
from perfwatch.records.run import Run, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One stored run in short.

    ``size_bytes`` is what its documents take in the store, compressed;
    ``baselines`` are the names given to it. A run whose process was killed
    stays ``running``: the store cannot tell a dead process on another machine
    from a live one, so it does not guess.
    """

    id: str
    started_at: str
    state: RunState
    command: str
    target_keys: tuple[str, ...]
    revision: str | None
    branch: str | None
    dirty: bool | None
    size_bytes: int
    passes_count: int
    baselines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRow:
    """One baseline: a name for a run. ``saved_at`` is UTC, RFC 3339."""

    name: str
    run_id: str
    saved_at: str
    started_at: str
    target_keys: tuple[str, ...]
    revision: str | None
    dirty: bool | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenBaseline:
    """The run that another is held against, and why it is this one."""

    record: Baseline
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What a cleaning removed.

    ``freed_bytes`` is what the database file shrank by. ``report_folders``
    exist and belonged to removed runs, ``loose_folders`` to no run of the store: the
    caller deletes them.
    ``not_shrunk`` says why the file kept its size, where it did.
    """

    run_ids: tuple[str, ...] = ()
    freed_bytes: int = 0
    report_folders: tuple[Path, ...] = ()
    loose_folders: tuple[Path, ...] = ()
    not_shrunk: str = ""
