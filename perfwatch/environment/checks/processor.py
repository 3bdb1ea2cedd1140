"""The processor: how many cores are ours, who else uses them, and what sets their speed.

It reads below the patient's root and must not change a setting.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.environment import machine
from perfwatch.environment.checks.mending import as_root
from perfwatch.environment.checks.patient import Patient, Seen
from perfwatch.environment.machine import text_of
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from pathlib import Path

_SYSTEM = "sys/devices/system/cpu"


def logical_count(root: Path) -> int | None:
    """Return how many logical cores the kernel has in use; ``None`` where it does not say."""
    online = text_of(root / _SYSTEM / "online")
    if online:
        return _listed_count(online)
    return len(re.findall(r"^processor\s*:", text_of(root / "proc/cpuinfo"), re.MULTILINE)) or None


def allowed_count(root: Path) -> int | None:
    """Return how many of them this process may be put on; ``None`` where the kernel does not say."""
    found = re.search(r"^Cpus_allowed_list:\s*(\S+)", text_of(root / "proc/self/status"), re.MULTILINE)
    return None if found is None else _listed_count(found[1])


def _listed_count(text: str) -> int:
    """Count the numbers of a list as the kernel writes it: ``0-3,8``."""
    count = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        count += int(last or first) - int(first) + 1
    return count


def _physical_count(root: Path) -> int | None:
    found = set()
    for block in text_of(root / "proc/cpuinfo").split("\n\n"):
        fields = dict(re.findall(r"^(physical id|core id)\s*:\s*(\d+)$", block, re.MULTILINE))
        if "core id" in fields:
            found.add((fields.get("physical id"), fields["core id"]))
    return len(found) or None


def usable_count(root: Path) -> int:
    """Return how many cores can really be used at once: affinity and quota, rounded up."""
    limits = machine.group_limits(root / "proc", root / "sys/fs/cgroup")
    allowed = allowed_count(root) or logical_count(root) or machine.allowed_cores_count()
    return allowed if limits.cores is None else max(1, min(allowed, -int(-limits.cores // 1)))


def cores(patient: Patient) -> Seen:
    """Count logical and physical cores, and those that affinity leaves."""
    logical = logical_count(patient.root)
    allowed = allowed_count(patient.root)
    physical = _physical_count(patient.root)
    if logical is None:
        count = machine.allowed_cores_count()
        fact = f"{count} logical"
        return Seen(state=CheckState.OK, fact=fact, source="os.cpu_count", figures={"allowed_count": count})
    words = [f"{logical} logical", f"{physical} physical" if physical else "", f"{allowed or logical} ours"]
    figures = {
        "logical_count": logical,
        "allowed_count": allowed or logical,
        "usable_count": usable_count(patient.root),
    }
    figures |= {"physical_count": physical} if physical else {}
    fact = ", ".join(word for word in words if word)
    place = "/proc/cpuinfo, /proc/self/status"
    if allowed is not None and allowed < logical:
        return Seen(
            state=CheckState.WARNING,
            fact=fact,
            source=place,
            means=f"Libraries that ask for all {logical} cores start that many threads on {allowed}.",
            do=f"export OMP_NUM_THREADS={allowed} OPENBLAS_NUM_THREADS={allowed} MKL_NUM_THREADS={allowed}",
            figures=figures,
        )
    return Seen(state=CheckState.OK, fact=fact, source=place, figures=figures)


def load(patient: Patient) -> Seen:
    """Hold the load of the last minute against the cores."""
    text = text_of(patient.root / "proc/loadavg").split()
    if not text:
        return Seen(state=CheckState.ABSENT, fact="no /proc/loadavg", source="/proc/loadavg")
    average = float(text[0])
    count = logical_count(patient.root) or machine.allowed_cores_count()
    fact = f"{average:.2f} on {count} core{'s' if count > 1 else ''} in the last minute"
    figures = {"load": average, "cores_count": count}
    if average > count / 2:
        return Seen(
            state=CheckState.WARNING,
            fact=fact,
            source="/proc/loadavg",
            means="Others compute, too: times get longer and spread, and small differences are not seen.",
            do="ps -eo pid,user,pcpu,comm --sort=-pcpu | head",
            figures=figures,
        )
    return Seen(state=CheckState.OK, fact=fact, source="/proc/loadavg", figures=figures)


def governor(patient: Patient) -> Seen:
    """Read what sets the clock speed of each core."""
    place = f"{_SYSTEM}/cpu*/cpufreq/scaling_governor"
    found = Counter(text_of(file) for file in patient.root.glob(place))
    del found[""]
    if not found:
        fact = "the clock speed is not ours to see"
        return Seen(state=CheckState.ABSENT, fact=fact, source=f"/{place}")
    fact = ", ".join(f"{name} on {count} of {found.total()} cores" for name, count in found.most_common())
    if set(found) == {"performance"}:
        return Seen(state=CheckState.OK, fact=fact, source=f"/{place}")
    return Seen(
        state=CheckState.WARNING,
        fact=fact,
        source=f"/{place}",
        means="The clock speed follows the load: short measurements run slower, and the first ones slowest.",
        do=as_root("cpupower frequency-set -g performance"),
    )


def turbo(patient: Patient) -> Seen:
    """Read whether the processor may go beyond its nominal speed."""
    switches = ((f"{_SYSTEM}/intel_pstate/no_turbo", "0", "1"), (f"{_SYSTEM}/cpufreq/boost", "1", "0"))
    for place, when_on, to_end in switches:
        text = text_of(patient.root / place)
        if text == when_on:
            return Seen(
                state=CheckState.WARNING,
                fact="on",
                source=f"/{place}",
                means="The clock speed depends on heat and on the other cores: runs minutes apart differ.",
                do=as_root(f"sh -c 'echo {to_end} > /{place}'"),
            )
        if text:
            return Seen(state=CheckState.OK, fact="off", source=f"/{place}")
    return Seen(state=CheckState.ABSENT, fact="no switch to see", source=f"/{switches[0][0]}")


def steal_ratio(root: Path) -> float | None:
    """Return the share of time since the start that the host gave to others, by ``/proc/stat``.

    Its first row counts user, nice, system, idle, iowait, irq, softirq and steal
    (``man 5 proc``); guest times, which follow, are part of the first two.
    """
    row = text_of(root / "proc/stat").partition("\n")[0].split()
    if len(row) < 9 or row[0] != "cpu":
        return None
    ticks = [int(word) for word in row[1:9]]
    return ticks[7] / sum(ticks) if sum(ticks) else None


def stolen_words(ratio: float | None) -> str:
    """Return ``3.1% of the time went to others``, or nothing."""
    return "" if ratio is None else f"{units.percent(ratio)} of its time went to other guests"
