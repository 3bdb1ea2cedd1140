"""Whether there is a GPU, can be watched from outside and from inside, and is seen by the frameworks.

It must not import a framework: that takes seconds, and JAX would take the
device's memory. What is installed says enough.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.environment.checks.mending import own_pip_line, pip_line
from perfwatch.environment.checks.patient import Patient, ProbeFailed, Seen
from perfwatch.environment.machine import text_of
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.environment.interpreter import Interpreter

_NO_DEVICE = Seen(
    state=CheckState.ABSENT, fact="no NVIDIA device", source="/proc/driver/nvidia, /dev/nvidia0"
)
#: A distribution of any of these lets JAX use a GPU.
_JAX_PLUGINS = re.compile(r"jax-(cuda\d+|rocm\d*)-(plugin|pjrt)")


def is_there(root: Path) -> bool:
    """Whether the machine has an NVIDIA device, with or without a library that can talk to it."""
    devices = root / "proc/driver/nvidia/gpus"
    return (root / "dev/nvidia0").exists() or (devices.is_dir() and any(devices.iterdir()))


def nvml(patient: Patient) -> Seen:
    """Ask every device for its name, its memory and how busy it is."""
    if not is_there(patient.root):
        return _NO_DEVICE
    source = "nvmlDeviceGetUtilizationRates, nvmlDeviceGetMemoryInfo"
    means = "The GPU pass cannot say how busy the device was, nor what it held."
    try:
        import pynvml
    except ImportError:
        fact, line = "nvidia-ml-py is not installed", own_pip_line("perfwatch[gpu]")
        return Seen(state=CheckState.BROKEN, fact=fact, source=source, means=means, do=line)
    try:
        return _devices(pynvml, source)
    except pynvml.NVMLError as error:
        fact = f"the driver does not answer: {error}"
        return Seen(state=CheckState.BROKEN, fact=fact, source=source, means=means, do="nvidia-smi")


def _devices(library: Any, source: str) -> Seen:
    library.nvmlInit()
    try:
        count = library.nvmlDeviceGetCount()
        driver = _text(library.nvmlSystemGetDriverVersion())
        handles = [library.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
        names = [_text(library.nvmlDeviceGetName(handle)) for handle in handles]
        memory = [library.nvmlDeviceGetMemoryInfo(handle) for handle in handles]
        busy = [library.nvmlDeviceGetUtilizationRates(handle).gpu for handle in handles]
    finally:
        library.nvmlShutdown()
    total, used = sum(one.total for one in memory), sum(one.used for one in memory)
    fact = f"{', '.join(names)}; driver {driver}; {units.size(used)} of {units.size(total)} in use"
    figures = {
        "devices_count": count,
        "memory_bytes": total,
        "used_bytes": used,
        "utilisation_percent": max(busy, default=0),
    }
    if max(busy, default=0) > 0:
        return Seen(
            state=CheckState.WARNING,
            fact=f"{fact}; {max(busy)}% busy",
            source=source,
            means="Somebody uses the device: times on it would hold theirs.",
            do="nvidia-smi",
            figures=figures,
        )
    return Seen(state=CheckState.OK, fact=fact, source=source, figures=figures)


def _text(name: str | bytes) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name


def cupti(patient: Patient) -> Seen:
    """Switch the record of kernels on, in the target's interpreter."""
    if not is_there(patient.root):
        return _NO_DEVICE
    source = "cuptiActivityEnable(CONCURRENT_KERNEL) in the target's interpreter"
    means = "No kernels, copies or waits by line; what NVML tells from outside remains."
    try:
        patient.probe("cupti")
    except ProbeFailed as error:
        absent = "No module named" in str(error)
        return Seen(
            state=CheckState.BROKEN,
            fact="cupti-python is not installed" if absent else f"CUPTI refuses: {error}",
            source=source,
            means=means,
            do=pip_line(patient.interpreter, "cupti-python") if absent else _OPEN_COUNTERS,
        )
    return Seen(state=CheckState.OK, fact="kernels can be recorded", source=source)


#: The driver's own switch, from NVIDIA's page on ERR_NVGPUCTRPERM.
_OPEN_COUNTERS = (
    "echo options nvidia NVreg_RestrictProfilingToAdminUsers=0 | sudo tee /etc/modprobe.d/perfwatch.conf"
)


def frameworks(patient: Patient) -> Seen:
    """Look whether torch and JAX, as they are installed, can see the device that is there."""
    source = "installed distributions, torch/version.py"
    installed = [name for name in ("torch", "jax", "cupy") if _has(patient.interpreter, name)]
    if not is_there(patient.root):
        fact = f"{', '.join(installed)}: on the CPU, as there is no GPU" if installed else "none installed"
        return Seen(state=CheckState.ABSENT, fact=fact, source=source)
    if not installed:
        return Seen(state=CheckState.ABSENT, fact="neither torch, JAX nor CuPy is installed", source=source)
    found = _hidden(patient.environ) or _blind_torch(patient.interpreter) or _blind_jax(patient)
    if found is None:
        return Seen(state=CheckState.OK, fact=f"{', '.join(installed)}: built for a GPU", source=source)
    fact, line = found
    means = "The programme computes on the CPU while a GPU stands idle beside it."
    return Seen(state=CheckState.WARNING, fact=fact, source=source, means=means, do=line)


def _has(interpreter: Interpreter, name: str) -> bool:
    return any(one == name or one.startswith(f"{name}-cuda") for one in interpreter.installed)


def _hidden(environ: Mapping[str, str]) -> tuple[str, str] | None:
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip() in {"", "-1"}:
        return f"CUDA_VISIBLE_DEVICES={visible!r} hides every device", "unset CUDA_VISIBLE_DEVICES"
    return None


def _blind_torch(interpreter: Interpreter) -> tuple[str, str] | None:
    if "torch" not in interpreter.installed:
        return None
    texts = [text_of(Path(folder) / "torch/version.py") for folder in interpreter.site_folders]
    text = next((one for one in texts if one), "")
    # "cuda: Optional[str] = None" in a build for the CPU; ROCm builds name hip instead.
    built = re.search(r"^(?:cuda|hip)\b[^=\n]*= *['\"]", text, re.MULTILINE)
    if not text or built:
        return None
    line = pip_line(interpreter, "--force-reinstall", "torch")
    return f"torch {interpreter.installed['torch']} is built for the CPU only", line


def _blind_jax(patient: Patient) -> tuple[str, str] | None:
    installed = patient.interpreter.installed
    if "jax" not in installed:
        return None
    platforms = patient.environ.get("JAX_PLATFORMS", patient.environ.get("JAX_PLATFORM_NAME", ""))
    if platforms.strip().lower() == "cpu":
        return "JAX_PLATFORMS is cpu", "unset JAX_PLATFORMS JAX_PLATFORM_NAME"
    if not any(_JAX_PLUGINS.fullmatch(name) for name in installed):
        line = pip_line(patient.interpreter, "jax[cuda12]")
        return f"jax {installed['jax']} has no plug-in for a GPU", line
    return None
