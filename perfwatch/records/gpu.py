"""What the GPU pass saw, from outside (NVML) and from inside (CUPTI, the frameworks)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuDevice:
    """One device, from outside, over the execution.

    All figures are device-wide; ``shared`` says that other processes used it
    meanwhile, ``None`` where the driver does not tell. ``process_peak_bytes`` is
    this process tree's alone, where the driver tells. ``throttled`` names the
    reasons for which its clocks were held down, each with its share of samples.
    """

    index: int
    name: str
    driver: str = ""
    memory_bytes: int | None = None
    utilisation_percent: float | None = None
    peak_used_bytes: int | None = None
    process_peak_bytes: int | None = None
    energy_joule: float | None = None
    power_watt: float | None = None
    clock_megahertz: float | None = None
    throttled: dict[str, float] | None = None
    shared: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuMoment:
    """One device at ``at_ns`` after the start, device-wide."""

    at_ns: int
    device: int
    utilisation_percent: float
    used_bytes: int
    power_watt: float | None = None
    clock_megahertz: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuKernel:
    """All launches of one kernel: total and mean time on the device, and the mean gap before a launch began."""

    name: str
    calls_count: int
    total_ns: int
    mean_ns: float
    gap_ns: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuCopy:
    """All copies of one direction (``host to device``, …)."""

    direction: str
    calls_count: int
    total_ns: int
    bytes_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuWait:
    """A user's line that waited for the device: a synchronising call, or a copy that had to wait."""

    file: str
    line: int
    call: str
    calls_count: int
    total_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuCompile:
    """A function that a framework compiled: how often, how long, and why again."""

    function: str
    compiles_count: int
    total_ns: int
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuIdle:
    """The device's idle time by class: ``host-bound``, ``transfer-bound`` or ``launch-bound``."""

    kind: str
    total_ns: int
    gaps_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuAllocator:
    """A framework's own peak of device memory (``torch``, ``jax``, ``cupy``), beside the driver's figure."""

    framework: str
    device: int
    peak_bytes: int
    reserved_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProfile:
    """The GPU pass. ``missing`` names what could not be had, and why."""

    devices: tuple[GpuDevice, ...] = ()
    moments: tuple[GpuMoment, ...] = ()
    kernels: tuple[GpuKernel, ...] = ()
    copies: tuple[GpuCopy, ...] = ()
    waits: tuple[GpuWait, ...] = ()
    compiles: tuple[GpuCompile, ...] = ()
    idle: tuple[GpuIdle, ...] = ()
    allocators: tuple[GpuAllocator, ...] = ()
    busy_ns: int | None = None
    span_ns: int | None = None
    missing: tuple[str, ...] = ()
