"""The two runs that ``compare`` holds against each other: stored ones, and ones out of files.

Nothing here prints and nothing here judges. A store is opened only where a name
means a stored run, or where sessions of base's code may be in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from perfwatch.errors import UsageError
from perfwatch.records.run import Run, RunHeader
from perfwatch.store import ResolvedRun
from perfwatch.store.importers import import_run
from perfwatch.store.importers.content import shown

if TYPE_CHECKING:
    from perfwatch.store import Store

_SUFFIXES = (".json", ".gz")


class Shelves(Protocol):
    """Where the store comes from, when it is needed."""

    def store(self) -> Store:
        """Open the store, once; it is made where there is none."""

    def store_if_there(self) -> Store | None:
        """Open the store, or return ``None`` where none was made yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One side: its run, where it came from in words, and what its file lacks.

    ``resolved`` is how a stored run's name was read; ``None`` for a file.
    """

    run: Run
    words: str
    notes: tuple[str, ...] = ()
    resolved: ResolvedRun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSides:
    """Base and head, and the other stored sessions of base's code."""

    base: Held
    head: Held
    sessions: tuple[Run, ...] = ()

    @property
    def chosen(self) -> tuple[str, str]:
        """Say what is compared."""
        return f"base is {self.base.words}", f"head is {self.head.words}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Say, each thing once, what the files lack."""
        return tuple(dict.fromkeys((*self.base.notes, *self.head.notes)))


def hold(names: tuple[str, str], shelves: Shelves) -> HeldSides:
    """Find the runs that the two names mean.

    A path that looks like a file's and exists is a file; then the names of stored
    runs are tried, then any other file. Raises ``UsageError`` where a name is none
    of these, or its file cannot be used.
    """
    base, head = (_held(name, shelves) for name in names)
    return HeldSides(base=base, head=head, sessions=_sessions(base, shelves))


def hold_stored(names: tuple[str, str], store: Store) -> HeldSides:
    """Find the stored runs that the two names mean; no file is looked at. Raises ``UsageError`` for any other name."""
    base, head = (_stored(store.resolve(name), store) for name in names)
    header = base.run.header
    sessions = store.sessions_of(header) if _has_sessions(header) else ()
    return HeldSides(base=base, head=head, sessions=tuple(sessions))


def _stored(resolved: ResolvedRun, store: Store) -> Held:
    run = store.load(resolved.run_id)
    return Held(run=run, words=f"run {run.header.id}", resolved=resolved)


def _held(name: str, shelves: Shelves) -> Held:
    path = Path(name)
    like_a_file = _looks_like_a_file(name)
    if like_a_file and _exists(path, unknown=True):
        return _from_file(path)
    try:
        resolved = shelves.store().resolve(name)
    except UsageError as unknown:
        if _exists(path, unknown=False):
            return _from_file(path)
        if like_a_file:
            raise _no_file(name) from unknown
        raise
    return _stored(resolved, shelves.store())


def _from_file(path: Path) -> Held:
    found = import_run(path)
    words = f"the file {shown(path)}, written by {found.written_by}, {found.run.header.started_at}"
    return Held(run=found.run, words=words, notes=found.run.notes)


def _looks_like_a_file(name: str) -> bool:
    return name.endswith(_SUFFIXES) or "/" in name or "\\" in name


def _exists(path: Path, *, unknown: bool) -> bool:
    """Whether there is something of that name; ``unknown`` is returned where it cannot be told."""
    try:
        return path.exists()
    except OSError:
        return unknown


def _no_file(name: str) -> UsageError:
    return UsageError(
        f"There is no file {shown(name)}, and no stored run or baseline of that name.",
        means="Nothing was compared.",
        do="Name a file that is there; `perfwatch runs` and `perfwatch baseline list` show what is stored.",
    )


def _sessions(base: Held, shelves: Shelves) -> tuple[Run, ...]:
    """Return the other stored sessions of base's code."""
    header = base.run.header
    if not _has_sessions(header):
        return ()
    store = shelves.store_if_there()
    return () if store is None else tuple(store.sessions_of(header))


def _has_sessions(header: RunHeader) -> bool:
    """Whether a run can have any: what tells no code and no environment whole has none."""
    return bool(header.code_digest and header.environment.key)
