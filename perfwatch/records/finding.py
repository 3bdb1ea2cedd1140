"""A finding: one bottleneck, with what was measured of it, the most that is to be won, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Grade(StrEnum):
    """How sure, how urgent, how laborious, how risky."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do: a sentence, the change as code where the shape allows it, and where it is documented.

    ``risk`` says in words what may be lost: digits, memory, or a reader.
    """

    summary: str
    code: str = ""
    risk: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One diagnosed bottleneck.

    The lines are the statement that should change; ``share_ratio`` is the share
    of the benchmark's time (of its peak, for memory) that the change is about,
    with its standard error, and ``ceiling_ratio`` how many times as fast (as
    small) the whole would be if that cost nothing: 1 / (1 - share), Amdahl 1967.
    ``mechanism`` says in numbers how the cost comes about; ``evidence`` holds
    those numbers by name, unit in the name. ``rank`` counts from 1.
    """

    rule: str
    title: str
    benchmark: str
    file: str
    line_start: int
    line_end: int
    function: str
    mechanism: str
    share_ratio: float
    ceiling_ratio: float
    confidence: Grade
    severity: Grade
    priority: Grade
    effort: Grade
    risk: Grade
    advice: Advice
    share_error_ratio: float | None = None
    evidence: dict[str, float] = field(default_factory=dict)
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found in a run, best first.

    ``absent`` says why there is nothing, where there is nothing; ``notes`` name what
    could not be diagnosed: sources that cannot be read, rules that failed.
    """

    findings: tuple[Finding, ...] = ()
    absent: str = ""
    notes: tuple[str, ...] = ()
