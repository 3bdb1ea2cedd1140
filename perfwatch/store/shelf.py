"""Runs and their passes as rows, and rows as runs.

Functions take an open connection: whoever calls them holds the transaction.
This module must not open or commit one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import Select, and_, func, or_, select

from perfwatch.errors import UsageError
from perfwatch.measure.assemble import assemble
from perfwatch.records.experiment import ExperimentOutcome
from perfwatch.records.run import PassName, PassResult, Run, RunHeader, RunState
from perfwatch.store import lists
from perfwatch.store.documents import pack, readable, unpack
from perfwatch.store.names import KnownRun
from perfwatch.store.rows import RunRow
from perfwatch.store.tables import LISTED, NEWEST_FIRST, baselines, pass_results, runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Connection, Row

_SESSIONS_COUNT = 20
#: Outcomes of experiments stand in the table of passes under a name that no pass has: an older perfwatch passes them over.
_EXPERIMENTS = "experiments"


def keys_of(header: RunHeader) -> str:
    """Return what the header's targets are known by: equal for equal sets of targets and choices among them."""
    chosen = [] if header.keyword is None else [f"-k {readable(header.keyword)}"]
    keys = sorted({readable(target.key) for target in header.targets})
    return json.dumps([*keys, *chosen], ensure_ascii=False)


def comparable_keys(header: RunHeader) -> tuple[str, ...]:
    """Return the keys of runs that a run may be held against: a choice also against a run of everything."""
    return tuple({keys_of(header), keys_of(replace(header, keyword=None))})


def insert_run(connection: Connection, header: RunHeader, *, state: RunState = RunState.RUNNING) -> None:
    """Store a run's header; its passes follow one by one."""
    commit = header.commit
    connection.execute(
        runs.insert().values(
            id=header.id,
            started_at=header.started_at,
            state=state.value,
            command=readable(header.command),
            target_keys=keys_of(header),
            revision=commit.revision,
            branch=None if commit.branch is None else readable(commit.branch),
            dirty=commit.dirty,
            environment_key=header.environment.key,
            code_digest=header.code_digest,
            duration_ns=0,
            header=pack(header),
            notes=pack(()),
        )
    )
    lists.insert_line(connection, header)


def insert_pass(connection: Connection, run_id: str, result: PassResult) -> None:
    """Store what one pass brought back."""
    connection.execute(
        pass_results.insert().values(
            run_id=run_id,
            target=readable(result.target),
            pass_name=result.pass_name.value,
            payload=pack(result),
        )
    )
    if result.pass_name is PassName.TIMING:
        lists.insert_times(connection, run_id, result.benchmarks)


def insert_experiments(
    connection: Connection, run_id: str, target: str, outcomes: tuple[ExperimentOutcome, ...]
) -> None:
    """Store what experiments on one target brought."""
    connection.execute(
        pass_results.insert().values(
            run_id=run_id, target=readable(target), pass_name=_EXPERIMENTS, payload=pack(outcomes)
        )
    )


def delete_pass(connection: Connection, run_id: str, result: PassResult) -> None:
    """Remove what the same pass over the same target handed over before."""
    connection.execute(
        pass_results.delete().where(
            pass_results.c.run_id == run_id,
            pass_results.c.target == readable(result.target),
            pass_results.c.pass_name == result.pass_name.value,
        )
    )
    if result.pass_name is PassName.TIMING:
        lists.delete_times(connection, run_id, result.target)


def update_run(
    connection: Connection, run_id: str, *, state: RunState, duration_ns: int, notes: tuple[str, ...]
) -> None:
    """Store how a run ended."""
    connection.execute(
        runs.update()
        .where(runs.c.id == run_id)
        .values(state=state.value, duration_ns=duration_ns, notes=pack(notes))
    )


def delete_runs(connection: Connection, run_ids: tuple[str, ...]) -> None:
    """Remove runs with their passes; raises ``UsageError`` for one that is not there."""
    for run_id in run_ids:
        if connection.execute(runs.delete().where(runs.c.id == run_id)).rowcount == 0:
            raise unknown_run(run_id)


def unknown_run(run_id: str) -> UsageError:
    """Return the error for a run that is not in this store."""
    return UsageError(
        f"There is no run {run_id!r}.",
        means="It was removed, or it belongs to another store.",
        do="`perfwatch runs` lists what is stored.",
    )


def load(connection: Connection, run_id: str, *, passes: tuple[PassName, ...] = tuple(PassName)) -> Run:
    """Load a run by its whole id, with the results of the named passes alone."""
    row = connection.execute(
        select(runs.c.header, runs.c.state, runs.c.duration_ns, runs.c.notes).where(runs.c.id == run_id)
    ).one_or_none()
    if row is None:
        raise unknown_run(run_id)
    payloads = connection.execute(
        select(pass_results.c.payload)
        .where(pass_results.c.run_id == run_id, pass_results.c.pass_name.in_([one.value for one in passes]))
        .order_by(pass_results.c.sequence)
    ).scalars()
    run = assemble(
        unpack(row.header, RunHeader),
        [unpack(payload, PassResult) for payload in payloads],
        state=RunState(row.state),
        duration_ns=row.duration_ns,
        notes=unpack(row.notes, tuple[str, ...]),
    )
    return replace(run, experiments=_experiments_of(connection, run_id))


