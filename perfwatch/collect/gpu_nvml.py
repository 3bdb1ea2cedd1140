"""Watch the devices from outside through NVML while a target runs, in our own process.

NVML tells what a device does, whoever asked it to: its figures are device-wide.
Memory is told by process where the driver tells; in a container it may name the
host's process numbers, and then it is not known whose they are. A figure that a
device, a driver or a MIG instance does not have stays unknown, and the others
are read all the same.

It must not change a setting of a device.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from perfwatch.collect.observing import Watch
from perfwatch.records.gpu import GpuDevice, GpuMoment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

INTERVAL_SECONDS = 0.1
#: Readings of one device; past this, neighbours are joined and the interval doubles.
READINGS_AT_MOST = 1_000
NAME_CHARACTERS = 200
INSTALL = "pip install nvidia-ml-py"
#: Why a clock was held down, by bit (nvml.h, nvmlClocksEventReasons). That the device
#: idles (bit 0) holds nothing down.
REASONS = {
    0x002: "application clocks setting",
    0x004: "power cap",
    0x008: "hardware slowdown",
    0x010: "sync boost",
    0x020: "heat (software)",
    0x040: "heat (hardware)",
    0x080: "power brake",
    0x100: "display clock setting",
    0x200: "board limit",
    0x400: "reliability limit",
}


def load_nvml() -> tuple[Any, str]:
    """The initialised NVML module and an empty reason, or ``None`` and what is missing, with what mends it."""
    try:
        import pynvml
    except ImportError:
        return None, f"nvidia-ml-py is not installed beside perfwatch ({INSTALL})"
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound:
        return None, "the NVIDIA driver's library libnvidia-ml is not here: no driver is installed"
    except pynvml.NVMLError as error:
        return None, f"the NVIDIA driver does not answer: {error} (nvidia-smi tells more)"
    try:
        devices_count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError as error:
        return None, f"the NVIDIA driver does not list its devices: {error}"
    if devices_count == 0:
        return None, "the NVIDIA driver is here, and no device that this process may use"
    return pynvml, ""


def driver_is_here(root: Path = Path("/")) -> bool:
    """Whether a CUDA driver is likely here although NVML cannot be asked: its device files are."""
    places = ("proc/driver/nvidia/version", "dev/nvidiactl", "dev/nvhost-ctrl-gpu", "dev/dxg")
    return any((root / place).exists() for place in places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What has a row: a device, or a MIG instance of one, which has its own memory and nothing else of its own."""

    index: int
    name: str
    handle: Any
    parent: Any
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One unit at one time, or several neighbouring times joined; ``None`` is what the device does not tell.

    ``at_ns`` is ``perf_counter_ns``. ``energy_millijoule`` counts since the driver
    was loaded. ``ours_bytes`` is what the target's processes held; ``others`` says
    that processes of nobody of ours were listed.
    """

    at_ns: int
    count: int = 1
    utilisation_percent: float | None = None
    used_bytes: int | None = None
    ours_bytes: int | None = None
    others: bool | None = None
    power_watt: float | None = None
    clock_megahertz: float | None = None
    energy_millijoule: int | None = None
    reasons: tuple[tuple[str, int], ...] | None = None


class GpuSampler(Watch):
    """Watches every device while a process runs; an observer of an execution.

    ``family`` returns the process numbers of a process and its descendants.
    """

    def __init__(
        self,
        nvml: Any,
        interval: float = INTERVAL_SECONDS,
        family: Callable[[int], frozenset[int]] | None = None,
    ) -> None:
        super().__init__()
        self._nvml = nvml
        self._interval = interval
        self._family = family or _family
        self._seen_pids: set[int] = set()
        self.missing: list[str] = []
        self.driver = _text(self._ask("nvmlSystemGetDriverVersion") or "")
        self.units = tuple(self._units())
        self.readings: dict[int, list[Reading]] = {number: [] for number in range(len(self.units))}

    def _run(self, pid: int) -> None:
        while True:
            self.look(pid)
            if self._over.wait(self._interval):
                return

    def look(self, pid: int) -> None:
        """Read every unit once."""
        self._seen_pids |= self._family(pid)
        for number, unit in enumerate(self.units):
            self.readings[number].append(self._reading(unit))
        if any(len(readings) >= READINGS_AT_MOST for readings in self.readings.values()):
            self.readings = {number: joined(readings) for number, readings in self.readings.items()}
            self._interval *= 2

    def _ask(self, name: str, *arguments: Any) -> Any:
        """What NVML answers; ``None`` where it, the driver or the device does not know the question."""
        question = getattr(self._nvml, name, None)
        if question is None:
            return None
        try:
            return question(*arguments)
        except self._nvml.NVMLError:
            return None

    def _units(self) -> Iterable[Unit]:
        for index in range(self._ask("nvmlDeviceGetCount") or 0):
            handle = self._ask("nvmlDeviceGetHandleByIndex", index)
            if handle is None:
                self.missing.append(f"device {index} may not be looked at")
                continue
            mode = self._ask("nvmlDeviceGetMigMode", handle)
            instances = list(self._instances(index, handle)) if mode and mode[0] else []
            if instances:
                self.missing.append(
                    f"device {index} is split (MIG): utilisation is not told, and power, energy and clocks are the whole device's"
                )
            yield from instances or [self._unit(index, handle, handle)]

    def _instances(self, index: int, device: Any) -> Iterable[Unit]:
        for slot in range(self._ask("nvmlDeviceGetMaxMigDeviceCount", device) or 0):
            handle = self._ask("nvmlDeviceGetMigDeviceHandleByIndex", device, slot)
            if handle is not None:
                yield self._unit(index, handle, device)

    def _unit(self, index: int, handle: Any, parent: Any) -> Unit:
        name = _text(self._ask("nvmlDeviceGetName", handle) or "a device without a name")
        memory = self._ask("nvmlDeviceGetMemoryInfo", handle)
        total = None if memory is None else int(memory.total)
        return Unit(index=index, name=name, handle=handle, parent=parent, memory_bytes=total)

    def _reading(self, unit: Unit) -> Reading:
        rates = self._ask("nvmlDeviceGetUtilizationRates", unit.handle)
        memory = self._ask("nvmlDeviceGetMemoryInfo", unit.handle)
        power = self._ask("nvmlDeviceGetPowerUsage", unit.parent)
        clock = self._ask("nvmlDeviceGetClockInfo", unit.parent, getattr(self._nvml, "NVML_CLOCK_SM", 1))
        energy = self._ask("nvmlDeviceGetTotalEnergyConsumption", unit.parent)
        ours, others = self._processes(unit.handle)
        return Reading(
            at_ns=time.perf_counter_ns(),
            utilisation_percent=None if rates is None else float(rates.gpu),
            used_bytes=None if memory is None else int(memory.used),
            ours_bytes=ours,
            others=others,
            power_watt=None if power is None else power / 1000,
            clock_megahertz=None if clock is None else float(clock),
            energy_millijoule=None if energy is None else int(energy),
            reasons=self._reasons(unit.parent),
        )

    def _reasons(self, device: Any) -> tuple[tuple[str, int], ...] | None:
        bits = self._ask("nvmlDeviceGetCurrentClocksEventReasons", device)
        if bits is None:  # drivers before 535 know the question by its old name
            bits = self._ask("nvmlDeviceGetCurrentClocksThrottleReasons", device)
        if bits is None:
            return None
        return tuple((name, 1) for bit, name in REASONS.items() if int(bits) & bit)

    def _processes(self, handle: Any) -> tuple[int | None, bool | None]:
        """Bytes held by the target's processes, and whether others were there; ``None`` where that is not told."""
        computing = self._ask("nvmlDeviceGetComputeRunningProcesses", handle)
        if not computing:
            return None, None
        drawing = self._ask("nvmlDeviceGetGraphicsRunningProcesses", handle) or []
        ours = {one.pid: one.usedGpuMemory for one in computing if one.pid in self._seen_pids}
        if not ours:
            # In a container these may be our own, under the host's numbers.
            return None, None
        told = [held for held in ours.values() if held is not None]
        others = any(one.pid not in self._seen_pids for one in [*computing, *drawing])
        return (sum(told) if told else None), others


