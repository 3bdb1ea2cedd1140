"""pytest-benchmark's JSON, of ``--benchmark-json`` and ``--benchmark-save``: → a run.

The file's ``version`` is the program's; 3, 4 and 5 write the same fields, in
seconds of one call. All rounds of a benchmark come from the one process that ran
pytest. Rounds are kept by ``--benchmark-json`` and ``--benchmark-save-data``;
else only their summary is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfwatch.records.run import Benchmark, Commit, Environment, TargetKind
from perfwatch.records.timing import ProcessTiming, Timing
from perfwatch.store.importers import figures
from perfwatch.store.importers.made import Found, Imported, check_count, imported

if TYPE_CHECKING:
    from perfwatch.store.importers.content import ResultFile

TOOL = "pytest-benchmark"
_KNOWN_VERSIONS = ("3", "4", "5")
_ONE_PROCESS = "all rounds of a benchmark ran in one process, so how much processes differ is not known"
_LACKS = (
    f"{_ONE_PROCESS}.",
    "only the wall clock was read, so a busy neighbour cannot be told from slower code.",
)
_SUMMARY_ALONE = "the rounds of {} were not saved, only their summary (--benchmark-save-data saves them)."
_NOT_FOR_VERDICTS = f"{_ONE_PROCESS}; use perfwatch gate"
#: An object's address differs from run to run, and is no parameter.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PARAMETER_LIMIT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stats:
    median: float
    rounds: int
    iterations: int = 1
    data: list[float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Benchmark:
    fullname: str
    stats: _Stats
    group: str | None = None
    params: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    # Machine and commit may be replaced by the project's own hooks, hence be anything.
    version: str
    datetime: str
    benchmarks: list[_Benchmark]
    machine_info: dict[str, Any]
    commit_info: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    version: str


def read(file: ResultFile) -> Imported:
    """Read a file of pytest-benchmark."""
    version = file.decoded(_Version).version
    if version.partition(".")[0] not in _KNOWN_VERSIONS:
        raise file.too_new(TOOL, version, ", ".join(_KNOWN_VERSIONS))
    document = file.decoded(_File)
    check_count(file, len(document.benchmarks))
    summaries = sum(not one.stats.data for one in document.benchmarks)
    which = "all benchmarks" if summaries == len(document.benchmarks) else f"{summaries} benchmarks"
    found = Found(
        tool=TOOL,
        version=version,
        kind=TargetKind.PYTEST,
        environment=_environment(document.machine_info),
        started_at=figures.instant_in(document.datetime),
        lacks=_LACKS if not summaries else (*_LACKS, _SUMMARY_ALONE.format(which)),
        commit=_commit(document.commit_info or {}),
        benchmarks=tuple(_benchmark(file, one) for one in document.benchmarks),
    )
    return imported(file, found)


def _benchmark(file: ResultFile, one: _Benchmark) -> Benchmark:
    return Benchmark(
        name=one.fullname,
        target=TOOL,
        group=one.group,
        parameters={
            name: _ADDRESS.sub("", repr(value))[:_PARAMETER_LIMIT]
            for name, value in (one.params or {}).items()
        },
        timing=_timing(file, one.fullname, one.stats),
    )


def _timing(file: ResultFile, name: str, stats: _Stats) -> Timing:
    calls = stats.iterations
    totals = tuple(figures.total_ns(file, name, value, calls) for value in stats.data or ())
    processes = (ProcessTiming(id="one", loops_count=calls, wall_ns=totals, cpu_ns=()),) if totals else ()
    median_ns = figures.per_call_ns(file, name, stats.median)
    figures.total_ns(file, name, stats.median, calls)
    return Timing(processes=processes, median_ns=median_ns, for_verdicts=False, notes=(_NOT_FOR_VERDICTS,))


def _environment(machine: dict[str, Any]) -> Environment:
    found = machine.get("cpu")
    cpu: dict[str, Any] = found if isinstance(found, dict) else {}
    system, release = figures.text(machine, "system"), figures.text(machine, "release")
    return figures.environment_of(
        system=f"{system} {'.'.join(release.split('.')[:2])}".strip() if system else "",
        machine=figures.text(machine, "machine"),
        processor=figures.text(cpu, "brand_raw", "brand") or figures.text(machine, "processor"),
        cores_count=figures.count(cpu, "count"),
        python=figures.version_in(figures.text(machine, "python_version")),
        implementation=figures.text(machine, "python_implementation"),
    )


def _commit(info: dict[str, Any]) -> Commit:
    revision, dirty = figures.text(info, "id"), info.get("dirty")
    if revision in {"", "unversioned"}:
        return Commit()
    return Commit(
        revision=revision,
        branch=figures.text(info, "branch") or None,
        dirty=dirty if isinstance(dirty, bool) else None,
    )