def _experiments_of(connection: Connection, run_id: str) -> tuple[ExperimentOutcome, ...]:
    payloads = connection.execute(
        select(pass_results.c.payload)
        .where(pass_results.c.run_id == run_id, pass_results.c.pass_name == _EXPERIMENTS)
        .order_by(pass_results.c.sequence)
    ).scalars()
    return tuple(one for payload in payloads for one in unpack(payload, tuple[ExperimentOutcome, ...]))


def known_runs(connection: Connection) -> list[KnownRun]:
    """Return every run by id and revision, newest first."""
    rows = connection.execute(select(runs.c.id, runs.c.revision).order_by(*NEWEST_FIRST))
    return [KnownRun(id=row.id, revision=row.revision) for row in rows]


def run_rows(connection: Connection, *, limit: int | None, target_key: str | None) -> list[RunRow]:
    """Return runs in short, newest first: at most ``limit``, of the target if one is named."""
    named: dict[str, list[str]] = {}
    for row in connection.execute(select(baselines.c.name, baselines.c.run_id).order_by(baselines.c.name)):
        named.setdefault(row.run_id, []).append(row.name)
    rows = (_run_row(row, named.get(row.id, [])) for row in connection.execute(_in_short()))
    return list(islice(_of_target(rows, target_key), limit))


def _of_target(rows: Iterable[RunRow], target_key: str | None) -> Iterable[RunRow]:
    return (row for row in rows if target_key is None or readable(target_key) in row.target_keys)


def _in_short() -> Select[tuple[object, ...]]:
    passes = (
        select(
            pass_results.c.run_id,
            func.count().filter(pass_results.c.pass_name != _EXPERIMENTS).label("passes_count"),
            func.sum(func.length(pass_results.c.payload)).label("payload_bytes"),
        )
        .group_by(pass_results.c.run_id)
        .subquery()
    )
    return (
        select(
            *LISTED,
            (func.length(runs.c.header) + func.coalesce(passes.c.payload_bytes, 0)).label("size_bytes"),
            func.coalesce(passes.c.passes_count, 0).label("passes_count"),
        )
        .join_from(runs, passes, runs.c.id == passes.c.run_id, isouter=True)
        .order_by(*NEWEST_FIRST)
    )


def _run_row(row: Row[tuple[object, ...]], names: list[str]) -> RunRow:
    return RunRow(
        id=row.id,
        started_at=row.started_at,
        state=RunState(row.state),
        command=row.command,
        target_keys=tuple(json.loads(row.target_keys)),
        revision=row.revision,
        branch=row.branch,
        dirty=row.dirty,
        size_bytes=row.size_bytes,
        passes_count=row.passes_count,
        baselines=tuple(names),
    )


def last_comparable(connection: Connection, header: RunHeader) -> str | None:
    """Find the last complete run before this one, of the same targets in the same environment.

    A run that is not stored counts as the newest.
    """
    found = connection.execute(
        select(runs.c.id)
        .where(
            _before(connection, header),
            runs.c.state == RunState.COMPLETE.value,
            runs.c.target_keys.in_(comparable_keys(header)),
            runs.c.environment_key == header.environment.key,
        )
        .order_by(*NEWEST_FIRST)
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else str(found)


def _before(connection: Connection, header: RunHeader) -> ColumnElement[bool]:
    own = connection.execute(select(runs.c.number).where(runs.c.id == header.id)).scalar_one_or_none()
    if own is None:
        return runs.c.started_at <= header.started_at
    return or_(
        runs.c.started_at < header.started_at,
        and_(runs.c.started_at == header.started_at, runs.c.number < own),
    )


def earlier_runs(connection: Connection, header: RunHeader) -> list[Run]:
    """Load the complete runs before this one of the same targets in the same environment: newest first, timing alone.

    At most 20. An environment that is not wholly known has no key, and nothing to compare with.
    """
    if not header.environment.key:
        return []
    ids = connection.execute(
        select(runs.c.id)
        .where(
            _before(connection, header),
            runs.c.state == RunState.COMPLETE.value,
            runs.c.target_keys.in_(comparable_keys(header)),
            runs.c.environment_key == header.environment.key,
        )
        .order_by(*NEWEST_FIRST)
        .limit(_SESSIONS_COUNT)
    ).scalars()
    return [load(connection, run_id, passes=(PassName.TIMING,)) for run_id in ids.all()]


def sessions_of(connection: Connection, header: RunHeader) -> list[Run]:
    """Load the complete runs of the same code, targets and environment: newest first, timing alone.

    At most 20. Code whose digest is not known has no sessions.
    """
    if not header.code_digest:
        return []
    ids = connection.execute(
        select(runs.c.id)
        .where(
            runs.c.state == RunState.COMPLETE.value,
            runs.c.code_digest == header.code_digest,
            runs.c.target_keys == keys_of(header),
            runs.c.environment_key == header.environment.key,
        )
        .order_by(*NEWEST_FIRST)
        .limit(_SESSIONS_COUNT)
    ).scalars()
    return [load(connection, run_id, passes=(PassName.TIMING,)) for run_id in ids.all()]
