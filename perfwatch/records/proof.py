"""A candidate held against its reference: whether it answers the same, and how much faster it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class ProofVerdict(StrEnum):
    """The words of a proof."""

    PROVED = "proved"
    SAME_SPEED = "same-speed"
    SLOWER = "slower"
    DIFFERENT_ANSWER = "different-answer"
    FAILS = "fails"
    UNDECIDED = "undecided"


class Ignored(StrEnum):
    """What of an answer a user may say does not matter."""

    DTYPE = "dtype"
    WARNINGS = "warnings"
    ALIASING = "aliasing"
    MUTATION = "mutation"
    RANDOM_STATE = "random-state"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRule:
    """When two answers count as the same.

    Without ``rtol`` and ``atol`` a tolerance for rounding, by precision, is taken;
    with one of them, ``|candidate - reference| <= atol + rtol * |reference|`` and
    nothing else. ``exact`` asks for equal bits. With ``statistical`` the values
    are draws, and the two sides' distributions are compared. ``function`` is a
    ``"module:function"`` that is called with three lists (inputs, the reference's
    values, the candidate's) and returns why they are not the same, or "".
    """

    rtol: float | None = None
    atol: float | None = None
    exact: bool = False
    statistical: bool = False
    function: str = ""
    seeds_count: int = 1
    ignored: tuple[Ignored, ...] = ()


class Aspect(StrEnum):
    """What of a candidate is measured beside its answer."""

    TIME = "time"
    MEMORY = "memory"


#: A candidate that is faster or slower by less is not worth other code.
PROOF_MARGIN_RATIO = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What was stated: the words, and the range of the figure that they mean.

    The figure is, by kind: how many times as fast (speed), candidate over
    reference in peak memory (memory-ratio), a share, a rate, an exponent, or an
    amount in the claim's unit. ``nothing`` is the figure with which there is
    nothing to the claim at all: what lies between it and the range is something,
    but less than was stated.
    """

    text: str
    low: float
    high: float = math.inf
    nothing: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What is to be proved.

    ``reference`` and ``candidate`` are callables (``package.module:function``),
    variants of a bundled workload's stage, or scripts and modules with their
    arguments. ``inputs`` makes a callable's arguments, for each of ``sizes``.
    ``files`` are what a programme writes. Beside the answers, ``aspects`` are measured.
    ``claim`` is what somebody stated about the
    candidate, ``source`` where, and ``stated`` how many times as fast that makes it.
    ``where`` is the file and line that it stands in.
    """

    name: str
    reference: str
    candidate: str
    inputs: str | None = None
    sizes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    rule: AnswerRule = AnswerRule()
    margin_ratio: float = PROOF_MARGIN_RATIO
    aspects: tuple[Aspect, ...] = (Aspect.TIME, Aspect.MEMORY)
    claim: str = ""
    source: str = ""
    stated: Stated | None = None
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDifference:
    """How far the candidate's answer is from the reference's.

    ``where`` is the way from the value to its worst part (``[0].radius``), ``index``
    the place inside that part's array. ``greatest_ratio`` is the greatest relative
    difference anywhere, infinite where something is not a number on one side
    alone; ``greatest_ulp_count`` the greatest distance in units in the last place,
    ``None`` where nothing was a floating point number. ``uncertain`` says that
    part of the answer could not be compared.
    """

    equal: bool
    reason: str = ""
    where: str = ""
    index: tuple[int, ...] = ()
    greatest_ratio: float = 0.0
    greatest_ulp_count: int | None = None
    differing_count: int = 0
    elements_count: int = 0
    uncertain: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cold:
    """First calls, in nanoseconds: medians over processes.

    ``payback_calls_count`` is after how many calls a candidate whose first call
    costs more has made up for it, bounded by ``payback_interval`` at 95%; ``None`` where it never does, or
    where there is nothing to make up for.
    """

    reference_ns: float
    candidate_ns: float
    payback_calls_count: float | None = None
    payback_interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeProof:
    """The proof at one size; ``size`` is empty where the inputs have none.

    ``ratio`` is candidate over reference in time, ``memory_ratio`` in peak memory.
    ``reason`` is one sentence.
    """

    size: str
    verdict: ProofVerdict
    reason: str
    difference: AnswerDifference | None = None
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    reference_ns: float | None = None
    candidate_ns: float | None = None
    clock: str | None = None
    pairs_count: int = 0
    memory_ratio: float | None = None
    cold: Cold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossover:
    """The size from which on the candidate is the faster one, and what bounds it at 95%.

    ``above`` is false where it is faster below that size instead.
    """

    size: float
    interval: tuple[float, float]
    above: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of holding a candidate against its reference.

    ``ratio`` and ``interval`` are those of the greatest size; ``condition`` says
    in words where the verdict holds. ``margin_ratio`` is the change of time that
    counts as none. ``reference_failed`` says that there was nothing to hold the candidate against.
    """

    name: str
    reference: str
    candidate: str
    verdict: ProofVerdict
    reason: str
    rule: AnswerRule
    margin_ratio: float
    condition: str = ""
    reference_failed: bool = False
    sizes: tuple[SizeProof, ...] = ()
    crossover: Crossover | None = None
    notes: tuple[str, ...] = ()
    duration_ns: int = 0

    @property
    def greatest(self) -> SizeProof | None:
        """The proof at the greatest size that was timed."""
        timed = [one for one in self.sizes if one.ratio is not None]
        return timed[-1] if timed else None
