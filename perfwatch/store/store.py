"""The store as the rest of perfwatch sees it: runs in and out, each call one transaction.

This module must not hold SQL.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from perfwatch.errors import StoreError, UsageError
from perfwatch.records.run import PassResult, Run, RunHeader, RunState
from perfwatch.store import baseline_file, baselines, failures, folder, lists, shelf
from perfwatch.store.connection import Database
from perfwatch.store.filesystem import journal_for
from perfwatch.store.names import ResolvedRun, check_baseline_name, resolve
from perfwatch.store.rows import BaselineRow, ChosenBaseline, Cleaned, RunRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from perfwatch.records.comparison import Summary
    from perfwatch.records.experiment import ExperimentOutcome
    from perfwatch.records.history import BenchmarkLine, Point, RunFilter, RunPage

#: How long a run that has not ended is taken for alive: long simulations are.
_MAY_BE_ALIVE = timedelta(days=7)


def utc_now() -> datetime:
    """Return the present in UTC."""
    return datetime.now(UTC)


def open_store(path: Path, *, clock: Callable[[], datetime] = utc_now, patience_s: float = 30.0) -> Store:
    """Open the store at ``path`` (``.perfwatch/perfwatch.db``), made and migrated where needed.

    ``clock`` tells the present for ages and for the time of saving;
    ``patience_s`` is how long another process's lock is waited for, in seconds.
    Raises ``StoreError`` where it cannot be written, ``StoreTooNew`` and
    ``StoreCorrupt`` with the file left as it was.
    """
    folder.prepare(path)
    return Store(Database(path, journal=journal_for(path), patience_s=patience_s), clock=clock)


def open_to_read(path: Path, *, clock: Callable[[], datetime] = utc_now, patience_s: float = 30.0) -> Store:
    """Open the store at ``path`` so that nothing can be changed through it; it must be there, and migrated.

    Raises ``StoreError`` where it is not.
    """
    database = Database(path, journal=journal_for(path), patience_s=patience_s, read_only=True)
    return Store(database, clock=clock)


class Store:
    """Runs, their passes and baselines in one database file. Close it, or use it in ``with``."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The database file."""
        return self._database.path

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # A run in: begin, a pass at a time, finish.

    def begin(self, header: RunHeader) -> None:
        """Store a run's header; the run counts as running until ``finish``."""
        with self._database.writing() as connection:
            shelf.insert_run(connection, header)

    def save_pass(self, run_id: str, result: PassResult) -> None:
        """Store what a pass brought back; when this returns, it is on the disk."""
        with _about(result), self._database.writing() as connection:
            shelf.insert_pass(connection, run_id, result)

    def replace_pass(self, run_id: str, result: PassResult) -> None:
        """Store what a pass brought back, in place of what it had handed over while it ran."""
        with _about(result), self._database.writing() as connection:
            shelf.delete_pass(connection, run_id, result)
            shelf.insert_pass(connection, run_id, result)

    def save_experiments(self, run_id: str, outcomes: tuple[ExperimentOutcome, ...]) -> None:
        """Store what experiments on one target brought, beside its passes."""
        if outcomes:
            with self._database.writing() as connection:
                shelf.insert_experiments(connection, run_id, outcomes[0].target, outcomes)

    def finish(self, run_id: str, state: RunState, duration_ns: int, notes: tuple[str, ...] = ()) -> None:
        """Store how a run ended."""
        with self._database.writing() as connection:
            shelf.update_run(connection, run_id, state=state, duration_ns=duration_ns, notes=notes)

    # Runs out.

    def load(self, run_id: str) -> Run:
        """Load a run by its whole id; raises ``UsageError`` where there is none."""
        with self._database.reading() as connection:
            return shelf.load(connection, run_id)

    def runs(self, *, limit: int | None = None, target_key: str | None = None) -> list[RunRow]:
        """Return runs in short, newest first."""
        with self._database.reading() as connection:
            return shelf.run_rows(connection, limit=limit, target_key=target_key)

    def resolve(self, name: str) -> ResolvedRun:
        """Find the run that a typed RUN means; files are the caller's. Raises ``UsageError``."""
        with self._database.reading() as connection:
            return resolve(name, shelf.known_runs(connection), baselines.by_name(connection))

    def last_comparable(self, header: RunHeader) -> str | None:
        """Return the id of the last complete run before this one, of equal targets and environment."""
        with self._database.reading() as connection:
            return shelf.last_comparable(connection, header)

    def baseline_for(self, header: RunHeader) -> ChosenBaseline | None:
        """Choose what a run is held against: a baseline of its targets, else the last comparable run."""
        with self._database.reading() as connection:
            return baselines.choose(connection, header, self._clock())

    def sessions_of(self, header: RunHeader) -> list[Run]:
        """Load the complete runs of the same code, targets and environment, timing alone, 20 at most."""
        with self._database.reading() as connection:
            return shelf.sessions_of(connection, header)

    def earlier_runs(self, header: RunHeader) -> list[Run]:
        """Load the complete runs before this one of equal targets and environment, timing alone, 20 at most."""
        with self._database.reading() as connection:
            return shelf.earlier_runs(connection, header)

    # Many runs at once: lists and histories.

    def save_summary(self, run_id: str, summary: Summary) -> None:
        """Store what came of a run that was held against its baseline, for lists."""
        with self._database.writing() as connection:
            lists.update_summary(connection, run_id, summary)

    def without_summary(self) -> list[str]:
        """Return the ids of ended runs that have no stored summary, newest first."""
        with self._database.reading() as connection:
            return lists.without_summary(connection)

    def run_page(self, wanted: RunFilter, *, first: int, count: int) -> RunPage:
        """List ``count`` of the runs that are wanted, newest first, from the ``first`` (0) on.

        Raises ``ValueError`` where a day of the filter is none.
        """
        with self._database.reading() as connection:
            return lists.run_page(connection, wanted, first=first, count=count)

    def benchmarks(self, *, slug: str | None = None, name: str | None = None) -> list[BenchmarkLine]:
        """List the benchmarks that have a time, by name; those of a slug or of a name alone, where one is given."""
        with self._database.reading() as connection:
            return lists.benchmark_lines(connection, slug=slug, name=name)

    def points_of(self, slug: str) -> list[Point]:
        """Return a benchmark's times over all runs, oldest first; of an unknown one there are none."""
        with self._database.reading() as connection:
            return lists.points_of(connection, slug)

    # Baselines.

    def save_baseline(self, name: str, run_id: str, *, note: str = "") -> str | None:
        """Give a run a name; returns the id of the run that had the name before."""
        with self._database.writing() as connection:
            return baselines.save(connection, name, run_id, saved_at=self._clock(), note=note)

    def baselines(self) -> list[BaselineRow]:
        """Return every baseline, by name."""
        with self._database.reading() as connection:
            return baselines.rows(connection)

    def baseline(self, name: str) -> BaselineRow:
        """Return one baseline; raises ``UsageError`` with the nearest name."""
        with self._database.reading() as connection:
            return baselines.row_of(connection, name)

    def rename_baseline(self, old: str, new: str) -> None:
        """Change a baseline's name; a name that is taken is refused."""
        with self._database.writing() as connection:
            baselines.rename(connection, old, new)

    def delete_baseline(self, name: str) -> str:
        """Forget a baseline's name; its run stays. Returns the run's id."""
        with self._database.writing() as connection:
            return baselines.delete(connection, name)

    def export_baseline(self, name: str, file: Path) -> None:
        """Write a baseline to a JSON file that a project can commit."""
        with self._database.reading() as connection:
            row = baselines.row_of(connection, name)
            run = shelf.load(connection, row.run_id)
        baseline_file.write(baseline_file.filed(name, row.note, run), file)

    def import_baseline(self, file: Path, *, name: str | None = None, replace: bool = False) -> BaselineRow:
        """Read a baseline from a file, under its own name or another.

        A name that is taken is refused unless ``replace``. Where the run is
        stored already, with its profiles, it is kept and only named.
        """
        document = baseline_file.read(file)
        chosen = document.name if name is None else name
        check_baseline_name(chosen)
        run_id = document.header.id
        with self._database.writing() as connection:
            if not replace:
                baselines.refuse_taken(
                    connection, chosen, do="Choose another name (--name), or take this one (--replace)."
                )
            if run_id not in {run.id for run in shelf.known_runs(connection)}:
                shelf.insert_run(connection, document.header)
                for result in baseline_file.results_of(document):
                    shelf.insert_pass(connection, run_id, result)
                shelf.update_run(
                    connection, run_id, state=document.state, duration_ns=document.duration_ns, notes=()
                )
            elif baseline_file.filed("", "", shelf.load(connection, run_id)).header != document.header:
                raise UsageError(
                    f"Run {run_id} of {file} is stored already, and differs.",
                    means="Nothing was imported.",
                    do=f"Delete the stored one first, or leave {file} aside.",
                )
            baselines.save(connection, chosen, run_id, saved_at=self._clock(), note=document.note)
            return baselines.row_of(connection, chosen)

    # Room.

    def clean(self, keep: int) -> Cleaned:
        """Remove all but the newest ``keep`` runs, and give their room back.

        The reports that belong to no run, those of gates, proofs and claims, are counted by themselves.

        Runs that a baseline names stay, and so does a run that has not ended
        and began within a week: it may be measured at this moment.
        """
        alive_since = self._clock() - _MAY_BE_ALIVE
        with self._database.writing() as connection:
            rows = shelf.run_rows(connection, limit=None, target_key=None)[keep:]
            removed = tuple(
                row.id for row in rows if not row.baselines and not _may_be_alive(row, alive_since)
            )
            shelf.delete_runs(connection, removed)
        loose = folder.loose_folders(self.path, (*removed, *(row.id for row in self.runs())), keep)
        return replace(self._shrunk(removed), loose_folders=loose)

    def delete(self, run_id: str) -> Cleaned:
        """Remove one run; raises ``UsageError`` where a baseline names it."""
        with self._database.writing() as connection:
            names = [name for name, named in baselines.by_name(connection).items() if named == run_id]
            if names:
                raise UsageError(
                    f"Run {run_id} is the baseline {names[0]!r}.",
                    means="It was left as it is.",
                    do=f"Delete the baseline first: perfwatch baseline delete {names[0]}",
                )
            shelf.delete_runs(connection, (run_id,))
        return self._shrunk((run_id,))

    def _shrunk(self, removed: tuple[str, ...]) -> Cleaned:
        before = self._database.size_bytes()
        not_shrunk = ""
        try:
            if removed:
                self._database.shrink()
        except StoreError as error:
            # A reader in the way, or no room for a copy. The rows are gone, and their room is used again by the next runs.
            not_shrunk = error.happened
        return Cleaned(
            run_ids=removed,
            freed_bytes=max(0, before - self._database.size_bytes()),
            report_folders=folder.report_folders(self.path, removed),
            not_shrunk=not_shrunk,
        )


@contextmanager
def _about(result: PassResult) -> Iterator[None]:
    """Name the pass in what is said of a store that does not take it."""
    try:
        yield
    except StoreError as error:
        raise type(error)(
            error.happened,
            means=f"The {result.pass_name} pass of {result.target} could not be stored. {failures.KEPT}",
            do=error.do,
        ) from error


def _may_be_alive(row: RunRow, since: datetime) -> bool:
    if row.state is not RunState.RUNNING:
        return False
    try:
        return datetime.fromisoformat(row.started_at) >= since
    except (ValueError, TypeError):
        return False
