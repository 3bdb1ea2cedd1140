"""The JSON document of a report, as classes: they are its schema, its writer and its reader.

Every figure that may be missing or not finite may be ``null``. The records'
own classes stand here wherever the document says what they say. This module
must not fill the document: ``json_file`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from perfwatch.records.answer_change import AnswerVerdict
from perfwatch.records.ceiling import Ceiling
from perfwatch.records.comparison import Baseline, Summary, Verdict
from perfwatch.records.course import Course
from perfwatch.records.experiment import ExperimentKind, FunctionPlace, StatementPlace
from perfwatch.records.finding import Advice, Grade, Resource, TrialVerdict
from perfwatch.records.gate import GateVerdict
from perfwatch.records.honesty import Disagreement, PassLedger
from perfwatch.records.hunk import Hunk
from perfwatch.records.module_total import ModuleTotals
from perfwatch.records.proof import Ignored
from perfwatch.records.run import (
    Commit,
    Environment,
    FailureKind,
    Pass,
    PassName,
    Provenance,
    RunState,
    SourceFile,
    Target,
)
from perfwatch.records.timing import ProcessTiming
from perfwatch.report.profile_document import ProfilesPart

Instant = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
Bounds = tuple[float | None, float | None]
#: Seats of later verbs: the field is there, and empty until its verb works.
Seat = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """The program that wrote the document."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """The command, when and where it ran."""

    id: str
    started_at: Instant
    duration_ns: int
    command: str
    state: RunState
    code_digest: str
    targets: tuple[Target, ...]
    commit: Commit
    environment: Environment
    settings: dict[str, int | float | str | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingPart:
    """Raw batch totals by process, as integers, and their summary for each call."""

    processes: tuple[ProcessTiming, ...]
    median_ns: float | None
    interval_ns: Bounds | None
    cpu_median_ns: float | None
    cold_ns: float | None
    compile_ns: float | None
    for_verdicts: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPart:
    """Base against head for one metric; the values are in the metric's own unit."""

    benchmark: str
    metric: str
    clock: str | None
    base_run: str | None
    base_value: float | None
    head_value: float | None
    ratio: float | None
    interval: Bounds | None
    confidence_level: float | None
    p_value: float | None
    q_value: float | None
    margin_ratio: float | None
    noise_floor_ratio: float | None
    direction: str | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkPart:
    """One named thing; ``target`` is ``null`` where only the baseline knew the benchmark."""

    name: str
    group: str | None
    target: str | None
    parameters: dict[str, str]
    items_count: int | None
    timing: TimingPart | None
    metrics: dict[str, int | float | None]
    comparison: tuple[ComparisonPart, ...]
    passes: tuple[Pass, ...]
    profiles: ProfilesPart


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanPart:
    """A named stretch; ``path`` holds the names from the outermost in."""

    path: tuple[str, ...]
    entries_count: int
    wall_ns: int
    cpu_ns: int
    benchmark: str | None
    level: str
    peak_resident_bytes: int | None
    resident_change_bytes: int | None
    read_bytes: int | None
    written_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomPart:
    """A figure that the target recorded about itself, ``at_ns`` after its first one; ``unit`` is the target's own word, or empty."""

    name: str
    values: tuple[float | None, ...]
    at_ns: tuple[int, ...]
    direction: str
    unit: str
    benchmark: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnattributedPart:
    """What a pass saw and could give to no line."""

    benchmark: str
    native_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HonestyPart:
    """What the reader should know before believing the figures."""

    notes: tuple[str, ...]
    unattributed: tuple[UnattributedPart, ...]
    passes: tuple[PassLedger, ...]
    disagreements: tuple[Disagreement, ...]
    lost_count: int | None
    not_run: tuple[PassName, ...]


