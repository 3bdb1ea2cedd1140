"""pyperf's JSON, packed or not: → a run.

Versions of the format: 6 (pyperf 0.9.6) and ``"1.0"`` (pyperf 1.0 and later), in
which only the warm-ups differ, which we do not read. A fact stands at the file,
its benchmark or its run; the nearest wins. A value is the time of one call in
seconds (or bytes, or a count: the unit says so), one worker process a run. Runs
without values only calibrated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.records.run import Benchmark, Custom, Environment, TargetKind
from perfwatch.records.timing import ProcessTiming, Timing
from perfwatch.stats.interval import Estimate, geometric_interval
from perfwatch.stats.location import geometric_mean, median
from perfwatch.store.importers import figures
from perfwatch.store.importers.made import Found, Imported, check_count, imported

if TYPE_CHECKING:
    from perfwatch.store.importers.content import ResultFile

TOOL = "pyperf"
_KNOWN_VERSIONS = ("6", "1.0")
_LACKS = (
    "only the wall clock was read, so a busy neighbour cannot be told from slower code.",
    "which code was measured is not in the file, so that no other session of it can be found.",
)
_LOCAL_TIME = "times are written without their zone; the date is shown as if it were UTC."
_SECOND, _BYTE = "second", "byte"
_UNNAMED = "unnamed"
_MACHINES = ("x86_64", "AMD64", "aarch64", "arm64", "i686", "ppc64le", "s390x", "riscv64", "armv7l")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    metadata: dict[str, Any] = field(default_factory=dict)
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Benchmark:
    runs: list[_Run]
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    benchmarks: list[_Benchmark]
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    version: str | int | float


def read(file: ResultFile) -> Imported:
    """Read a file of pyperf."""
    version = file.decoded(_Version).version
    if str(version) not in _KNOWN_VERSIONS:
        raise file.too_new(TOOL, f"{version} of the format", " and ".join(_KNOWN_VERSIONS))
    document = file.decoded(_File)
    check_count(file, len(document.benchmarks))
    made = [_made(file, one, document.metadata | one.metadata) for one in document.benchmarks]
    facts = document.metadata | (document.benchmarks[0].metadata if document.benchmarks else {})
    dates = [date for one in document.benchmarks for run in one.runs if (date := _date(run))]
    found = Found(
        tool=TOOL,
        version=figures.text(facts, "perf_version"),
        kind=TargetKind.SCRIPT,
        environment=_environment(facts),
        started_at=figures.instant_in(min(dates)) if dates else None,
        lacks=(*_LACKS, _LOCAL_TIME) if dates else _LACKS,
        benchmarks=tuple(one for one in made if isinstance(one, Benchmark)),
        custom=tuple(one for one in made if isinstance(one, Custom)),
    )
    return imported(file, found)


def _made(file: ResultFile, one: _Benchmark, facts: dict[str, Any]) -> Benchmark | Custom:
    """A benchmark of time or of bytes; anything else is a figure of the benchmark's own."""
    name = figures.text(facts, "name") or _UNNAMED
    unit = figures.text(facts, "unit") or _SECOND
    values = [run for run in one.runs if run.values]
    if unit == _SECOND:
        processes = tuple(
            _process(file, name, run, (facts | run.metadata, number)) for number, run in enumerate(values)
        )
        return Benchmark(name=name, target=TOOL, timing=_timing(processes) if processes else None)
    every = tuple(value for run in values for value in run.values)
    if unit == _BYTE:
        amounts = {"memory_bytes": figures.amount(file, name, median(every))} if every else {}
        return Benchmark(name=name, target=TOOL, metrics=amounts)
    return Custom(name=name, values=every, unit=unit, benchmark=name)


def _process(file: ResultFile, name: str, run: _Run, at: tuple[dict[str, Any], int]) -> ProcessTiming:
    """The samples of one worker, as totals of its loops."""
    facts, number = at
    calls = (figures.count(facts, "loops") or 1) * (figures.count(facts, "inner_loops") or 1)
    totals = tuple(figures.total_ns(file, name, value, calls) for value in run.values)
    return ProcessTiming(id=f"p{number + 1}", loops_count=calls, wall_ns=totals, cpu_ns=(), order=number)


def _timing(processes: tuple[ProcessTiming, ...]) -> Timing:
    levels = [median(process.wall_ns) / process.loops_count for process in processes]
    estimate = geometric_interval(levels) if min(levels) > 0 else None
    return Timing(
        processes=processes,
        median_ns=geometric_mean(levels),
        interval_ns=_bounds(estimate),
    )


def _bounds(estimate: Estimate | None) -> tuple[float, float] | None:
    if estimate is None or estimate.low is None or estimate.high is None:
        return None
    return estimate.low, estimate.high


def _date(run: _Run) -> str:
    return figures.text(run.metadata, "date") if run.values else ""


def _environment(facts: dict[str, Any]) -> Environment:
    # Linux-6.18.44-x86_64-with-glibc2.36, macOS-14.5-arm64-arm-64bit, Windows-10-10.0.19045-SP0
    system, _, rest = figures.text(facts, "platform").partition("-")
    release = ".".join(rest.partition("-")[0].split(".")[:2])
    return figures.environment_of(
        system=f"{system} {release}".strip(),
        machine=next((one for one in _MACHINES if one in rest.split("-")), ""),
        processor=figures.text(facts, "cpu_model_name"),
        cores_count=figures.count(facts, "cpu_count"),
        python=figures.version_in(figures.text(facts, "python_version")),
        implementation=figures.text(facts, "python_implementation"),
    )
