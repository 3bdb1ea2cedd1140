"""What the profiling passes saw, by call, by line and over time."""

from __future__ import annotations

from dataclasses import dataclass

from perfwatch.records.gpu import GpuProfile


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
    ``hits_count`` how often it ran. ``None`` means that the pass did not see the
    line. A field ``…_error…`` is the standard error of the figure it is named
    after, in the same unit; exact counts have none.

    Of the line's own time, ``native_ratio`` passed in compiled code outside the
    interpreter, ``waiting_ratio`` off the processor (locks, sleep, input and
    output, children), ``library_ratio`` in library frames that the line called;
    ``gpu_wait_ns`` is what it waited for a device.

    Bytes come from the memory pass: ``allocated_bytes`` over the whole
    execution, ``peak_bytes`` held at the high-water mark, ``temporary_bytes``
    freed again before anything else was allocated, ``leaked_bytes`` never freed.
    ``without_bytes`` is the peak that would remain if this line allocated
    nothing. ``read_bytes`` and ``written_bytes`` are sampled.

    ``disagreement`` says in one sentence which passes contradict each other on
    this line by more than their errors allow, and which of them to believe.
    """

    file: str
    line: int
    function: str
    source: str = ""
    time_ns: float | None = None
    total_ns: float | None = None
    time_error_ns: float | None = None
    total_error_ns: float | None = None
    samples_count: int | None = None
    native_ratio: float | None = None
    native_error_ratio: float | None = None
    waiting_ratio: float | None = None
    waiting_error_ratio: float | None = None
    library_ratio: float | None = None
    gpu_wait_ns: float | None = None
    gpu_wait_error_ns: float | None = None
    hits_count: float | None = None
    hits_error_count: float | None = None
    allocated_bytes: float | None = None
    allocations_count: float | None = None
    temporary_bytes: float | None = None
    temporary_count: float | None = None
    leaked_bytes: float | None = None
    peak_bytes: float | None = None
    without_bytes: float | None = None
    read_bytes: float | None = None
    written_bytes: float | None = None
    io_error_bytes: float | None = None
    disagreement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadStat:
    """One thread of one process, as the sampler outside saw it in one execution.

    ``process`` counts from 0, the target's own process; ``pid`` is the system's
    number. ``wall_ns`` is how long the thread was there, ``running_ns`` how long
    it was on a processor, ``gil_ns`` how long it held the global interpreter
    lock. ``samples_count`` is the number of samples behind ``wall_ns``. ``file``
    and ``line`` are the user's line seen most often.
    """

    process: int
    pid: int
    name: str
    samples_count: int
    wall_ns: float
    running_ns: float | None = None
    gil_ns: float | None = None
    file: str = ""
    line: int = 0
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuUse:
    """How the CPU pass looked, and what it says of the execution as a whole.

    ``choice`` is the sentence that gives the tool and why it was chosen.
    ``wall_ns`` and ``cpu_ns`` are the clean execution's on both clocks.
    ``waiting_ratio`` is the main thread's share of time off the processor,
    ``gil_ratio`` the share of time in which some thread held the interpreter lock,
    ``import_ratio`` the share spent importing modules, ``unattributed_ratio`` the
    share with no line of the user's on the stack. ``executions_count`` executions
    gave ``samples_count`` samples, at ``rate_hertz``.
    """

    choice: str = ""
    tool: str = ""
    rate_hertz: float | None = None
    executions_count: int = 1
    samples_count: int = 0
    wall_ns: float | None = None
    cpu_ns: float | None = None
    waiting_ratio: float | None = None
    waiting_error_ratio: float | None = None
    gil_ratio: float | None = None
    native_ratio: float | None = None
    import_ratio: float | None = None
    unattributed_ratio: float | None = None
    threads: tuple[ThreadStat, ...] = ()


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
    Python stack; it is shown and belongs to no line. ``leaked_bytes`` was
    allocated in the execution and never freed in it. ``children_peak_bytes`` is
    the greatest peak of a forked child.
    """

    peak_bytes: int
    allocated_bytes: int | None
    allocations_count: int
    native_bytes: int = 0
    temporary_bytes: int | None = None
    temporary_count: int | None = None
    leaked_bytes: int | None = None
    children_count: int = 0
    children_peak_bytes: int | None = None
    moments: tuple[MemoryMoment, ...] = ()
    leaks: tuple[Leak, ...] = ()
    collections: tuple[GarbageCollection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A user's line whose allocations survive: ``bytes_per_call`` more after each further call.

    ``calls_count`` calls were compared; ``growing`` says that the survivors grew
    with each of them, not only in the first. A script's body runs once: there
    ``growing`` is told over its course, by the survivors' ages.
    """

    file: str
    line: int
    function: str
    leaked_bytes: float
    leaked_count: float
    growing: bool
    calls_count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GarbageCollection:
    """The garbage collector's runs of one generation in one execution: how many, how long, what they freed."""

    generation: int
    collections_count: float
    pause_ns: float
    longest_pause_ns: float
    collected_count: float


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
    minor_faults_count: int | None = None
    threads_count: int | None = None
    processes_count: int | None = None
    cache_ratio: float | None = None
    serialisation_ratio: float | None = None
    throttled_ns: int | None = None
    throttled_count: int | None = None
    cores_limit: float | None = None
    moments: tuple[IoMoment, ...] = ()
    files: tuple[FileUse, ...] = ()
    children: tuple[ChildUse, ...] = ()
    pools: tuple[ThreadPool, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUse:
    """A file that the target opened: how often for reading and writing, and the bytes sampled beside it.

    ``read_again`` says that it was opened for reading more than once and never
    written in between. ``size_bytes`` is its size after the execution.
    """

    path: str
    opened_count: int
    read_opens_count: int = 0
    write_opens_count: int = 0
    size_bytes: int | None = None
    read_again: bool = False
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildUse:
    """Child processes of one command: how many, and what the system says they used in all."""

    command: str
    count: int
    user_cpu_ns: int
    system_cpu_ns: int
    peak_resident_bytes: int | None = None
    wall_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPool:
    """A native library's pool of threads: which library, how many threads it may use.

    ``cpu_over_wall`` is processor time over elapsed time of the whole execution,
    that is how many cores were really used.
    """

    library: str
    kind: str
    version: str = ""
    threads_count: int = 0
    layer: str = ""
    cpu_over_wall: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """Everything that the passes saw of one benchmark."""

    cpu: CallNode | None = None
    cpu_use: CpuUse | None = None
    lines: tuple[LineStat, ...] = ()
    memory: MemoryProfile | None = None
    io: IoProfile | None = None
    gpu: GpuProfile | None = None
