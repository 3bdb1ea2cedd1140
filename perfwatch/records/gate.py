"""What a project lets pass, and whether this change does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from perfwatch.records.answer_change import AnswerChange
from perfwatch.records.comparison import Comparison
from perfwatch.records.hunk import Hunk
from perfwatch.records.profile_difference import ProfileDifference
from perfwatch.records.proof import AnswerRule
from perfwatch.records.witness import Witness


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Changes that somebody has agreed to: a pattern of benchmark names, the reason, and how long it holds.

    ``origin`` says where it was written: the configuration, or a commit.
    """

    pattern: str
    reason: str
    until: date | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Other values for the benchmarks whose names fit a pattern; ``None`` is what the policy says for all."""

    pattern: str
    margin_ratio: float | None = None
    fail_above_ratio: float | None = None
    min_change_ns: float | None = None
    same_output: bool | None = None
    answer_rule: AnswerRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What the benchmarks whose names fit a pattern may take at most, whatever they took before."""

    pattern: str
    time_ns: float | None = None
    peak_memory_bytes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """What decides the exit code, once the verdicts stand.

    A regression fails where it is more than ``fail_above_ratio`` (0.05 is 5%) and
    more than ``min_change_ns`` or ``min_change_bytes`` in its own unit. Metrics
    that are not among ``metrics`` are shown and fail nothing. Of ``overrides`` the
    last that fits a benchmark and names a value counts. A benchmark beyond one of
    ``limits`` fails, too. With ``same_output`` another answer fails, whatever the time.
    """

    fail_above_ratio: float = 0.05
    min_change_ns: float = 0.0
    min_change_bytes: float = 0.0
    metrics: tuple[str, ...] = ("time", "peak_memory_bytes")
    fail_on_undecided: bool = False
    acceptances: tuple[Acceptance, ...] = ()
    overrides: tuple[Override, ...] = ()
    limits: tuple[Limit, ...] = ()
    same_output: bool = False


class GateVerdict(StrEnum):
    """How a gate ends.

    ``untouched`` is a change that no benchmark could notice, so nothing was
    measured; ``unmeasured`` says that nothing was, though it should have been.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    VOID = "void"
    UNTOUCHED = "untouched"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The gate's word, what it rests on, and the comparisons as the policy leaves them (``accepted`` among them).

    ``failing`` holds one sentence for each comparison that fails the gate,
    ``void_reason`` why nothing of the run can be judged. ``controls`` are
    benchmarks that the change cannot reach. ``unmet`` names acceptances that are
    past their date or that met nothing. ``chosen`` says in words what was compared,
    ``notes`` what else the reader should know, ``witnesses`` how each target's
    second witness was heard. ``functions`` says of slower benchmarks which
    functions made them so, ``hunks`` what the change did to these, ``answers`` what became of what benchmarks return, where
    that was asked for.
    """

    verdict: GateVerdict
    policy: GatePolicy
    comparisons: tuple[Comparison, ...] = ()
    failing: tuple[str, ...] = ()
    void_reason: str = ""
    controls: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    smallest_visible_ratio: float | None = None
    chosen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    functions: tuple[ProfileDifference, ...] = ()
    answers: tuple[AnswerChange, ...] = ()
    hunks: tuple[Hunk, ...] = ()
