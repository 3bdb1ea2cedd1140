"""asv's results of one commit in one environment: → a run.

A benchmark has one result for each set of its parameters, in the order of their
product: a median in seconds, an amount, nothing where it failed, NaN where its
set-up asked to be left out. What is measured, and the parameters' names, stand in
``benchmarks.json``; without it the benchmark's name tells, by asv's own rule.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.records.run import (
    Benchmark,
    Commit,
    Custom,
    Environment,
    Failure,
    FailureKind,
    PassName,
    TargetKind,
)
from perfwatch.records.timing import ProcessTiming, Timing
from perfwatch.store.importers import figures
from perfwatch.store.importers.asv_rows import (
    LEFT_OUT,
    TOOL,
    Described,
    Document,
    Row,
    descriptions_beside,
    document_of,
    row_of,
)
from perfwatch.store.importers.content import shown
from perfwatch.store.importers.made import Found, Imported, check_count, imported

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perfwatch.store.importers.content import ResultFile

_TIME, _PEAK, _OBJECT, _TRACK = "time", "peakmemory", "memory", "track"
_TIMES = (_TIME, "timeraw")
#: The beginnings that asv tells benchmarks by; the longer first.
_BEGINNINGS = {
    "timeraw_": _TIME,
    "time_": _TIME,
    "peakmem_": _PEAK,
    "mem_": _OBJECT,
    "track_": _TRACK,
    "timeraw": _TIME,
    "time": _TIME,
    "peakmem": _PEAK,
    "mem": _OBJECT,
    "track": _TRACK,
}
_METRICS = {_PEAK: "peak_resident_bytes", _OBJECT: "object_bytes"}
_NO_PROCESSES = (
    "samples are kept without the process that each came from, so how much processes differ is not known"
)
_MEDIAN_ALONE = "only a median was kept, so how much processes differ is not known"
_MEDIANS = "only medians and quantiles were kept of {} (--record-samples keeps samples)."
_WALL = "only the wall clock was read, so a busy neighbour cannot be told from slower code."
_NO_DESCRIPTIONS = "benchmarks.json is not beside it, so what is measured is told by the benchmarks' names."
_FAILED = "asv has no result of it: it failed, or took longer than its time-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One benchmark with one set of parameters."""

    row: Row
    index: int
    name: str
    parameters: dict[str, str]
    kind: str
    unit: str


def read(file: ResultFile) -> Imported:
    """Read a file of asv."""
    document = document_of(file)
    described = descriptions_beside(file)
    rows = [row_of(file, document, name) for name in document.results]
    check_count(file, sum(_sets_count(file, row) for row in rows))
    cases = [case for row in rows for case in _cases(row, described or {}) if _value(case) != LEFT_OUT]
    started = [row.started_at_ms for row in rows if row.started_at_ms is not None]
    when = min(started) if started else document.date
    found = Found(
        tool=TOOL,
        version="",
        kind=TargetKind.ASV,
        environment=_environment(document),
        started_at=None if when is None else figures.instant_of_ms(when),
        lacks=tuple(_lacks(cases, described)),
        commit=Commit(revision=document.commit_hash or None),
        benchmarks=tuple(_benchmark(file, case) for case in cases if case.kind != _TRACK),
        failures=tuple(_failure(case) for case in cases if _value(case) is None),
        custom=tuple(
            _custom(file, case) for case in cases if case.kind == _TRACK and _value(case) is not None
        ),
    )
    return imported(file, found)


def _sets_count(file: ResultFile, row: Row) -> int:
    """Return how many sets of parameters the row has; lists that do not fit them are refused."""
    sets = math.prod(len(values) for values in row.params)
    check_count(file, sets)
    lists = (row.results, row.numbers, row.samples)
    if any(found and len(found) != sets for found in lists) or row.results == []:
        raise file.refused(f"'{shown(row.name)}' has another number of results than of parameters")
    return sets


def _cases(row: Row, described: Mapping[str, Described]) -> Iterator[_Case]:
    known = described.get(row.name, Described())
    names = [*known.param_names, *(f"param{n + 1}" for n in range(len(known.param_names), len(row.params)))]
    for index, values in enumerate(itertools.product(*row.params)):
        yield _Case(
            row=row,
            index=index,
            name=f"{row.name}({', '.join(values)})" if values else row.name,
            parameters=dict(zip(names, values, strict=False)),
            kind=_kind(row.name, known.type),
            unit=known.unit,
        )


