"""The GPU pass in words: devices from outside, kernels, copies and waits from inside, and what is missing.

It must not give a device's figure to a process: device-wide is said where it is so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.places import place
from perfwatch.report.section import NONE, Section, Table, known, table
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.gpu import GpuDevice, GpuProfile
    from perfwatch.records.run import Benchmark

_SHARED = {True: "shared with others", False: "this run's alone", None: "not told"}


def gpu_section(benchmark: Benchmark, root: str) -> Section:
    """Return what the pass knows about the devices; empty where nobody looked."""
    gpu = benchmark.profiles.gpu
    if gpu is None:
        return Section()
    parts = (_devices, _allocators, _kernels, _copies, _idle, _compiles)
    return Section(
        facts=known(
            [
                ("devices", units.count(len(gpu.devices)) if gpu.devices else ""),
                ("watched for", units.time(gpu.span_ns)),
                ("busy", units.time(gpu.busy_ns)),
            ]
        ),
        tables=(*(each for part in parts for each in part(gpu)), *_waits(gpu, root)),
        closing=tuple(visible(sentence, 400) for sentence in gpu.missing),
    )


def _devices(gpu: GpuProfile) -> tuple[Table, ...]:
    headings = (
        "Device",
        "Use of it",
        "#Utilisation",
        "#Peak in use, device-wide",
        "#Of this run",
        "#Memory",
        "#Power",
        "#Energy",
        "#Clock",
        "Clocks held down by",
        "Driver",
    )
    return table("Devices, from outside", headings, [_device(device) for device in gpu.devices])


def _device(device: GpuDevice) -> tuple[str, ...]:
    used = device.utilisation_percent
    return (
        f"{device.index}: {visible(device.name, 60)}",
        _SHARED[device.shared],
        f"{units.count(used)}%" if used is not None and units.count(used) != NONE else NONE,
        units.size(device.peak_used_bytes),
        units.size(device.process_peak_bytes),
        units.size(device.memory_bytes),
        units.power(device.power_watt),
        units.energy(device.energy_joule),
        units.clock(device.clock_megahertz),
        ", ".join(
            f"{visible(reason, 60)} {units.portion(ratio)}"
            for reason, ratio in (device.throttled or {}).items()
        ),
        visible(device.driver, 40),
    )


def _allocators(gpu: GpuProfile) -> tuple[Table, ...]:
    rows = [
        (
            visible(each.framework, 40),
            f"device {each.device}",
            units.size(each.peak_bytes),
            units.size(each.reserved_bytes),
        )
        for each in gpu.allocators
    ]
    return table("Frameworks' own allocators", ("Framework", "Device", "#Peak", "#Reserved"), rows)


def _kernels(gpu: GpuProfile) -> tuple[Table, ...]:
    rows = [
        (
            visible(kernel.name),
            units.count(kernel.calls_count),
            units.time(kernel.total_ns),
            units.time(kernel.mean_ns),
            units.time(kernel.gap_ns),
        )
        for kernel in gpu.kernels
    ]
    return table("Kernels", ("@Kernel", "#Calls", "#In all", "#Mean", "#Mean gap before"), rows)


def _copies(gpu: GpuProfile) -> tuple[Table, ...]:
    rows = [
        (
            visible(copy.direction, 60),
            units.count(copy.calls_count),
            units.time(copy.total_ns),
            units.size(copy.bytes_count),
        )
        for copy in gpu.copies
    ]
    return table("Copies", ("Direction", "#Calls", "#In all", "#Bytes"), rows)


def _idle(gpu: GpuProfile) -> tuple[Table, ...]:
    rows = [
        (visible(each.kind, 60), units.time(each.total_ns), units.count(each.gaps_count)) for each in gpu.idle
    ]
    return table("Idle time", ("Class", "#In all", "#Gaps"), rows)


def _compiles(gpu: GpuProfile) -> tuple[Table, ...]:
    rows = [
        (
            visible(each.function),
            units.count(each.compiles_count),
            units.time(each.total_ns),
            "; ".join(visible(cause, 200) for cause in each.causes[:3]),
        )
        for each in gpu.compiles
    ]
    return table("Compilation", ("@Function", "#Compiled", "#In all", "Why again"), rows)


def _waits(gpu: GpuProfile, root: str) -> tuple[Table, ...]:
    rows = [
        (
            visible(place(wait.file, wait.line, root)),
            visible(wait.call, 80),
            units.count(wait.calls_count),
            units.time(wait.total_ns),
        )
        for wait in gpu.waits
    ]
    return table("Lines that waited for a device", ("@Line", "@Call", "#Calls", "#In all"), rows)