class FailurePart(msgspec.Struct, frozen=True, kw_only=True, rename={"pass_name": "pass"}):
    """An execution of the target that failed, with its last lines."""

    # A Struct and no dataclass: only a Struct can carry the field "pass", which is a keyword.
    target: str
    pass_name: str
    kind: FailureKind
    message: str
    benchmark: str | None
    exit_code: int | None
    signal: str | None
    stderr_tail: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRulePart:
    """When two answers counted as the same."""

    rtol: float | None
    atol: float | None
    exact: bool
    ignored: tuple[Ignored, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDifferencePart:
    """How far head's answer is from base's; a ratio is ``null`` where it is infinite."""

    equal: bool
    reason: str
    where: str
    index: tuple[int, ...]
    greatest_ratio: float | None
    greatest_ulp_count: int | None
    differing_count: int
    elements_count: int
    uncertain: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPart:
    """What became of one benchmark's answer; ``difference`` is ``null`` where nothing was compared."""

    benchmark: str
    verdict: AnswerVerdict
    reason: str
    advice: str
    rule: AnswerRulePart
    difference: AnswerDifferencePart | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPart:
    """What may fail a gate."""

    fail_above_ratio: float | None
    min_change_ns: float | None
    min_change_bytes: float | None
    metrics: tuple[str, ...]
    fail_on_undecided: bool
    same_output: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePart:
    """A gate's word and what it rests on; its comparisons stand with their benchmarks."""

    verdict: GateVerdict
    void_reason: str
    failing: tuple[str, ...]
    chosen: tuple[str, ...]
    notes: tuple[str, ...]
    unmet: tuple[str, ...]
    policy: PolicyPart
    controls: tuple[str, ...]
    noise_floor_ratio: float | None
    witnesses: tuple[dict[str, Any], ...]
    functions: tuple[dict[str, Any], ...]
    answers: tuple[AnswerPart, ...]
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPart:
    """What came of a finding's change, tried beside the original; ``patch_file`` only of what was proved."""

    verdict: TrialVerdict
    reason: str
    change: str
    ratio: float | None
    interval: Bounds | None
    patch: str
    patch_file: str
    environment: dict[str, str]
    reference_failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPart:
    """One diagnosed bottleneck; ``proof`` is filled where a candidate was tried."""

    rank: int
    rule: str
    title: str
    benchmark: str
    file: str
    line_start: int
    line_end: int
    function: str
    mechanism: str
    resource: Resource
    share_ratio: float | None
    share_error_ratio: float | None
    ceiling_ratio: float | None
    confidence: Grade
    severity: Grade
    priority: Grade
    effort: Grade
    risk: Grade
    advice: Advice
    evidence: dict[str, float | None]
    proof: TrialPart | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentPart:
    """What the diagnosis had tried on a benchmark; ``absent`` says why there are no ``figures``, where there are none."""

    kind: ExperimentKind
    target: str
    benchmark: str
    function: FunctionPlace | None
    statement: StatementPlace | None
    figures: dict[str, float | None]
    note: str
    absent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginPart:
    """The margin of the benchmarks whose names fit a pattern."""

    pattern: str
    margin_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPart:
    """How verdicts were reached: the margin that counts as no change, and the error rates."""

    margin_ratio: float
    margins: tuple[MarginPart, ...]
    confidence_level: float
    sessions_needed_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """One run with everything that was measured, compared and noted."""

    schema: Literal["perfwatch.report/1"]
    generator: Generator
    run: RunPart
    summary: Summary
    baseline: Baseline | None
    gate: GatePart | None
    benchmarks: tuple[BenchmarkPart, ...]
    spans: tuple[SpanPart, ...]
    custom: tuple[CustomPart, ...]
    provenance: tuple[Provenance, ...]
    sources: tuple[SourceFile, ...]
    honesty: HonestyPart
    findings: tuple[FindingPart, ...]
    experiments: tuple[ExperimentPart, ...]
    ceilings: tuple[Ceiling, ...]
    modules: ModuleTotals
    histories: tuple[Course, ...]
    policy: DecisionPart | None
    proofs: Seat
    claims: Seat
    failures: tuple[FailurePart, ...]
