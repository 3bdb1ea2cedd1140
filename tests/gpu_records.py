"""Hand-built records of the GPU pass, in the formats that the modules document, and libraries without a device.

Nothing here came from a device.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

from tools import need_module

from perfwatch.collect.gpu_nvml import GpuSampler
from perfwatch.collect.ownership import Ownership

pynvml = need_module("pynvml", "nvidia-ml-py")
DATA = Path(__file__).parent / "data" / "gpu"
OWNERSHIP = Ownership(root=Path("/project"), cwd=Path("/project"), libraries=("/usr/lib/python3.11",))
KERNEL, COPY, MEMSET, LAUNCH = range(4)
BEGIN = 1_000


def stored(name):
    """A hand-built record out of ``tests/data/gpu``, which says so itself."""
    document = json.loads((DATA / name).read_text(encoding="utf-8"))
    assert document["hand_built"]
    return document["record"]


def make_activity(start, end, **changes):
    """One row of ``activities``."""
    row = {"kind": KERNEL, "label": 0, "device": 0, "stream": 7, "size": 0, "correlation": 0, **changes}
    return [
        row["kind"],
        row["label"],
        start,
        end,
        row["device"],
        row["stream"],
        row["size"],
        row["correlation"],
    ]


def make_launch(start, end, correlation):
    """One row of ``activities``: a launch's call on the host."""
    return make_activity(start, end, kind=LAUNCH, label=-1, device=-1, stream=-1, correlation=correlation)


def make_trace(*activities, **changes):
    """A trace whose CUPTI clock runs 500 ns ahead of ``perf_counter_ns``."""
    return {
        "clock": [[BEGIN, BEGIN - 500], [BEGIN + 10_000_000, BEGIN + 10_000_000 - 500]],
        "labels": ["add", "multiply", "copy 1", "copy 2", "memset"],
        "activities": [list(one) for one in activities],
        "beyond": [],
        "waits": [],
        "dropped": 0,
        **changes,
    }


def make_record(**changes):
    """What the worker writes of one benchmark."""
    return {
        "name": "script.py",
        "calls": 1,
        "started_ns": 500,
        "ended_ns": 10_000_500,
        "wall_ns": 10_000_000,
        "trace": make_trace(),
        "watch": {"samples": [], "interval_ns": 5_000_000},
        "files": ["/project/train.py", "/usr/lib/python3.11/site-packages/torch/cuda/__init__.py"],
        "stacks": [[[1, 700], [0, 12]], [[0, 30]]],
        "allocators": [],
        "jax": {"events": [], "explained": [], "platforms": []},
        "missing": [],
        **changes,
    }


GIGA = 1_000_000_000


class FakeNvml:
    """Answers as pynvml does, by its names: ``answers`` maps a question to what it says, an error is raised."""

    NVMLError = pynvml.NVMLError
    NVML_CLOCK_SM = pynvml.NVML_CLOCK_SM

    def __init__(self, **answers):
        self.answers = {
            "nvmlSystemGetDriverVersion": "570.12",
            "nvmlDeviceGetCount": 1,
            "nvmlDeviceGetHandleByIndex": "handle",
            "nvmlDeviceGetName": "Example GPU",
            "nvmlDeviceGetMigMode": pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED),
            "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=40, memory=10),
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=8 * GIGA, used=GIGA, free=7 * GIGA),
            "nvmlDeviceGetPowerUsage": 150_000,
            "nvmlDeviceGetClockInfo": 1_500,
            "nvmlDeviceGetTotalEnergyConsumption": 1_000,
            "nvmlDeviceGetCurrentClocksEventReasons": 0,
            "nvmlDeviceGetComputeRunningProcesses": [],
            "nvmlDeviceGetGraphicsRunningProcesses": [],
            **answers,
        }
        for name in self.answers:
            assert callable(getattr(pynvml, name)), f"pynvml has no {name}"

    def __getattr__(self, name):
        if name not in self.answers:
            raise AttributeError(name)
        return lambda *arguments: self._answer(name, arguments)

    def _answer(self, name, arguments):
        answer = self.answers[name]
        answer = answer(*arguments) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer


def refused(code=pynvml.NVML_ERROR_NOT_SUPPORTED):
    return pynvml.NVMLError(code)


def looked(times=1, **answers):
    sampler = GpuSampler(FakeNvml(**answers), family=lambda pid: frozenset({pid, 11}))
    for _ in range(times):
        sampler.look(10)
    return sampler
