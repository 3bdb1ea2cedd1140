"""A run: everything that one measuring command collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from perfwatch.records.experiment import ExperimentOutcome
from perfwatch.records.profile import Profiles
from perfwatch.records.timing import Timing


class TargetKind(StrEnum):
    """The ways in which something can be measured."""

    SCRIPT = "script"
    MODULE = "module"
    CALLABLE = "callable"
    PYTEST = "pytest"
    ASV = "asv"
    WORKLOAD = "workload"
    PROCESS = "process"
    EXPERIMENT = "experiment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is measured, as it was asked for and as it will be run.

    ``name`` is what the user typed, without arguments; ``key`` identifies the
    same target between runs. ``path`` (script, pytest, asv) is absolute;
    ``module`` and ``function`` name a module or a callable; ``setup`` a callable
    that makes its arguments; ``arguments`` are the target's own.
    ``parameters`` are extra facts by name (a workload's size and seed).
    """

    kind: TargetKind
    name: str
    key: str
    path: str | None = None
    module: str | None = None
    function: str | None = None
    setup: str | None = None
    arguments: tuple[str, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)


class PassName(StrEnum):
    """The passes, in the order in which they run."""

    TIMING = "timing"
    CPU = "cpu"
    LINES = "lines"
    MEMORY = "memory"
    IO = "io"
    GPU = "gpu"


class PassState(StrEnum):
    """How a pass ended."""

    DONE = "done"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One collector's execution of a benchmark, and how far to trust it.

    ``overhead_ratio`` is the time of one execution under the collector over
    that of a clean one. ``lost_count`` counts samples or events known to be
    lost. ``reason`` says why a pass is anything but done.
    """

    name: PassName
    state: PassState
    tool: str = ""
    version: str = ""
    reason: str = ""
    duration_ns: int = 0
    overhead_ratio: float | None = None
    samples_count: int | None = None
    lost_count: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One named thing timed inside a target.

    ``metrics`` are amounts by name, unit in the name (``peak_memory_bytes``,
    ``allocated_bytes``, ``read_bytes``, …). ``items_count`` is how many items
    one call works on, where the benchmark says so. ``code_version`` tells
    versions of the benchmark's own code apart, where the tool that ran it does.
    """

    name: str
    target: str
    group: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    items_count: int | None = None
    timing: Timing | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    passes: tuple[Pass, ...] = ()
    profiles: Profiles = field(default_factory=Profiles)
    code_version: str | None = None


class FailureKind(StrEnum):
    """What went wrong in an execution of the target."""

    EXIT = "exit"
    EXCEPTION = "exception"
    SIGNAL = "signal"
    MEMORY_LIMIT = "memory-limit"
    TIMEOUT = "timeout"
    IMPORT = "import"
    SYNTAX = "syntax"
    NO_RESULT = "no-result"
    PREPARE = "prepare"
    COLLECTOR = "collector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An execution of the target that failed, with its last lines."""

    target: str
    pass_name: PassName
    kind: FailureKind
    message: str
    benchmark: str | None = None
    exit_code: int | None = None
    signal: str | None = None
    stderr_tail: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A named stretch inside an execution; ``path`` holds the names from the outermost in.

    ``count`` executions of the stretch took ``wall_ns`` and ``cpu_ns`` in all.
    ``peak_resident_bytes`` is the process's high-water mark at its last end.
    """

    path: tuple[str, ...]
    count: int
    wall_ns: int
    cpu_ns: int
    benchmark: str | None = None
    level: str = "basic"
    peak_resident_bytes: int | None = None
    resident_change_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom:
    """A figure that the target recorded about itself; ``unit`` is its own word, ``"bytes"`` is formatted as such.

    ``at_ns`` says when each of the values was recorded, after the first figure of
    that execution; it is empty where that is not known.
    """

    name: str
    values: tuple[float, ...]
    at_ns: tuple[int, ...] = ()
    direction: str = "lower"
    unit: str = ""
    benchmark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The state of the project's sources; all ``None`` outside git."""

    revision: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    base_revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Machine, interpreter and libraries; ``key`` is equal where runs may be compared.

    ``threads`` maps each thread setting (``OMP_NUM_THREADS``, …) to its value or
    ``"not set"``. ``limits`` names what this place does not allow.
    """

    key: str
    system: str
    machine: str
    processor: str
    cores_count: int
    memory_bytes: int
    python: str
    implementation: str
    executable: str
    libraries: dict[str, str] = field(default_factory=dict)
    threads: dict[str, str] = field(default_factory=dict)
    load_average: float | None = None
    virtualisation: str | None = None
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Which file a module of the target was loaded from, and its digest."""

    module: str
    file: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A user's source as it was when it was measured; paths are relative to the project."""

    file: str
    digest: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassResult:
    """All that one pass over one target brought back; stored as soon as it ends.

    ``benchmarks`` are partial: each holds only what this pass saw.
    """

    target: str
    pass_name: PassName
    benchmarks: tuple[Benchmark, ...] = ()
    spans: tuple[Span, ...] = ()
    custom: tuple[Custom, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHeader:
    """What is known of a run before its first pass.

    ``started_at`` is UTC, RFC 3339. ``code_digest`` identifies the project's
    sources, so that sessions of the same code can be told. ``keyword`` is the
    expression that chose among the benchmarks, where one did. ``settings`` are those that were in
    force, by the plan's own names, units in the name; lists are texts.
    """

    id: str
    started_at: str
    command: str
    targets: tuple[Target, ...]
    environment: Environment
    commit: Commit = field(default_factory=Commit)
    code_digest: str = ""
    project_root: str = ""
    keyword: str | None = None
    settings: dict[str, int | float | str | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything that one measuring command collected.

    ``notes`` are sentences for the reader: output that differed between
    executions, files the target wrote, passes that were not run and why.
    ``experiments`` are what the diagnosis had tried after the passes.
    """

    header: RunHeader
    state: RunState
    duration_ns: int = 0
    benchmarks: tuple[Benchmark, ...] = ()
    spans: tuple[Span, ...] = ()
    custom: tuple[Custom, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    experiments: tuple[ExperimentOutcome, ...] = ()
