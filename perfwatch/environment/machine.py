"""What this machine is: processor, cores, memory, what it runs in and what it does not allow.

It must not name the machine or its user: a report may be published.
"""

from __future__ import annotations

import math
import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.environment.bounded import Bounds, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: Version 1 writes "no limit" as the largest multiple of a page.
_NO_LIMIT_BYTES = 1 << 60
_NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "lustre", "gpfs", "beegfs", "cifs", "smb", "smb3", "ceph", "afs")
_HYPERVISORS = (
    "KVM",
    "QEMU",
    "VMware",
    "VirtualBox",
    "Xen",
    "Hyper-V",
    "Virtual Machine",
    "Google",
    "Amazon EC2",
    "Bochs",
    "Parallels",
    "Firecracker",
)


def text_of(file: Path) -> str:
    """Return a small file's text without the space around it, or nothing where it cannot be read."""
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""


def processor(proc: Path = Path("/proc")) -> str:
    """Return the processor's model, in its maker's words where there are any."""
    fields = _cpu_fields(proc)
    for name in ("model name", "Model", "cpu model", "cpu"):
        if fields.get(name):
            return " ".join(fields[name].split())
    if "CPU part" in fields:
        # Arm's kernels give numbers; they tell one processor from another all the same.
        return f"{platform.machine()} implementer {fields.get('CPU implementer')} part {fields['CPU part']}"
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        try:
            named = ask(command, Bounds(timeout_s=5)).output.decode("utf-8", "replace").strip()
        except OSError:
            named = ""
        if named:
            return named
    return platform.processor() or platform.machine()


def processor_flags(proc: Path = Path("/proc")) -> str:
    """Return the processor's features in the kernel's words; nothing where it does not say."""
    return _cpu_fields(proc).get("flags", "")


def _cpu_fields(proc: Path) -> dict[str, str]:
    first = text_of(proc / "cpuinfo").split("\n\n")[0]
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLimits:
    """What the control group of this process grants: cores (a quota, may be broken) and bytes."""

    cores: float | None = None
    memory_bytes: int | None = None


