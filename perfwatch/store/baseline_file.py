"""A baseline as a JSON file that a project can commit.

It holds what a comparison needs: the run's header, timings, metrics and the
target's own figures; no profiles, no sources, and no path outside the project.
The same baseline always gives the same bytes. This module must not touch the
database.
"""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any, Final, Literal

import msgspec

from perfwatch.errors import UsageError
from perfwatch.records.run import (
    Benchmark,
    Custom,
    PassName,
    PassResult,
    Run,
    RunHeader,
    RunState,
    Target,
)
from perfwatch.records.timing import ProcessTiming, Timing
from perfwatch.store.documents import UNREADABLE, pack
from perfwatch.store.identity import is_run_id

#: 1: the first.
SCHEMA: Final = "perfwatch.baseline/1"

#: A hundred benchmarks with five processes of a thousand samples take 20 MB.
LIMIT_BYTES = 100_000_000

_DO = "Export the baseline again with `perfwatch baseline export NAME FILE`."
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledBenchmark:
    """A benchmark without its profiles."""

    name: str
    target: str
    group: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    items_count: int | None = None
    timing: Timing | None = None
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFile:
    """The document. ``name`` is the baseline's name at its export."""

    schema: Literal["perfwatch.baseline/1"]
    name: str
    note: str
    header: RunHeader
    state: RunState
    duration_ns: int
    benchmarks: tuple[FiledBenchmark, ...]
    custom: tuple[Custom, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    schema: Any = None


def filed(name: str, note: str, run: Run) -> BaselineFile:
    """Take from a run what goes into the file."""
    return BaselineFile(
        schema=SCHEMA,
        name=name,
        note=note,
        header=_without_places(run.header),
        state=run.state,
        duration_ns=run.duration_ns,
        benchmarks=tuple(_filed_benchmark(benchmark) for benchmark in run.benchmarks),
        custom=tuple(_finite(custom) for custom in run.custom),
    )


def _finite(custom: Custom) -> Custom:
    """The figure without values that JSON cannot say, and without their times."""
    kept = [index for index, value in enumerate(custom.values) if math.isfinite(value)]
    return replace(
        custom,
        values=tuple(custom.values[index] for index in kept),
        at_ns=tuple(custom.at_ns[index] for index in kept if index < len(custom.at_ns)),
    )


def results_of(document: BaselineFile) -> list[PassResult]:
    """Return the results of passes that make the filed run again."""
    keys = dict.fromkeys(benchmark.target for benchmark in document.benchmarks)
    results = [
        PassResult(
            target=key,
            pass_name=PassName.TIMING,
            benchmarks=tuple(_benchmark(one) for one in document.benchmarks if one.target == key),
        )
        for key in keys
    ]
    if document.custom:
        target = document.header.targets[0].key if document.header.targets else ""
        results.append(PassResult(target=target, pass_name=PassName.TIMING, custom=document.custom))
    return results


def write(document: BaselineFile, file: Path) -> None:
    """Write the file whole or not at all; an existing one is replaced."""
    text = _pretty(msgspec.to_builtins(document, order="deterministic"), "") + "\n"
    partial = file.with_name(f".{file.name}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise UsageError(
            f"{file} cannot be written: {error.strerror or error}.",
            means="The baseline was not exported; the store is as it was.",
            do="Name a file in a folder that exists and may be written.",
        ) from error


def read(file: Path) -> BaselineFile:
    """Read and validate a file; whatever is wrong with it raises ``UsageError``."""
    data = _content(file)
    try:
        schema = msgspec.json.decode(data, type=_Marked).schema
        if schema != SCHEMA:
            raise _refused(file, f"its schema is {schema!r}, and this perfwatch reads {SCHEMA!r}")
        document = msgspec.json.decode(data, type=BaselineFile)
        pack(document)
    except (*UNREADABLE, RecursionError, OverflowError) as error:
        raise _refused(file, str(error)) from error
    complaint = _complaint(document) or _complaint_about_samples(document)
    if complaint:
        raise _refused(file, complaint)
    return document


def _content(file: Path) -> bytes:
    # A pipe or a device has no end to wait for.
    if not file.is_file():
        raise UsageError(
            f"There is no file {file}.", means="Nothing was imported.", do="Name a file that was exported."
        )
    try:
        with file.open("rb") as stream:
            data = stream.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise _refused(file, str(error)) from error
    if len(data) > LIMIT_BYTES:
        raise _refused(file, f"it is larger than {LIMIT_BYTES // 1_000_000} MB")
    return data


def _refused(file: Path, detail: str) -> UsageError:
    return UsageError(f"{file} is no baseline file: {detail}.", means="Nothing was imported.", do=_DO)


def _complaint(document: BaselineFile) -> str:
    """Say what is wrong beyond the types, or nothing."""
    if not is_run_id(document.header.id):
        return f"header.id {document.header.id!r} is no run's id"
    if document.state is RunState.RUNNING:
        return "the run had not ended"
    if not document.header.targets or not document.benchmarks:
        return "it holds no target or no benchmark"
    if not 0 <= document.duration_ns <= _LARGEST:
        return "duration_ns is out of range"
    names = [(benchmark.target, benchmark.name) for benchmark in document.benchmarks]
    if len(set(names)) < len(names):
        return "a benchmark is in it twice"
    return ""


def _complaint_about_samples(document: BaselineFile) -> str:
    for benchmark in document.benchmarks:
        for process in benchmark.timing.processes if benchmark.timing else ():
            if not is_sound(process):
                return f"the samples of {benchmark.name!r}, process {process.id!r}, do not fit together"
    return ""


def is_sound(process: ProcessTiming) -> bool:
    """Tell whether the samples of a process fit together, and are times."""
    samples = len(process.wall_ns)
    return (
        1 <= process.loops_count <= _LARGEST
        and len(process.cpu_ns) == samples
        and len(process.started_ns) in {0, samples}
        and 0 <= process.warmup_count <= samples
        and all(0 <= value <= _LARGEST for value in (*process.wall_ns, *process.cpu_ns))
    )


def _without_places(header: RunHeader) -> RunHeader:
    targets = tuple(_in_project(target, header.project_root) for target in header.targets)
    executable = PurePath(header.environment.executable).name
    return replace(
        header,
        settings={},
        targets=targets,
        project_root="",
        environment=replace(header.environment, executable=executable),
    )


def _in_project(target: Target, root: str) -> Target:
    if target.path is None or not root or not PurePath(target.path).is_relative_to(root):
        return target
    return replace(target, path=PurePath(target.path).relative_to(root).as_posix())


def _filed_benchmark(benchmark: Benchmark) -> FiledBenchmark:
    return FiledBenchmark(
        name=benchmark.name,
        target=benchmark.target,
        group=benchmark.group,
        parameters=benchmark.parameters,
        items_count=benchmark.items_count,
        timing=benchmark.timing,
        metrics={name: value for name, value in benchmark.metrics.items() if math.isfinite(value)},
    )


def _benchmark(one: FiledBenchmark) -> Benchmark:
    return Benchmark(
        name=one.name,
        target=one.target,
        group=one.group,
        parameters=one.parameters,
        items_count=one.items_count,
        timing=one.timing,
        metrics=one.metrics,
    )


def _pretty(value: Any, indent: str) -> str:
    """Indent by one space, and keep a list of plain values on one line: a diff shows samples by process."""
    deeper = indent + " "
    if isinstance(value, dict) and value:
        rows = [f"{deeper}{_plain(key)}: {_pretty(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value):
        rows = [deeper + _pretty(item, deeper) for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{indent}]"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
