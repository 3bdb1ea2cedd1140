"""How much memory is free, and whether some of it lies on disk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.environment.checks.mending import as_root
from perfwatch.environment.checks.patient import Patient, Seen
from perfwatch.environment.machine import text_of
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from pathlib import Path

_PLACE = "/proc/meminfo"
_LEAST_FREE_RATIO = 0.1
#: The kernel moves some never-used pages out on any machine that has been up for a while.
_SWAPPED_BYTES = 64_000_000


def _figures(root: Path) -> dict[str, int]:
    """Return the rows of ``/proc/meminfo`` in bytes: its kB are of 1024."""
    rows = re.findall(r"^(\w+):\s+(\d+) kB$", text_of(root / "proc/meminfo"), re.MULTILINE)
    return {name: int(value) * 1024 for name, value in rows}


def free(patient: Patient) -> Seen:
    """Hold what can still be had against what is there."""
    found = _figures(patient.root)
    if not found.get("MemTotal") or "MemAvailable" not in found:
        return Seen(state=CheckState.ABSENT, fact="this system does not tell", source=_PLACE)
    total, available = found["MemTotal"], found["MemAvailable"]
    fact = f"{units.size(available)} of {units.size(total)}"
    figures = {"memory_bytes": total, "available_bytes": available}
    if available < total * _LEAST_FREE_RATIO:
        return Seen(
            state=CheckState.WARNING,
            fact=fact,
            source=_PLACE,
            means="The target may be swapped out or killed, and files are read from the disk again.",
            do="ps -eo pid,user,rss,comm --sort=-rss | head",
            figures=figures,
        )
    return Seen(state=CheckState.OK, fact=fact, source=_PLACE, figures=figures)


def swap(patient: Patient) -> Seen:
    """Read how much of the swap space is in use."""
    found = _figures(patient.root)
    total = found.get("SwapTotal", 0)
    if not total:
        return Seen(state=CheckState.ABSENT, fact="there is no swap space", source=_PLACE)
    used = total - found.get("SwapFree", total)
    fact = f"{units.size(used)} of {units.size(total)} in use"
    figures = {"swap_bytes": total, "used_bytes": used}
    if used > _SWAPPED_BYTES:
        return Seen(
            state=CheckState.WARNING,
            fact=fact,
            source=_PLACE,
            means="Memory was short: whatever touches a page that lies on disk waits for it.",
            do=as_root("sh -c 'swapoff -a && swapon -a'"),
            figures=figures,
        )
    return Seen(state=CheckState.OK, fact=fact, source=_PLACE, figures=figures)