def group_limits(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> GroupLimits:
    """Return the tightest limits of the control groups that this process is in, version 1 or 2."""
    quotas: list[float] = []
    sizes: list[int] = []
    for folder in _group_folders(proc, groups):
        quota = text_of(folder / "cpu.max").split()
        if not quota:
            quota = [text_of(folder / "cpu.cfs_quota_us"), text_of(folder / "cpu.cfs_period_us")]
        if len(quota) == 2 and quota[0].isdecimal() and quota[1].isdecimal() and int(quota[1]):
            quotas.append(int(quota[0]) / int(quota[1]))
        for name in ("memory.max", "memory.limit_in_bytes"):
            size = text_of(folder / name)
            if size.isdecimal() and int(size) < _NO_LIMIT_BYTES:
                sizes.append(int(size))
    return GroupLimits(cores=min(quotas, default=None), memory_bytes=min(sizes, default=None))


def _group_folders(proc: Path, groups: Path) -> Iterator[Path]:
    """Yield the folders of our groups and of those around them: a limit above binds below."""
    for line in text_of(proc / "self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        tops = [groups / controllers, *(groups / name for name in controllers.split(","))]
        for top in dict.fromkeys(tops if controllers else [groups, groups / "unified"]):
            inside = top / path.strip("/")
            while inside != top and top in inside.parents:
                yield inside
                inside = inside.parent
            yield top


def cores_count(limits: GroupLimits) -> int:
    """Return how many cores this process may use: affinity and quota, rounded up."""
    allowed = allowed_cores_count()
    return allowed if limits.cores is None else max(1, min(allowed, math.ceil(limits.cores)))


def allowed_cores_count() -> int:
    """Return how many cores the scheduler may put this process on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes(limits: GroupLimits) -> int:
    """Return how much memory this process may use, in bytes."""
    import psutil

    installed = int(psutil.virtual_memory().total)
    return installed if limits.memory_bytes is None else min(installed, limits.memory_bytes)


def free_bytes(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Return how much memory can still be had: the machine's, or what the tightest control group has left."""
    import psutil

    left = [int(psutil.virtual_memory().available)]
    for folder in _group_folders(proc, groups):
        for limit, usage in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            granted, used = text_of(folder / limit), text_of(folder / usage)
            if granted.isdecimal() and used.isdecimal() and int(granted) < _NO_LIMIT_BYTES:
                left.append(max(0, int(granted) - int(used)))
    return min(left)


def virtualisation(root: Path = Path("/"), environ: Mapping[str, str] = os.environ) -> str | None:
    """Return what stands between us and the hardware, or ``None`` where nothing is known to."""
    layers = [layer for layer in (_container(root, environ), _hypervisor(root)) if layer]
    return " in a ".join(layers) or None


def _container(root: Path, environ: Mapping[str, str]) -> str:
    if (root / ".dockerenv").exists():
        return "container (docker)"
    if (root / "run/.containerenv").exists():
        return "container (podman)"
    for variable, name in (("APPTAINER_NAME", "apptainer"), ("SINGULARITY_NAME", "singularity")):
        if environ.get(variable):
            return f"container ({name})"
    found = re.search(r"docker|kubepods|containerd|lxc|libpod", text_of(root / "proc/1/cgroup"))
    if found:
        return f"container ({found[0]})"
    if "microsoft" in text_of(root / "proc/sys/kernel/osrelease").lower():
        return "container (WSL)"
    return ""


def _hypervisor(root: Path) -> str:
    table = root / "sys/class/dmi/id"
    names = " ".join(text_of(table / name) for name in ("sys_vendor", "product_name", "bios_vendor"))
    known = next((name for name in _HYPERVISORS if name.lower() in names.lower()), None)
    if known:
        return f"virtual machine ({known})"
    flags = _cpu_fields(root / "proc").get("flags", "").split()
    return "virtual machine" if "hypervisor" in flags else ""


def what_is_not_allowed(project: Path, limits: GroupLimits, root: Path = Path("/")) -> tuple[str, ...]:
    """Return sentences on what this place forbids, or does to times."""
    sentences = [find(root) for find in _LIMITS] if sys.platform == "linux" else []
    allowed, there = allowed_cores_count(), os.cpu_count() or 1
    if allowed < there:
        sentences.append(f"This process may use {allowed} of {there} cores.")
    if limits.cores is not None and limits.cores < allowed:
        sentences.append(
            f"A quota grants {limits.cores:.3g} cores: whoever uses it up waits, and times show it."
        )
    sentences.append(_network(project))
    return tuple(sentence for sentence in sentences if sentence)


def _tracing(root: Path) -> str:
    return {
        "1": "ptrace_scope is 1: only a process that perfwatch started can be sampled from outside.",
        "2": "ptrace_scope is 2: only an administrator can sample a process from outside.",
        "3": "ptrace_scope is 3: no process can be sampled from outside.",
    }.get(text_of(root / "proc/sys/kernel/yama/ptrace_scope"), "")


def _counters(root: Path) -> str:
    level = text_of(root / "proc/sys/kernel/perf_event_paranoid")
    if not level:
        return "This kernel does not offer hardware counters."
    if level.isdecimal() and int(level) > 2:
        return f"perf_event_paranoid is {level}: hardware counters are closed to users."
    return ""


def _governor(root: Path) -> str:
    governor = text_of(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor and governor != "performance":
        return f"The clock speed follows the load (governor {governor}): short measurements run slower."
    return ""


def _boost(root: Path) -> str:
    system = root / "sys/devices/system/cpu"
    boosting = text_of(system / "cpufreq/boost") == "1" or text_of(system / "intel_pstate/no_turbo") == "0"
    return "Turbo is on: the clock speed depends on heat and on the other cores." if boosting else ""


_LIMITS: tuple[Callable[[Path], str], ...] = (_tracing, _counters, _governor, _boost)


def _network(project: Path) -> str:
    import psutil

    try:
        mounts = psutil.disk_partitions(all=True)
    except OSError:
        return ""
    folder = project.absolute()
    around = [mount for mount in mounts if folder.is_relative_to(mount.mountpoint)]
    innermost = max(around, key=lambda mount: len(mount.mountpoint), default=None)
    if innermost is not None and innermost.fstype.lower() in _NETWORK_FILE_SYSTEMS:
        return f"The project lies on a network file system ({innermost.fstype}): the load of others shows in I/O."
    return ""
