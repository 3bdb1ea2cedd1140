"""How fine the clock is that times are read from, and what a reading costs.

It must not call a reading's cost an error of a timing: the timing pass measures
and subtracts it where it matters.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.environment.checks.mending import as_root
from perfwatch.environment.checks.patient import Patient, Seen
from perfwatch.environment.machine import text_of
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from collections.abc import Sequence

#: From here on a reading is a call into the system, or a tick is no longer fine.
_SLOW_NS = 1_000
_FOLDER = "sys/devices/system/clocksource/clocksource0"
#: Sources that the kernel can only read by asking a device, or its host, each time.
_SLOW_SOURCES = ("hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit", "xen")
_FAST_SOURCE = "tsc"


def timer(patient: Patient) -> Seen:
    """Look at differences of readings that directly follow one another, in the target's interpreter."""
    said = patient.probe("timer")
    differences = said["differences"]
    ordered = sorted(differences)
    overhead, late = ordered[len(ordered) // 2], ordered[len(ordered) * 999 // 1000]
    step = resolution_ns(ordered)
    fact = (
        f"a reading takes {units.time(overhead)} (999 of 1000: {units.time(late)}), step {units.time(step)}"
    )
    figures = {
        "overhead_ns": overhead,
        "overhead_p999_ns": late,
        "longest_ns": ordered[-1],
        "resolution_ns": step,
        "readings_count": len(ordered),
    }
    slow = overhead > _SLOW_NS or step > _SLOW_NS
    return Seen(
        state=CheckState.WARNING if slow else CheckState.OK,
        fact=fact,
        source=f"{len(ordered)} pairs of perf_counter_ns ({said['implementation']})",
        means=f"Calls shorter than about {units.time(1000 * max(overhead, step))} "
        "are timed in loops, not one by one.",
        figures=figures,
    )


def resolution_ns(differences: Sequence[int]) -> int:
    """Return the clock's step as far as sorted differences of readings show it, in nanoseconds.

    A clock coarser than the time of a reading often does not move between two:
    then the least difference but nought is its step. Otherwise it is the least
    gap between two differences that occurred, and the clock may be finer still.
    A clock that never moved has no step that could be told: 0.
    """
    distinct = sorted(set(differences))
    positive = [one for one in distinct if one > 0]
    if not positive:
        return 0
    if distinct[0] <= 0 or len(positive) == 1:
        return positive[0]
    return min(after - before for before, after in itertools.pairwise(positive))


def source(patient: Patient) -> Seen:
    """Read which clock the kernel uses, and whether a faster one is there."""
    current = text_of(patient.root / _FOLDER / "current_clocksource")
    place = f"/{_FOLDER}/current_clocksource"
    if not current:
        return Seen(state=CheckState.ABSENT, fact="this system does not name its clock", source=place)
    if current not in _SLOW_SOURCES:
        return Seen(state=CheckState.OK, fact=current, source=place)
    others = text_of(patient.root / _FOLDER / "available_clocksource").split()
    line = f"sh -c 'echo {_FAST_SOURCE} > {place}'"
    return Seen(
        state=CheckState.WARNING,
        fact=f"{current}, which is slow to read",
        source=place,
        means="Each reading is a call into the system: short calls cannot be timed singly, and spans cost more.",
        do=as_root(line) if _FAST_SOURCE in others else "",
    )
