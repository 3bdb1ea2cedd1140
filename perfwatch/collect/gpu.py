"""Watch the GPUs through NVML while a target runs, from our own process.

NVML tells what a device does, whoever asked it to: the figures are device-wide,
and the memory of the target's own processes is told apart where the driver does.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from perfwatch.records.profile import GpuMoment, GpuProfile

INTERVAL_SECONDS = 0.1
MOMENTS_AT_MOST = 2_000


def load_nvml() -> tuple[Any, str]:
    """The initialised NVML module and an empty reason, or ``None`` and why there is none."""
    try:
        import pynvml
    except ImportError:
        return None, "nvidia-ml-py is not installed (pip install 'perfwatch[gpu]')"
    try:
        pynvml.nvmlInit()
        if pynvml.nvmlDeviceGetCount() == 0:
            return None, "the driver knows no device"
    except pynvml.NVMLError as error:
        return None, f"no NVIDIA driver answers ({error})"
    return pynvml, ""


class GpuSampler:
    """Watches every device while a process runs."""

    def __init__(self, nvml: Any, interval: float = INTERVAL_SECONDS) -> None:
        self._nvml = nvml
        self._interval = interval
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._devices = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        self.moments: list[tuple[int, GpuMoment]] = []
        self.process_peak_bytes: int | None = None

    def start(self, pid: int) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._run, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, pid: int) -> None:
        started = time.perf_counter_ns()
        while not self._over.wait(self._interval):
            now = time.perf_counter_ns()
            for index, device in enumerate(self._devices):
                self.moments.append((now, self._moment(index, device, now - started)))
                self._note_process(device, pid)
            if len(self.moments) >= MOMENTS_AT_MOST:
                self.moments = self.moments[:: 2 * len(self._devices)]
                self._interval *= 2

    def _moment(self, index: int, device: Any, at_ns: int) -> GpuMoment:
        return GpuMoment(
            at_ns=at_ns,
            device=index,
            utilisation_percent=float(self._nvml.nvmlDeviceGetUtilizationRates(device).gpu),
            used_bytes=int(self._nvml.nvmlDeviceGetMemoryInfo(device).used),
        )

    def _note_process(self, device: Any, pid: int) -> None:
        try:
            running = self._nvml.nvmlDeviceGetComputeRunningProcesses(device)
        except self._nvml.NVMLError:
            return  # not told to everybody, nor in every container
        used = sum(one.usedGpuMemory or 0 for one in running if one.pid == pid)
        if used:
            self.process_peak_bytes = max(self.process_peak_bytes or 0, used)

    def profile(self) -> GpuProfile:
        """What was seen, over all devices."""
        names = [self._nvml.nvmlDeviceGetName(device) for device in self._devices]
        moments = tuple(moment for _, moment in self.moments)
        return GpuProfile(
            devices=tuple(name.decode() if isinstance(name, bytes) else str(name) for name in names),
            peak_used_bytes=max((moment.used_bytes for moment in moments), default=None),
            process_peak_bytes=self.process_peak_bytes,
            moments=moments,
        )