def _family(pid: int) -> frozenset[int]:
    try:
        process = psutil.Process(pid)
        return frozenset({pid, *(child.pid for child in process.children(recursive=True))})
    except psutil.Error:
        return frozenset({pid})


def _text(name: str | bytes) -> str:
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return text[:NAME_CHARACTERS]


def joined(readings: Sequence[Reading]) -> list[Reading]:
    """Neighbours in pairs made one, peaks kept: half as many readings, and no sample lost."""
    return [
        _pair(readings[at], readings[at + 1]) if at + 1 < len(readings) else readings[at]
        for at in range(0, len(readings), 2)
    ]


def _pair(first: Reading, second: Reading) -> Reading:
    def mean(name: str) -> float | None:
        a, b = getattr(first, name), getattr(second, name)
        if a is None or b is None:
            return b if a is None else a  # type: ignore[no-any-return]
        return float((a * first.count + b * second.count) / (first.count + second.count))

    reasons: dict[str, int] | None = None
    if first.reasons is not None or second.reasons is not None:
        reasons = {}
        for name, count in (*(first.reasons or ()), *(second.reasons or ())):
            reasons[name] = reasons.get(name, 0) + count
    return replace(
        second,
        count=first.count + second.count,
        utilisation_percent=mean("utilisation_percent"),
        used_bytes=_greatest((first.used_bytes, second.used_bytes)),
        ours_bytes=_greatest((first.ours_bytes, second.ours_bytes)),
        others=_either((first.others, second.others)),
        power_watt=mean("power_watt"),
        clock_megahertz=mean("clock_megahertz"),
        reasons=None if reasons is None else tuple(reasons.items()),
    )


