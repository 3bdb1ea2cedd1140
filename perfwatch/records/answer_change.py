"""What became of a benchmark's answer between base and head, beside what became of its time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from perfwatch.records.proof import AnswerDifference, AnswerRule


class AnswerVerdict(StrEnum):
    """The words for an answer of head held against base's.

    ``not-comparable`` is neither a pass nor a failure; ``no-answer`` is a benchmark
    that returns nothing and changes none of its arguments.
    """

    SAME = "same"
    DIFFERENT = "different-answer"
    INCOMPARABLE = "not-comparable"
    NONE = "no-answer"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChange:
    """Head's answer held against base's, for one benchmark.

    ``reason`` is one sentence, without its point at the end; ``advice`` says what to
    do where there is something to do. ``difference`` is what was found, ``None``
    where nothing was compared; ``rule`` is by what.
    """

    benchmark: str
    verdict: AnswerVerdict
    reason: str
    advice: str = ""
    rule: AnswerRule = field(default_factory=AnswerRule)
    difference: AnswerDifference | None = None
