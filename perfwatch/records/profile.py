"""What the profiling passes saw, by call, by line and over time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNode:
    """One function in the call tree.

    ``time_ns`` is its own time, ``total_ns`` that of its callees too, both
    scaled to one execution of the benchmark. ``user`` tells the user's own
    code from libraries. ``line`` is the line at which the function starts.
    """

    function: str
    file: str
    line: int
    time_ns: float
    total_ns: float
    user: bool = False
    children: tuple[CallNode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStat:
    """What one source line cost in one execution of the benchmark.

    ``time_ns`` is the line's own time (calls into other user functions
    excluded, library calls included), ``total_ns`` includes all callees,
    ``hits_count`` how often it ran. Bytes come from the memory pass:
    ``allocated_bytes`` over the whole execution, ``peak_bytes`` held at the
    high-water mark. ``None`` means that the pass did not see the line.
    """

    file: str
    line: int
    function: str
    source: str = ""
    time_ns: float | None = None
    total_ns: float | None = None
    hits_count: float | None = None
    allocated_bytes: float | None = None
    allocations_count: float | None = None
    peak_bytes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMoment:
    """Memory at ``at_ns`` after the start: resident set and traced heap, in bytes."""

    at_ns: int
    resident_bytes: int
    heap_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryProfile:
    """The memory pass: the traced heap's peak, totals and course.

    ``native_bytes`` is the share of the peak that came from threads without a
    Python stack; it is shown and belongs to no line.
    """

    peak_bytes: int
    allocated_bytes: int | None
    allocations_count: int
    native_bytes: int = 0
    moments: tuple[MemoryMoment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IoMoment:
    """The process tree at ``at_ns`` after the start."""

    at_ns: int
    cpu_percent: float
    resident_bytes: int
    threads_count: int
    processes_count: int
    read_bytes: int | None = None
    written_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IoProfile:
    """What the process tree asked of the operating system in one execution.

    ``read_bytes`` and ``written_bytes`` count what the calls moved (cache hits
    included); the ``disk_`` figures count what reached the block layer.
    """

    read_bytes: int | None = None
    written_bytes: int | None = None
    read_calls_count: int | None = None
    write_calls_count: int | None = None
    disk_read_bytes: int | None = None
    disk_written_bytes: int | None = None
    user_cpu_ns: int | None = None
    system_cpu_ns: int | None = None
    peak_resident_bytes: int | None = None
    voluntary_switches_count: int | None = None
    involuntary_switches_count: int | None = None
    major_faults_count: int | None = None
    threads_count: int | None = None
    processes_count: int | None = None
    moments: tuple[IoMoment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuMoment:
    """One device at ``at_ns`` after the start, device-wide."""

    at_ns: int
    device: int
    utilisation_percent: float
    used_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProfile:
    """The GPU pass: which devices there are and what they did, device-wide."""

    devices: tuple[str, ...] = ()
    peak_used_bytes: int | None = None
    process_peak_bytes: int | None = None
    moments: tuple[GpuMoment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """Everything that the passes saw of one benchmark."""

    cpu: CallNode | None = None
    lines: tuple[LineStat, ...] = ()
    memory: MemoryProfile | None = None
    io: IoProfile | None = None
    gpu: GpuProfile | None = None
