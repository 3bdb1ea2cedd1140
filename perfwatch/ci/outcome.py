"""A gate's report.json → its result, for whoever tells of it.

It must not trust the file: in a comment's workflow it comes from somebody
else's job. It is bounded, decoded by a schema, and nothing in it is obeyed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from perfwatch.errors import StoreError
from perfwatch.records.answer_change import AnswerChange, AnswerVerdict
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict
from perfwatch.records.report import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

#: A gate of a thousand benchmarks writes about ten of these.
BYTES_LIMIT = 256_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Culprit:
    """The function that a slower benchmark's profiles name, and the line of it whose time changed most, else its first."""

    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a gate found.

    ``files`` has the file of each benchmark that has one, ``culprits`` what is
    named of those that became slower; paths start at the project's root.
    """

    result: GateResult
    failures_count: int
    files: dict[str, str]
    culprits: dict[str, Culprit]

    @property
    def undecided(self) -> tuple[Comparison, ...]:
        """What stayed undecided among the metrics that are gated."""
        return tuple(
            one
            for one in self.result.comparisons
            if one.verdict is Verdict.UNDECIDED and one.metric in self.result.policy.metrics
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    function: str
    file: str
    line: int
    named: bool = False
    lines: tuple[_Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slower:
    benchmark: str
    frames: tuple[_Frame, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    benchmark: str
    verdict: AnswerVerdict
    reason: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gate:
    verdict: GateVerdict
    policy: GatePolicy
    void_reason: str = ""
    failing: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    noise_floor_ratio: float | None = None
    functions: tuple[_Slower, ...] = ()
    answers: tuple[_Answer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Benchmark:
    name: str
    target: str | None = None
    comparison: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    key: str
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    targets: tuple[_Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    schema: str
    gate: _Gate | None
    run: _Run
    benchmarks: tuple[_Benchmark, ...] = ()
    failures: tuple[dict[str, Any], ...] = ()


def read_outcome(path: Path) -> Outcome | None:
    """Return what a gate wrote, ``None`` where it wrote nothing.

    Raises ``StoreError`` for a file that is no gate's report.
    """
    try:
        if path.stat().st_size > BYTES_LIMIT:
            raise _unreadable(path, f"it is larger than {BYTES_LIMIT // 1_000_000} MB")
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(path, str(error)) from error
    if document.schema != SCHEMA:
        raise _unreadable(path, f"its schema is {document.schema[:100]!r}, not {SCHEMA!r}")
    if document.gate is None:
        raise _unreadable(path, "it is the report of another command")
    return _outcome(document, document.gate)


def _outcome(document: _Document, gate: _Gate) -> Outcome:
    paths = {target.key: target.path for target in document.run.targets if target.path}
    return Outcome(
        result=GateResult(
            verdict=gate.verdict,
            policy=gate.policy,
            comparisons=tuple(one for benchmark in document.benchmarks for one in benchmark.comparison),
            failing=gate.failing,
            void_reason=gate.void_reason,
            controls=gate.controls,
            unmet=gate.unmet,
            smallest_visible_ratio=gate.noise_floor_ratio,
            chosen=gate.chosen,
            notes=gate.notes,
            answers=tuple(_change(one) for one in gate.answers),
        ),
        failures_count=len(document.failures),
        files={one.name: paths[one.target] for one in document.benchmarks if one.target in paths},
        culprits={slower.benchmark: named for slower in gate.functions for named in _named(slower)},
    )


def _change(one: _Answer) -> AnswerChange:
    return AnswerChange(benchmark=one.benchmark, verdict=one.verdict, reason=one.reason, advice=one.advice)


def _named(slower: _Slower) -> tuple[Culprit, ...]:
    """The likeliest function, which stands first, where the evidence suffices to name one."""
    first = next((frame for frame in slower.frames if frame.named), None)
    if first is None:
        return ()
    line = first.lines[0].line if first.lines else first.line
    return (Culprit(function=first.function, file=first.file, line=line),)


def _unreadable(path: Path, why: str) -> StoreError:
    return StoreError(
        f"{path} cannot be read as a gate's report: {why}.",
        means="It is not known what the gate found.",
        do="Let one version of perfwatch write the report and read it, and see the log of the step that measures.",
    )
