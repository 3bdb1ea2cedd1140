"""Names for runs, and the choice of the run that another is held against.

Functions take an open connection: whoever calls them holds the transaction.
This module must not compare runs.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from perfwatch.errors import UsageError
from perfwatch.records.comparison import Baseline
from perfwatch.records.run import RunState
from perfwatch.store import shelf
from perfwatch.store.names import check_baseline_name, unknown_baseline
from perfwatch.store.rows import BaselineRow, ChosenBaseline
from perfwatch.store.tables import baselines, runs
from perfwatch.store.words import ago, commit_in_words

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from perfwatch.records.run import RunHeader

_COLUMNS = (
    baselines.c.name,
    baselines.c.run_id,
    baselines.c.saved_at,
    baselines.c.note,
    runs.c.started_at,
    runs.c.target_keys,
    runs.c.revision,
    runs.c.dirty,
)


def rows(connection: Connection) -> list[BaselineRow]:
    """Return every baseline, by name."""
    found = connection.execute(
        select(*_COLUMNS)
        .join_from(baselines, runs, baselines.c.run_id == runs.c.id)
        .order_by(baselines.c.name)
    )
    return [
        BaselineRow(
            name=row.name,
            run_id=row.run_id,
            saved_at=row.saved_at,
            started_at=row.started_at,
            target_keys=tuple(json.loads(row.target_keys)),
            revision=row.revision,
            dirty=row.dirty,
            note=row.note,
        )
        for row in found
    ]


def by_name(connection: Connection) -> dict[str, str]:
    """Map the baselines' names to the ids of their runs."""
    return {row.name: row.run_id for row in connection.execute(select(baselines.c.name, baselines.c.run_id))}


def row_of(connection: Connection, name: str) -> BaselineRow:
    """Return one baseline; raises ``UsageError`` with the nearest name where there is none."""
    known = {row.name: row for row in rows(connection)}
    if name not in known:
        raise unknown_baseline(name, known)
    return known[name]


def save(connection: Connection, name: str, run_id: str, *, saved_at: datetime, note: str = "") -> str | None:
    """Give a run a name; returns the id of the run that had it before.

    Raises ``UsageError`` for a run that is still running, or was killed.
    """
    check_baseline_name(name)
    state = connection.execute(select(runs.c.state).where(runs.c.id == run_id)).scalar_one_or_none()
    if state is None:
        raise shelf.unknown_run(run_id)
    if state == RunState.RUNNING.value:
        raise UsageError(
            f"Run {run_id} has not ended.",
            means="It is still being measured, or was killed: a baseline made of it would lack passes.",
            do="Wait for its end, or measure again.",
        )
    before = by_name(connection).get(name)
    connection.execute(baselines.delete().where(baselines.c.name == name))
    moment = saved_at.astimezone(UTC).isoformat(timespec="microseconds")
    connection.execute(baselines.insert().values(name=name, run_id=run_id, saved_at=moment, note=note))
    return before


def rename(connection: Connection, old: str, new: str) -> None:
    """Change a baseline's name; a name that is taken is refused."""
    row_of(connection, old)
    check_baseline_name(new)
    refuse_taken(
        connection, new, do=f"Choose another name, or delete it first: perfwatch baseline delete {new}"
    )
    connection.execute(baselines.update().where(baselines.c.name == old).values(name=new))


def delete(connection: Connection, name: str) -> str:
    """Forget a name; its run stays. Returns the run's id."""
    run_id = row_of(connection, name).run_id
    connection.execute(baselines.delete().where(baselines.c.name == name))
    return run_id


def refuse_taken(connection: Connection, name: str, *, do: str) -> None:
    """Raise ``UsageError`` where a baseline of that name exists."""
    taken = by_name(connection).get(name)
    if taken is not None:
        raise UsageError(
            f"There is a baseline {name!r} already (run {taken}).",
            means="It was left as it is.",
            do=do,
        )


def choose(connection: Connection, header: RunHeader, now: datetime) -> ChosenBaseline | None:
    """Choose what a run is held against.

    First the baseline of the same targets and environment that was saved last,
    then the last comparable run. Failing both, a baseline from another
    environment: the comparison refuses it aloud, which is better than
    silence. ``None`` where there is nothing at all.
    """
    named = connection.execute(
        select(*_COLUMNS, runs.c.environment_key)
        .join_from(baselines, runs, baselines.c.run_id == runs.c.id)
        .where(runs.c.target_keys.in_(shelf.comparable_keys(header)), runs.c.id != header.id)
        .order_by(baselines.c.saved_at.desc(), baselines.c.name)
    ).all()
    here = next((row for row in named if row.environment_key == header.environment.key), None)
    if here is not None:
        return _chosen(connection, here.run_id, now, name=here.name)
    aside = f"; baseline {named[0].name} is from another environment" if named else ""
    last = shelf.last_comparable(connection, header)
    if last is not None:
        return _chosen(connection, last, now, aside=aside)
    if named:
        return _chosen(
            connection, named[0].run_id, now, name=named[0].name, aside=", from another environment"
        )
    return None


def _chosen(
    connection: Connection, run_id: str, now: datetime, *, name: str | None = None, aside: str = ""
) -> ChosenBaseline:
    run = shelf.load(connection, run_id)
    return ChosenBaseline(
        record=Baseline(
            run_id=run_id,
            name=name,
            chosen=(f"baseline {name}: " if name else "") + described(run.header, now) + aside,
        ),
        run=run,
    )


def described(header: RunHeader, now: datetime) -> str:
    """Name a run with its age and commit: ``run 20260101T120000-1a2b (3 hours ago, commit 0123456)``."""
    commit = commit_in_words(header.commit.revision, dirty=header.commit.dirty)
    return f"run {header.id} ({ago(header.started_at, now)}, {f'commit {commit}' if commit else 'no commit'})"
