"""A finding: one bottleneck, with what was measured of it, the most that is to be won, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Grade(StrEnum):
    """How sure, how urgent, how laborious, how risky."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Resource(StrEnum):
    """What a finding would save."""

    TIME = "time"
    MEMORY = "memory"


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
    of the benchmark's ``resource`` (its time, or its peak of memory) that the change
    is about, with its standard error, and ``ceiling_ratio`` how many times as fast, or
    as small, the whole would be if that cost nothing: 1 / (1 - share), Amdahl 1967.
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
    resource: Resource = Resource.TIME
    share_error_ratio: float | None = None
    evidence: dict[str, float] = field(default_factory=dict)
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found in a run, ``ranked``: what promises most comes first.

    ``absent`` says why there is nothing, where there is nothing; ``bound`` where most of the
    time is compiled code's, if no finding about time is sure; ``notes`` name what
    could not be diagnosed: sources that cannot be read, rules that failed.
    """

    ranked: tuple[Finding, ...] = ()
    absent: str = ""
    bound: str = ""
    notes: tuple[str, ...] = ()
