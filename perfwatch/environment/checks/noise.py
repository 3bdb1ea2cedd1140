"""What lies behind the spread of times, beyond what the other checks look at.

It reads below the patient's root and must not change a setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.environment.checks.mending import as_root
from perfwatch.environment.checks.patient import Patient, Seen
from perfwatch.environment.checks.processor import allowed_count, logical_count
from perfwatch.environment.machine import text_of
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from pathlib import Path

_SMT = "sys/devices/system/cpu/smt/active"
_SIBLINGS = "sys/devices/system/cpu/cpu*/topology/thread_siblings_list"
_ASLR = "proc/sys/kernel/randomize_va_space"


def neighbours(patient: Patient) -> Seen:
    """Say whether two logical cores share one physical core: each is the other one's noise."""
    active = text_of(patient.root / _SMT)
    shared = _shared(patient.root)
    if active == "0" or (not active and not shared):
        return Seen(state=CheckState.OK, fact="each core has one thread", source=f"/{_SMT}")
    if not shared:
        return Seen(state=CheckState.OK, fact="on, and no two of our cores are one", source=f"/{_SIBLINGS}")
    return Seen(
        state=CheckState.WARNING,
        fact=f"on: {' and '.join(shared)} are two threads of one core each",
        source=f"/{_SIBLINGS}",
        means="What runs on the other thread of a core slows ours down, and no clock shows it.",
        do=as_root("sh -c 'echo off > /sys/devices/system/cpu/smt/control'"),
    )


def _shared(root: Path) -> list[str]:
    """The groups of logical cores that are one physical core, three at most."""
    groups = {text_of(file) for file in root.glob(_SIBLINGS)}
    return sorted(group for group in groups if "," in group or "-" in group)[:3]


def addresses(patient: Patient) -> Seen:
    """Say whether each process has another memory layout."""
    setting = text_of(patient.root / _ASLR)
    source = f"/{_ASLR}"
    if setting in ("", "0"):
        fact = "not random" if setting else "the kernel does not say"
        return Seen(state=CheckState.OK if setting else CheckState.ABSENT, fact=fact, source=source)
    return Seen(
        state=CheckState.OK,
        fact="random: perfwatch draws one layout for both sides of a pair where the system lets it, another in each pair",
        source=source,
        means="A process's layout moves its times by some percent; common to both sides, it falls out of their ratio.",
    )


def affinity(patient: Patient) -> Seen:
    """Say whether processes may wander between cores."""
    allowed, logical = allowed_count(patient.root), logical_count(patient.root)
    source = "/proc/self/status"
    if allowed is None:
        return Seen(state=CheckState.ABSENT, fact="the kernel does not say", source=source)
    if allowed == 1:
        return Seen(
            state=CheckState.WARNING,
            fact="one core is ours",
            source=source,
            means="perfwatch itself and all threads of a target share it with what is measured.",
        )
    return Seen(
        state=CheckState.OK,
        fact=f"{allowed} of {logical or allowed} cores: processes may wander; on a busy machine try taskset",
        source=source,
        means="A process that changes its core begins with cold caches.",
        do="taskset -c 0 perfwatch gate",
    )
