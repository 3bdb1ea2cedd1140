"""What stands around the machine: a host, a container, its limits, a batch system."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.environment import machine
from perfwatch.environment.checks.patient import Patient, Seen
from perfwatch.environment.checks.processor import steal_ratio, stolen_words, usable_count
from perfwatch.environment.machine import text_of
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from pathlib import Path

_STOLEN_RATIO = 0.01
_NANOSECONDS = {"throttled_usec": 1000, "throttled_time": 1}


def virtualisation(patient: Patient) -> Seen:
    """Say what stands between us and the hardware, and what the host took away."""
    layers = machine.virtualisation(patient.root, patient.environ)
    source = "/proc, /sys/class/dmi/id"
    if layers is None:
        return Seen(state=CheckState.OK, fact="none known", source=source)
    if "virtual machine" not in layers:
        return Seen(state=CheckState.OK, fact=layers, source=source)
    stolen = steal_ratio(patient.root)
    words = stolen_words(stolen)
    fact = f"{layers}; {words}" if words else layers
    figures = {} if stolen is None else {"stolen_ratio": stolen}
    if stolen is not None and stolen > _STOLEN_RATIO:
        return Seen(
            state=CheckState.WARNING,
            fact=fact,
            source=f"{source}, /proc/stat",
            means="The host gives our cores to others now and then, and times hold those stretches.",
            do="vmstat 1 10",
            figures=figures,
        )
    return Seen(
        state=CheckState.OK,
        fact=fact,
        source=f"{source}, /proc/stat",
        means="Neighbours share caches and memory with us: times spread more than on bare metal.",
        figures=figures,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """How often a quota has stopped us so far, of how many periods, and for how long in all."""

    count: int
    periods_count: int
    stopped_ns: int
    place: str


def throttled(root: Path) -> Throttled | None:
    """Return the count of the group around us that was stopped longest; ``None`` where none is kept.

    ``cpu.stat`` gives microseconds in version 2 and nanoseconds in version 1
    (``Documentation/admin-guide/cgroup-v2.rst`` and ``scheduler/sched-bwc.rst`` of Linux).
    """
    found = []
    for folder in machine._group_folders(root / "proc", root / "sys/fs/cgroup"):  # noqa: SLF001 - one reader of groups
        rows = [row.split() for row in text_of(folder / "cpu.stat").splitlines()]
        fields = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdecimal()}
        if "nr_throttled" in fields:
            stopped = sum(fields.get(name, 0) * scale for name, scale in _NANOSECONDS.items())
            found.append(
                Throttled(
                    count=fields["nr_throttled"],
                    periods_count=fields.get("nr_periods", 0),
                    stopped_ns=stopped,
                    place=f"/{(folder / 'cpu.stat').relative_to(root)}",
                )
            )
    return max(found, key=lambda one: (one.stopped_ns, one.count), default=None)


def quota(patient: Patient) -> Seen:
    """Read the cores that the control groups grant, and how often they have stopped us."""
    limits = machine.group_limits(patient.root / "proc", patient.root / "sys/fs/cgroup")
    seen = throttled(patient.root)
    source = seen.place if seen is not None else "/sys/fs/cgroup"
    stopped = (
        "" if seen is None else f"stopped {seen.count} times so far, {units.time(seen.stopped_ns)} in all"
    )
    if limits.cores is None and (seen is None or not seen.count):
        return Seen(state=CheckState.OK, fact="none", source=source)
    granted = "no quota now" if limits.cores is None else f"{limits.cores:.3g} cores"
    figures = {} if limits.cores is None else {"cores": limits.cores}
    if seen is not None:
        figures |= {
            "throttled_count": seen.count,
            "periods_count": seen.periods_count,
            "throttled_ns": seen.stopped_ns,
        }
    count = usable_count(patient.root)
    return Seen(
        state=CheckState.WARNING,
        fact=", ".join(word for word in (granted, stopped) if word),
        source=source,
        means="Whoever uses the quota up waits for the next period, up to 0.1 s: such timings are void.",
        do=f"export OMP_NUM_THREADS={count} OPENBLAS_NUM_THREADS={count} MKL_NUM_THREADS={count}",
        figures=figures,
    )


def memory_limit(patient: Patient) -> Seen:
    """Read how much memory the control groups grant."""
    limits = machine.group_limits(patient.root / "proc", patient.root / "sys/fs/cgroup")
    if limits.memory_bytes is None:
        return Seen(state=CheckState.OK, fact="none", source="/sys/fs/cgroup")
    return Seen(
        state=CheckState.OK,
        fact=units.size(limits.memory_bytes),
        source="/sys/fs/cgroup",
        means="A target that wants more is killed, and so are the passes that need more than it does.",
        figures={"memory_bytes": limits.memory_bytes},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    name: str
    program: str
    variable: str
    line: str


_BATCH_SYSTEMS = (
    _Batch(name="Slurm", program="sbatch", variable="SLURM_JOB_ID", line="srun --pty perfwatch doctor"),
    _Batch(name="LSF", program="bsub", variable="LSB_JOBID", line="bsub -I perfwatch doctor"),
    _Batch(name="PBS", program="qsub", variable="PBS_JOBID", line="qsub -I"),
)


def batch_system(patient: Patient) -> Seen:
    """Tell a login node from the machine on which jobs run."""
    path = patient.environ.get("PATH", "")
    for batch in _BATCH_SYSTEMS:
        job = patient.environ.get(batch.variable)
        if job:
            fact = f"inside {batch.name} job {job}"
            return Seen(state=CheckState.OK, fact=fact, source=batch.variable)
        program = shutil.which(batch.program, path=path)
        if program is not None:
            return Seen(
                state=CheckState.WARNING,
                fact=f"a {batch.name} login node: {batch.program} is here, and no job",
                source=f"{program}, {batch.variable} not set",
                means="Jobs run on another machine, maybe with other processors and GPUs: measure inside a job.",
                do=batch.line,
            )
    return Seen(state=CheckState.ABSENT, fact="none", source="PATH")
