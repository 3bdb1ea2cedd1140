"""A statement that somebody made about performance, and what came of holding it against measurements."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from perfwatch.records.proof import Experiment, Proof, Stated


class ClaimVerdict(StrEnum):
    """The words of a claim."""

    HOLDS = "holds"
    UNDERSTATED = "understated"
    OVERSTATED = "overstated"
    REFUTED = "refuted"
    DIFFERENT_ANSWER = "different-answer"
    FAILS = "fails"
    UNMEASURED = "unmeasured"


class ClaimKind(StrEnum):
    """What a claim is about, which decides what is measured and how it is judged.

    ``speed``, ``equivalence``, ``runs`` and ``memory-ratio`` come from a proof, the others from figures.
    """

    SPEED = "speed"
    EQUIVALENCE = "equivalence"
    RUNS = "runs"
    MEMORY_RATIO = "memory-ratio"
    MEMORY = "memory"
    SHARE = "share"
    HIT_RATE = "hit-rate"
    EXPONENT = "exponent"
    ORDER = "order"
    PLAUSIBILITY = "plausibility"
    AMOUNT = "amount"


#: The kinds that a proof answers.
PROVED_KINDS = frozenset({ClaimKind.SPEED, ClaimKind.EQUIVALENCE, ClaimKind.RUNS, ClaimKind.MEMORY_RATIO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What measures a claim's figures.

    ``function`` is ``package.module:name``; it is called with ``size=`` and
    ``seed=`` in fresh processes and returns a mapping of figures by name.
    ``judged`` names the one that the claim is about, ``unit`` what it counts
    (``ns``, ``bytes``, or empty), ``sizes`` what it is called with.
    """

    function: str
    judged: str
    sizes: tuple[str, ...] = ("small",)
    unit: str = ""


#: The calls that a claim is about unless it says otherwise.
WARM = "warm calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A statement, where it stands, and what it is held against: an experiment or a witness.

    ``calls`` says which calls the statement is about, for its condition. ``first``
    is what a first measurement elsewhere came to, in words, and ``expected`` its
    verdict: never what is reported, only what is reported as differing.
    ``requires`` are the packages without which it stays unmeasured.
    """

    id: str
    text: str
    source: str
    kind: ClaimKind
    stated: Stated
    experiment: Experiment | None = None
    witness: Witness | None = None
    workload: str = ""
    calls: str = WARM
    requires: tuple[str, ...] = ()
    first: str = ""
    expected: ClaimVerdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure: its median over fresh processes, and the interval that holds the median at 95%.

    ``interval`` is ``None`` where too few processes came to an end for one.
    """

    name: str
    size: str
    value: float
    interval: tuple[float, float] | None
    processes_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeVerdict:
    """What a claim comes to at one size: the figure that was judged, and its interval at 95%."""

    size: str
    verdict: ClaimVerdict
    value: float | None = None
    interval: tuple[float, float] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One claim with its verdict: where that holds, why, and all that was measured for it.

    ``stated_ratio`` is what was stated as candidate over reference in time, where
    the claim is about speed. ``differs`` says in a sentence that the verdict is not
    that of the first measurement; empty where it is, or where there was none.
    """

    id: str
    text: str
    source: str
    kind: ClaimKind
    stated: Stated
    verdict: ClaimVerdict
    reason: str
    condition: str = ""
    stated_ratio: tuple[float, float] | None = None
    unit: str = ""
    workload: str = ""
    sizes: tuple[SizeVerdict, ...] = ()
    figures: tuple[Figure, ...] = ()
    proof: Proof | None = None
    first: str = ""
    differs: str = ""
    duration_ns: int = 0
