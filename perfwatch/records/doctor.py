"""What `perfwatch doctor` found: what can be measured here, and what the machine does to figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class CheckState(StrEnum):
    """How a check ended: fine, fine with a remark, does not work, or there is nothing to check."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    ABSENT = "absent"


class CheckGroup(StrEnum):
    """What a check is about, in the order in which it is shown."""

    COLLECTORS = "collectors"
    GPU = "gpu"
    CLOCK = "clock"
    PROCESSOR = "processor"
    MEMORY = "memory"
    PLACE = "place"
    THREADS = "threads"
    INTERPRETER = "interpreter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    ``fact`` is what was found, in a few words, ``source`` the file or the call
    it comes from, and ``figures`` the numbers in it by name, unit in the name.
    ``means`` says what it does to measurements. ``do`` is the one command that
    mends it; empty where there is nothing to mend, or no command does.
    ``collector`` marks the checks that tried something with which targets are
    measured.
    """

    group: CheckGroup
    name: str
    state: CheckState
    fact: str
    source: str = ""
    means: str = ""
    do: str = ""
    collector: bool = False
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """All checks of one interpreter on one machine.

    ``works``, ``broken`` and ``absent`` name the collectors that do, do not, and
    have nothing to work on here; ``warnings`` names the checks with a remark.
    ``timing`` says whether clean times can be taken, without which nothing can.
    """

    interpreter: str
    timing: bool
    works: tuple[str, ...]
    broken: tuple[str, ...]
    absent: tuple[str, ...]
    warnings: tuple[str, ...]
    checks: tuple[Check, ...]
    duration_ns: int