def _greatest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _either(values: Iterable[bool | None]) -> bool | None:
    told = [value for value in values if value is not None]
    return any(told) if told else None


def _mean(readings: Sequence[Reading], name: str) -> float | None:
    told = [(getattr(one, name), one.count) for one in readings if getattr(one, name) is not None]
    weight = sum(count for _, count in told)
    return sum(value * count for value, count in told) / weight if weight else None


def device_row(unit: Unit, driver: str, readings: Sequence[Reading]) -> GpuDevice:
    """A unit's figures over its readings: means over time, peaks, and energy as the counter's difference."""
    counters = [one.energy_millijoule for one in readings if one.energy_millijoule is not None]
    energy = (counters[-1] - counters[0]) / 1000 if len(counters) > 1 else None
    looked = [one for one in readings if one.reasons is not None]
    weight = sum(one.count for one in looked)
    held: dict[str, int] = {}
    for one in looked:
        for name, count in one.reasons or ():
            held[name] = held.get(name, 0) + count
    return GpuDevice(
        index=unit.index,
        name=unit.name,
        driver=driver,
        memory_bytes=unit.memory_bytes,
        utilisation_percent=_mean(readings, "utilisation_percent"),
        peak_used_bytes=_greatest(one.used_bytes for one in readings),
        process_peak_bytes=_greatest(one.ours_bytes for one in readings),
        energy_joule=energy if energy is None or energy >= 0 else None,
        power_watt=_mean(readings, "power_watt"),
        clock_megahertz=_mean(readings, "clock_megahertz"),
        throttled={name: count / weight for name, count in held.items()} if weight else None,
        shared=_either(one.others for one in readings),
    )


def moments(unit: Unit, readings: Sequence[Reading], started_ns: int) -> tuple[GpuMoment, ...]:
    """A unit's course; a reading that lacks utilisation or memory is no moment, and only counts in the row."""
    return tuple(
        GpuMoment(
            at_ns=one.at_ns - started_ns,
            device=unit.index,
            utilisation_percent=one.utilisation_percent,
            used_bytes=one.used_bytes,
            power_watt=one.power_watt,
            clock_megahertz=one.clock_megahertz,
        )
        for one in readings
        if one.utilisation_percent is not None and one.used_bytes is not None
    )
