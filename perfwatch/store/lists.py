"""Lists of runs, lists of benchmarks and histories, out of columns: no document is decoded for them.

Functions take an open connection: whoever calls them holds the transaction.
This module must not group, judge or word anything.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, func, select

from perfwatch.records.comparison import Summary
from perfwatch.records.history import BenchmarkLine, Machine, Point, RunFilter, RunLine, RunPage
from perfwatch.records.run import Commit, RunState
from perfwatch.store.documents import readable
from perfwatch.store.slugs import slug_of
from perfwatch.store.tables import LISTED, NEWEST_FIRST, baselines, benchmark_times, run_lines, runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

    from perfwatch.records.run import Benchmark, RunHeader

_COUNTS = tuple(field.name for field in fields(Summary))
_MACHINE = ("processor", "cores_count", "memory_bytes", "implementation", "python", "system")
#: What can be chosen of a filter; what is beyond is reached by its address.
_CHOICES_LIMIT = 500


# In.


def insert_line(connection: Connection, header: RunHeader) -> None:
    """Store what a list shows of a run's header."""
    environment = header.environment
    facts = {name: getattr(environment, name) for name in _MACHINE}
    facts = {name: readable(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
    connection.execute(run_lines.insert().values(run_id=header.id, **facts))


def insert_times(connection: Connection, run_id: str, benchmarks: Iterable[Benchmark]) -> None:
    """Store the times of benchmarks that have one; a profiling pass's times are none."""
    rows = [row for benchmark in benchmarks for row in _time_row(run_id, benchmark)]
    if rows:
        connection.execute(benchmark_times.insert(), rows)


def _time_row(run_id: str, benchmark: Benchmark) -> list[dict[str, Any]]:
    timing = benchmark.timing
    if timing is None or timing.median_ns is None or not math.isfinite(timing.median_ns):
        return []
    target, name = readable(benchmark.target), readable(benchmark.name)
    low_ns, high_ns = timing.interval_ns or (None, None)
    return [
        {
            "run_id": run_id,
            "target": target,
            "name": name,
            "slug": slug_of(target, name),
            "median_ns": timing.median_ns,
            "low_ns": low_ns,
            "high_ns": high_ns,
            "for_verdicts": timing.for_verdicts,
        }
    ]


def delete_times(connection: Connection, run_id: str, target: str) -> None:
    """Remove the times that a pass over the target handed over before."""
    connection.execute(
        benchmark_times.delete().where(
            benchmark_times.c.run_id == run_id, benchmark_times.c.target == readable(target)
        )
    )


def update_summary(connection: Connection, run_id: str, summary: Summary) -> None:
    """Store how often each verdict was given, and how many findings there are."""
    connection.execute(run_lines.update().where(run_lines.c.run_id == run_id).values(**asdict(summary)))


def without_summary(connection: Connection) -> list[str]:
    """Return the ids of ended runs that were never summed up, newest first."""
    found = connection.execute(
        select(runs.c.id)
        .join_from(runs, run_lines, runs.c.id == run_lines.c.run_id)
        .where(run_lines.c.findings.is_(None), runs.c.state != RunState.RUNNING.value)
        .order_by(*NEWEST_FIRST)
    )
    return [str(run_id) for run_id in found.scalars()]


# Runs out.


def run_page(connection: Connection, wanted: RunFilter, *, first: int, count: int) -> RunPage:
    """Return ``count`` of the runs that a filter lets through, from the ``first`` (0 is the newest) on.

    Raises ``ValueError`` where a day is none.
    """
    conditions = _conditions(wanted)
    # Chosen first, joined after: the rows before the page are then counted, and not read.
    chosen = (
        _matching(select(runs.c.number), wanted, conditions)
        .order_by(*NEWEST_FIRST)
        .limit(count)
        .offset(first)
    )
    rows = connection.execute(_in_full().where(runs.c.number.in_(chosen.scalar_subquery())))
    found = rows.all()
    ids = [row.id for row in found]
    longest, named = _longest(connection, ids), _names(connection, ids)
    matching = _matching(select(func.count()).select_from(runs), wanted, conditions)
    return RunPage(
        runs=tuple(_run_line(row, longest.get(row.id), named.get(row.id, [])) for row in found),
        matching_count=connection.execute(matching).scalar_one(),
        stored_count=connection.execute(select(func.count()).select_from(runs)).scalar_one(),
        targets=_targets(connection),
        branches=_branches(connection),
    )


def _conditions(wanted: RunFilter) -> list[Any]:
    conditions: list[Any] = []
    if wanted.target:
        # The keys are a JSON list: a key in it stands between quotes. LIKE would not tell upper case from lower.
        key = json.dumps(wanted.target, ensure_ascii=False)
        conditions.append(func.replace(runs.c.target_keys, key, "") != runs.c.target_keys)
    if wanted.branch:
        conditions.append(runs.c.branch == wanted.branch)
    if wanted.verdict is not None:
        conditions.append(run_lines.c[wanted.verdict.value] > 0)
    if wanted.since:
        conditions.append(runs.c.started_at >= date.fromisoformat(wanted.since).isoformat())
    if wanted.until:
        conditions.append(runs.c.started_at < _day_after(wanted.until))
    return conditions


def _day_after(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except OverflowError as error:
        raise ValueError(str(error)) from error


def _matching(query: Select[Any], wanted: RunFilter, conditions: Sequence[Any]) -> Select[Any]:
    if wanted.verdict is not None:
        query = query.join(run_lines, runs.c.id == run_lines.c.run_id)
    return query.where(and_(True, *conditions))  # noqa: FBT003 - SQLAlchemy's own way to begin with nothing


def _in_full() -> Select[Any]:
    return (
        select(
            *LISTED,
            runs.c.environment_key,
            *(run_lines.c[name] for name in (*_MACHINE, *_COUNTS)),
        )
        .join_from(runs, run_lines, runs.c.id == run_lines.c.run_id, isouter=True)
        .order_by(*NEWEST_FIRST)
    )


def _longest(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, float, int]]:
    """Map runs to their longest benchmark, its median in ns, and how many benchmarks were timed."""
    rows = connection.execute(
        select(benchmark_times.c.run_id, benchmark_times.c.name, benchmark_times.c.median_ns)
        .where(benchmark_times.c.run_id.in_(ids))
        .order_by(benchmark_times.c.median_ns.desc(), benchmark_times.c.sequence)
    ).all()
    found: dict[str, tuple[str, float, int]] = {}
    for row in rows:
        name, median_ns, count = found.get(row.run_id, (row.name, row.median_ns, 0))
        found[row.run_id] = (name, median_ns, count + 1)
    return found


def _names(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    rows = connection.execute(
        select(baselines.c.name, baselines.c.run_id)
        .where(baselines.c.run_id.in_(ids))
        .order_by(baselines.c.name)
    )
    for row in rows:
        named.setdefault(row.run_id, []).append(row.name)
    return named


def _run_line(row: Row[Any], longest: tuple[str, float, int] | None, names: list[str]) -> RunLine:
    name, median_ns, count = longest or ("", None, 0)
    judged = row.findings is not None
    return RunLine(
        id=row.id,
        started_at=row.started_at,
        state=RunState(row.state),
        command=row.command,
        target_keys=tuple(json.loads(row.target_keys)),
        commit=_commit(row),
        machine=_machine(row),
        longest=name,
        longest_ns=median_ns,
        benchmarks_count=count,
        summary=Summary(**{each: getattr(row, each) for each in _COUNTS}) if judged else None,
        baselines=tuple(names),
    )


def _commit(row: Any) -> Commit:
    return Commit(revision=row.revision, branch=row.branch, dirty=row.dirty)


def _machine(row: Any) -> Machine:
    # Where no line was joined there is nothing; the record's own defaults say so.
    known = {name: getattr(row, name) for name in _MACHINE if getattr(row, name) is not None}
    return Machine(key=row.environment_key, **known)


def _targets(connection: Connection) -> tuple[str, ...]:
    listed = connection.execute(select(runs.c.target_keys).distinct().limit(_CHOICES_LIMIT)).scalars()
    return tuple(sorted({key for keys in listed for key in json.loads(keys)}))[:_CHOICES_LIMIT]


def _branches(connection: Connection) -> tuple[str, ...]:
    found = connection.execute(
        select(runs.c.branch).where(runs.c.branch.is_not(None)).distinct().limit(_CHOICES_LIMIT)
    )
    return tuple(sorted(found.scalars()))


# Benchmarks out.


def benchmark_lines(
    connection: Connection, *, slug: str | None = None, name: str | None = None
) -> list[BenchmarkLine]:
    """Return benchmarks by name: all that have a time, or those of a slug or of a name."""
    newest = select(
        func.max(benchmark_times.c.sequence).label("last"), func.count().label("points_count")
    ).group_by(benchmark_times.c.slug)
    if slug is not None:
        newest = newest.where(benchmark_times.c.slug == slug)
    if name is not None:
        newest = newest.where(benchmark_times.c.name == name)
    last = newest.subquery()
    rows = connection.execute(
        select(
            benchmark_times.c.name,
            benchmark_times.c.target,
            benchmark_times.c.slug,
            last.c.points_count,
            benchmark_times.c.run_id,
            benchmark_times.c.median_ns,
            runs.c.started_at,
        )
        .join_from(last, benchmark_times, last.c.last == benchmark_times.c.sequence)
        .join(runs, runs.c.id == benchmark_times.c.run_id)
        .order_by(benchmark_times.c.name, benchmark_times.c.target)
    )
    return [BenchmarkLine(**row._mapping) for row in rows]  # noqa: SLF001 - a row's public mapping, spelt so


def points_of(connection: Connection, slug: str) -> list[Point]:
    """Return a benchmark's times over all runs, oldest first."""
    rows = connection.execute(
        select(
            runs.c.id,
            runs.c.started_at,
            runs.c.revision,
            runs.c.branch,
            runs.c.dirty,
            runs.c.environment_key,
            benchmark_times.c.median_ns,
            benchmark_times.c.low_ns,
            benchmark_times.c.high_ns,
            benchmark_times.c.for_verdicts,
            *(run_lines.c[name] for name in _MACHINE),
        )
        .join_from(benchmark_times, runs, benchmark_times.c.run_id == runs.c.id)
        .join(run_lines, run_lines.c.run_id == runs.c.id, isouter=True)
        .where(benchmark_times.c.slug == slug)
        .order_by(runs.c.started_at, runs.c.number)
    )
    return [
        Point(
            run_id=row.id,
            started_at=row.started_at,
            commit=_commit(row),
            machine=_machine(row),
            median_ns=row.median_ns,
            interval_ns=None if row.low_ns is None or row.high_ns is None else (row.low_ns, row.high_ns),
            for_verdicts=row.for_verdicts,
        )
        for row in rows
    ]