def _kind(name: str, described: str) -> str:
    if described:
        return _TIME if described in _TIMES else described if described in _METRICS else _TRACK
    last = name.rpartition(".")[2].lower()
    return next((kind for beginning, kind in _BEGINNINGS.items() if last.startswith(beginning)), _TRACK)


def _value(case: _Case) -> float | str | None:
    return None if case.row.results is None else case.row.results[case.index]


def _figure(file: ResultFile, case: _Case) -> float | None:
    value = _value(case)
    if isinstance(value, str):
        raise file.refused(f"'{shown(case.name)}' has a result of '{shown(value)}'")
    return value


def _benchmark(file: ResultFile, case: _Case) -> Benchmark:
    value = _figure(file, case)
    timing, metrics = None, {}
    if value is not None and case.kind == _TIME:
        timing = _timing(file, case, value)
    elif value is not None:
        metrics = {_METRICS[case.kind]: figures.amount(file, case.name, value)}
    return Benchmark(
        name=case.name,
        target=TOOL,
        parameters=case.parameters,
        timing=timing,
        metrics=metrics,
        code_version=case.row.code_version,
    )


def _timing(file: ResultFile, case: _Case, seconds: float) -> Timing:
    """The samples where they were recorded, as one process's, for want of knowing better; else the median alone."""
    median_ns = figures.per_call_ns(file, case.name, seconds)
    samples, calls = _samples(case), _calls_count(case)
    totals = tuple(figures.total_ns(file, case.name, value, calls) for value in samples)
    process = ProcessTiming(id="all", loops_count=calls, wall_ns=totals, cpu_ns=())
    return Timing(
        processes=(process,) if totals else (),
        median_ns=median_ns,
        for_verdicts=False,
        notes=(f"{_NO_PROCESSES if totals else _MEDIAN_ALONE}; use perfwatch gate",),
    )


def _samples(case: _Case) -> list[float]:
    return (case.row.samples[case.index] if case.row.samples else None) or []


def _calls_count(case: _Case) -> int:
    return (case.row.numbers[case.index] if case.row.numbers else None) or 1


def _custom(file: ResultFile, case: _Case) -> Custom:
    value = _figure(file, case)
    values = () if value is None else (value,)
    return Custom(name=case.name, values=values, unit=case.unit, benchmark=case.name)


def _failure(case: _Case) -> Failure:
    return Failure(
        target=TOOL,
        pass_name=PassName.TIMING,
        kind=FailureKind.EXCEPTION,
        message=_FAILED,
        benchmark=case.name,
    )


def _lacks(cases: list[_Case], described: object) -> Iterator[str]:
    timed = [case for case in cases if case.kind == _TIME and _value(case) is not None]
    bare = sum(not _samples(case) for case in timed)
    if len(timed) > bare:
        yield f"{_NO_PROCESSES}."
    if bare:
        yield _MEDIANS.format("all benchmarks" if bare == len(timed) else f"{bare} benchmarks")
    if timed:
        yield _WALL
    if described is None:
        yield _NO_DESCRIPTIONS


def _environment(document: Document) -> Environment:
    facts = document.params
    system, _, release = figures.text(facts, "os").partition(" ")
    # A version alone is CPython's; another interpreter, or a path to one, says so in its name.
    python = document.python.replace("\\", "/").rsplit("/", 1)[-1]
    return figures.environment_of(
        system=f"{system} {'.'.join(release.split('.')[:2])}".strip(),
        machine=figures.text(facts, "arch"),
        processor=figures.text(facts, "cpu"),
        cores_count=figures.count(facts, "num_cpu"),
        memory_bytes=_memory_bytes(figures.count(facts, "ram")),
        python=figures.version_in(python),
        implementation="PyPy" if python.startswith("pypy") else "CPython" if python[:1].isdigit() else "",
        libraries={
            name: found
            for name in document.requirements
            if (found := figures.text(document.requirements, name))
        },
        threads={
            name: found for name in document.env_vars if (found := figures.text(document.env_vars, name))
        },
    )


def _memory_bytes(ram: int) -> int:
    """Early versions of asv wrote kilobytes, which no machine that runs it has so few of in bytes."""
    return ram if ram >= _LEAST_MEMORY_BYTES else 0


_LEAST_MEMORY_BYTES = 1 << 28
