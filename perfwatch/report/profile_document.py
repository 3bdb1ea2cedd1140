"""The part of the JSON document that holds what the passes saw, as classes.

A record whose every figure may be missing stands for itself; the others have a
part here in which a figure that is not finite may be ``null``. This module must
not fill the parts: ``json_file`` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from perfwatch.records.gpu import GpuAllocator, GpuCompile, GpuCopy, GpuIdle, GpuWait
from perfwatch.records.profile import FileUse, LineStat, MemoryMoment, ThreadPool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPart:
    """A function in the call tree; both times are of one execution of the benchmark."""

    function: str
    file: str
    line: int
    time_ns: float | None
    total_ns: float | None
    user: bool
    children: tuple[CallPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPart:
    """One thread of one process, as the sampler saw it in one execution."""

    process: int
    pid: int
    name: str
    samples_count: int
    wall_ns: float | None
    running_ns: float | None
    gil_ns: float | None
    file: str
    line: int
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuUsePart:
    """How the CPU pass looked, and what it says of the execution as a whole."""

    choice: str
    tool: str
    rate_hertz: float | None
    executions_count: int
    samples_count: int
    wall_ns: float | None
    cpu_ns: float | None
    waiting_ratio: float | None
    waiting_error_ratio: float | None
    gil_ratio: float | None
    native_ratio: float | None
    import_ratio: float | None
    unattributed_ratio: float | None
    threads: tuple[ThreadPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakPart:
    """A user's line whose allocations survive."""

    file: str
    line: int
    function: str
    leaked_bytes: float | None
    leaked_count: float | None
    growing: bool
    calls_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPart:
    """The garbage collector's runs of one generation in one execution."""

    generation: int
    collections_count: float | None
    pause_ns: float | None
    longest_pause_ns: float | None
    collected_count: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPart:
    """The memory pass: the traced heap's peak, totals and course."""

    peak_bytes: int
    allocated_bytes: int | None
    allocations_count: int
    native_bytes: int
    temporary_bytes: int | None
    temporary_count: int | None
    leaked_bytes: int | None
    children_count: int
    children_peak_bytes: int | None
    moments: tuple[MemoryMoment, ...]
    leaks: tuple[LeakPart, ...]
    collections: tuple[CollectionPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IoMomentPart:
    """The process tree at one moment."""

    at_ns: int
    cpu_percent: float | None
    resident_bytes: int
    threads_count: int
    processes_count: int
    read_bytes: int | None
    written_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildPart:
    """Child processes of one command: how many, and what they used in all."""

    command: str
    processes_count: int
    user_cpu_ns: int
    system_cpu_ns: int
    peak_resident_bytes: int | None
    wall_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IoPart:
    """What the process tree asked of the operating system in one execution."""

    read_bytes: int | None
    written_bytes: int | None
    read_calls_count: int | None
    write_calls_count: int | None
    disk_read_bytes: int | None
    disk_written_bytes: int | None
    user_cpu_ns: int | None
    system_cpu_ns: int | None
    peak_resident_bytes: int | None
    voluntary_switches_count: int | None
    involuntary_switches_count: int | None
    major_faults_count: int | None
    minor_faults_count: int | None
    threads_count: int | None
    processes_count: int | None
    cache_ratio: float | None
    serialisation_ratio: float | None
    throttled_ns: int | None
    throttled_count: int | None
    cores_limit: float | None
    moments: tuple[IoMomentPart, ...]
    files: tuple[FileUse, ...]
    children: tuple[ChildPart, ...]
    pools: tuple[ThreadPool, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottlePart:
    """A reason for which a device's clocks were held down, and its share of the samples."""

    reason: str
    samples_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuDevicePart:
    """One device, from outside, over the execution; its figures are device-wide."""

    index: int
    name: str
    driver: str
    memory_bytes: int | None
    utilisation_percent: float | None
    peak_used_bytes: int | None
    process_peak_bytes: int | None
    energy_joule: float | None
    power_watt: float | None
    clock_megahertz: float | None
    throttled: tuple[ThrottlePart, ...] | None
    shared: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuMomentPart:
    """One device at one moment, device-wide."""

    at_ns: int
    device: int
    utilisation_percent: float | None
    used_bytes: int
    power_watt: float | None
    clock_megahertz: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuKernelPart:
    """All launches of one kernel."""

    name: str
    calls_count: int
    total_ns: int
    mean_ns: float | None
    gap_ns: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuPart:
    """What the devices did, from outside and from inside; ``missing`` says what could not be had."""

    devices: tuple[GpuDevicePart, ...]
    moments: tuple[GpuMomentPart, ...]
    kernels: tuple[GpuKernelPart, ...]
    copies: tuple[GpuCopy, ...]
    waits: tuple[GpuWait, ...]
    compiles: tuple[GpuCompile, ...]
    idle: tuple[GpuIdle, ...]
    allocators: tuple[GpuAllocator, ...]
    busy_ns: int | None
    span_ns: int | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilesPart:
    """Everything that the passes saw of one benchmark."""

    cpu: CallPart | None
    cpu_use: CpuUsePart | None
    lines: tuple[LineStat, ...]
    memory: MemoryPart | None
    io: IoPart | None
    gpu: GpuPart | None
