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


class TrialVerdict(StrEnum):
    """What came of trying a finding's change: the words of a proof, and two for what was not held against anything.

    ``refused`` is a change that was not made, ``unmeasured`` one whose programme could not be run for it.
    """

    PROVED = "proved"
    SAME_SPEED = "same-speed"
    SLOWER = "slower"
    DIFFERENT_ANSWER = "different-answer"
    FAILS = "fails"
    UNDECIDED = "undecided"
    UNMEASURED = "unmeasured"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A finding's mechanical change, run beside the original on the run's own inputs.

    ``change`` says what was changed, ``reason`` what the verdict rests on. ``ratio`` is changed
    over original in time, at 95% inside ``interval``. ``patch`` is the change as a unified
    diff with paths relative to the project; ``patch_file`` names the file beside the report that
    holds it, empty where the change is not proved. ``environment`` are variables that make the change without code.
    ``reference_failed`` says that the original itself could not be run.
    """

    verdict: TrialVerdict
    reason: str
    change: str = ""
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    patch: str = ""
    patch_file: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    reference_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One diagnosed bottleneck.

    The lines are the statement that should change; ``share_ratio`` is the share
    of the benchmark's ``resource`` (its time, or its peak of memory) that the change
    is about, with its standard error, and ``ceiling_ratio`` how many times as fast, or
    as small, the whole would be if that cost nothing: 1 / (1 - share), Amdahl 1967.
    ``mechanism`` says in numbers how the cost comes about; ``evidence`` holds
    those numbers by name, unit in the name. ``rank`` counts from 1. ``proof`` says what came of the
    advice where it was tried.
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
    proof: Trial | None = None


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
