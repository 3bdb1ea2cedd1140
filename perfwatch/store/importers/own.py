"""Our own files: an exported baseline, and a report's ``report.json``: → a run.

They carry the raw samples by process, the environment with its key and the
digest of the code, so nothing is lacking that a stored run has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfwatch.records.run import (
    Benchmark,
    Commit,
    Custom,
    Environment,
    Failure,
    FailureKind,
    PassName,
    Run,
    RunHeader,
    RunState,
    Target,
)
from perfwatch.records.timing import Timing
from perfwatch.store import baseline_file
from perfwatch.store.importers.content import shown
from perfwatch.store.importers.made import Imported, check_count

if TYPE_CHECKING:
    from perfwatch.store.importers.content import ResultFile

REPORT = "perfwatch.report/"
BASELINE = "perfwatch.baseline/"
_REPORT_SCHEMA = f"{REPORT}1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    id: str
    started_at: str
    command: str
    state: RunState
    targets: tuple[Target, ...]
    environment: Environment
    duration_ns: int = 0
    code_digest: str = ""
    commit: Commit = field(default_factory=Commit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Benchmark:
    name: str
    target: str | None
    group: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    items_count: int | None = None
    timing: Timing | None = None
    metrics: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    target: str
    kind: FailureKind
    message: str
    benchmark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Custom:
    name: str
    values: tuple[float | None, ...]
    at_ns: tuple[int, ...] = ()
    direction: str = "lower"
    unit: str = ""
    benchmark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    run: _Run
    benchmarks: tuple[_Benchmark, ...]
    custom: tuple[_Custom, ...] = ()
    failures: tuple[_Failure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Schema:
    schema: str


def read_baseline(file: ResultFile) -> Imported:
    """Read an exported baseline."""
    schema = file.decoded(_Schema).schema
    if schema != baseline_file.SCHEMA:
        raise file.too_new("perfwatch", schema, baseline_file.SCHEMA)
    document = baseline_file.read(file.path)
    check_count(file, len(document.benchmarks))
    benchmarks = tuple(one for result in baseline_file.results_of(document) for one in result.benchmarks)
    run = Run(header=document.header, state=document.state, benchmarks=benchmarks, custom=document.custom)
    return Imported(run=run, written_by=f"perfwatch, the baseline '{shown(document.name)}'")


def read_report(file: ResultFile) -> Imported:
    """Read a ``report.json``; benchmarks that only its own base had are left out."""
    schema = file.decoded(_Schema).schema
    if schema != _REPORT_SCHEMA:
        raise file.too_new("perfwatch", schema, _REPORT_SCHEMA)
    document = file.decoded(_Report)
    check_count(file, len(document.benchmarks))
    benchmarks = tuple(_benchmark(one, one.target) for one in document.benchmarks if one.target is not None)
    for benchmark in benchmarks:
        processes = benchmark.timing.processes if benchmark.timing else ()
        if not all(baseline_file.is_sound(process) for process in processes):
            raise file.refused(f"the samples of '{shown(benchmark.name)}' do not fit together")
    names = [(benchmark.target, benchmark.name) for benchmark in benchmarks]
    if len(set(names)) < len(names):
        raise file.refused("a benchmark is in it twice")
    return Imported(run=_run(document, benchmarks), written_by="perfwatch, a report")


def _run(document: _Report, benchmarks: tuple[Benchmark, ...]) -> Run:
    run = document.run
    header = RunHeader(
        id=run.id,
        started_at=run.started_at,
        command=run.command,
        targets=run.targets,
        environment=run.environment,
        commit=run.commit,
        code_digest=run.code_digest,
    )
    failures = tuple(
        Failure(
            target=one.target,
            pass_name=PassName.TIMING,
            kind=one.kind,
            message=one.message,
            benchmark=one.benchmark,
        )
        for one in document.failures
    )
    return Run(
        header=header,
        state=run.state,
        duration_ns=run.duration_ns,
        benchmarks=benchmarks,
        custom=tuple(_figure(one) for one in document.custom),
        failures=failures,
    )


def _figure(one: _Custom) -> Custom:
    """The figure without values that JSON could not say, and without their times."""
    kept = [index for index, value in enumerate(one.values) if value is not None]
    return Custom(
        name=one.name,
        values=tuple(value for value in one.values if value is not None),
        at_ns=tuple(one.at_ns[index] for index in kept if index < len(one.at_ns)),
        direction=one.direction,
        unit=one.unit,
        benchmark=one.benchmark,
    )


def _benchmark(one: _Benchmark, target: str) -> Benchmark:
    return Benchmark(
        name=one.name,
        target=target,
        group=one.group,
        parameters=one.parameters,
        items_count=one.items_count,
        timing=one.timing,
        metrics={name: value for name, value in one.metrics.items() if value is not None},
    )
