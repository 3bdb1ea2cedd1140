"""Holds a claim against a proof, or against figures → the ledger's row: a word, where it holds, and why.

It must not measure, and must not compare answers or times: both are handed in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.claim import (
    PROVED_KINDS,
    WARM,
    Claim,
    ClaimKind,
    ClaimVerdict,
    Figure,
    LedgerRow,
    SizeVerdict,
)
from perfwatch.records.proof import Aspect, Proof, ProofVerdict, SizeProof, Stated

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A stated figure is met by one within a quarter of it: nobody who writes "4x" means 3.99 to 4.01.
LEEWAY_RATIO = 1.25
#: An amount that is stated in passing ("some two minutes") is met within its order of magnitude.
PLAUSIBLE_RATIO = 10.0

#: Where sizes come to different words, the whole comes to the first of these.
_WORST_FIRST = (
    ClaimVerdict.FAILS,
    ClaimVerdict.DIFFERENT_ANSWER,
    ClaimVerdict.REFUTED,
    ClaimVerdict.OVERSTATED,
    ClaimVerdict.UNMEASURED,
    ClaimVerdict.UNDERSTATED,
    ClaimVerdict.HOLDS,
)
_WITHOUT_TIME = {
    ProofVerdict.FAILS: ClaimVerdict.FAILS,
    ProofVerdict.DIFFERENT_ANSWER: ClaimVerdict.DIFFERENT_ANSWER,
}
#: Kinds whose stated range is left on either side alike: there is no too much that would be all the better.
#: More of one share is less of another.
_TWO_SIDED = {ClaimKind.PLAUSIBILITY, ClaimKind.EXPONENT, ClaimKind.SHARE}


def aspects_of(kind: ClaimKind) -> tuple[Aspect, ...]:
    """Return what a proof has to measure beside the answer for a claim of this kind."""
    return {ClaimKind.SPEED: (Aspect.TIME,), ClaimKind.MEMORY_RATIO: (Aspect.MEMORY,)}.get(kind, ())


def judge(claim: Claim, proof: Proof | None = None, figures: Sequence[Figure] = ()) -> LedgerRow:
    """Hold a claim against what was measured for it.

    A claim whose kind a proof answers takes the proof, any other the figures that
    its witness gave; figures beside a proof are evidence, and judge nothing.
    """
    row = _plain(claim, figures)
    if claim.kind in PROVED_KINDS:
        if proof is None:
            return replace(row, reason="nothing was measured")
        return _with_words(replace(row, proof=proof), claim, _of_a_proof(claim, proof), proof)
    named = [one for one in figures if claim.witness is not None and one.name == claim.witness.judged]
    return _with_words(row, claim, [_of_a_figure(claim, one) for one in named], proof)


def unmeasured(claim: Claim, reason: str) -> LedgerRow:
    """A claim that nothing could be measured for, and why, in one line without a full stop."""
    return replace(_plain(claim, ()), reason=" ".join(reason.split()).removesuffix("."))


def _plain(claim: Claim, figures: Sequence[Figure]) -> LedgerRow:
    speed = claim.kind is ClaimKind.SPEED
    return LedgerRow(
        id=claim.id,
        text=claim.text,
        source=claim.source,
        kind=claim.kind,
        stated=claim.stated,
        verdict=ClaimVerdict.UNMEASURED,
        reason="nothing was measured",
        stated_ratio=(1 / claim.stated.high, 1 / claim.stated.low) if speed else None,
        unit="" if claim.witness is None else claim.witness.unit,
        workload=claim.workload,
        figures=tuple(figures),
        first=claim.first,
    )


def _with_words(row: LedgerRow, claim: Claim, sizes: Sequence[SizeVerdict], proof: Proof | None) -> LedgerRow:
    if not sizes:
        return row
    words = {one.verdict for one in sizes}
    verdict = next(word for word in _WORST_FIRST if word in words)
    told = [one for one in sizes if one.verdict is verdict]
    expected = claim.expected
    differs = (
        f"the first measurement came to {expected.value}"
        if expected is not None and verdict not in {expected, ClaimVerdict.UNMEASURED}
        else ""
    )
    return replace(
        row,
        verdict=verdict,
        reason=told[-1].reason,
        condition=_condition(claim, sizes, proof),
        sizes=tuple(sizes),
        differs=differs,
    )


def _condition(claim: Claim, sizes: Sequence[SizeVerdict], proof: Proof | None) -> str:
    """Where the words hold: the kind of call, and the sizes of each word."""
    calls = claim.calls if claim.kind is ClaimKind.SPEED or claim.calls != WARM else ""
    by_word: dict[ClaimVerdict, list[str]] = {}
    for one in sizes:
        by_word.setdefault(one.verdict, []).append(one.size)
    if len(by_word) == 1:
        named = [one.size for one in sizes if one.size]
        at = f"{'size' if len(named) == 1 else 'sizes'} {', '.join(named)}" if named else ""
    else:
        ordered = [word for word in _WORST_FIRST if word in by_word]
        at = "; ".join(f"{word.value} at {', '.join(by_word[word])}" for word in ordered)
    if proof is not None and proof.crossover is not None:
        low, high = proof.crossover.interval
        side = "from" if proof.crossover.above else "below"
        at += f"; faster {side} {proof.crossover.size:,.0f} on [{low:,.0f} to {high:,.0f}]"
    return ", ".join(part for part in (calls, at) if part)


# Proofs


def _of_a_proof(claim: Claim, proof: Proof) -> list[SizeVerdict]:
    if proof.reference_failed:
        return [SizeVerdict(size="", verdict=ClaimVerdict.UNMEASURED, reason=proof.reason)]
    return [_of_a_size(claim, one) for one in proof.sizes]


def _of_a_size(claim: Claim, one: SizeProof) -> SizeVerdict:
    """One size's word; the answer comes before any figure."""
    word = _WITHOUT_TIME.get(one.verdict)
    if claim.kind is ClaimKind.RUNS and word is ClaimVerdict.DIFFERENT_ANSWER:
        word = None
    if word is not None:
        return SizeVerdict(size=one.size, verdict=word, reason=one.reason)
    if claim.kind is ClaimKind.RUNS:
        return SizeVerdict(size=one.size, verdict=ClaimVerdict.HOLDS, reason="it runs")
    if one.difference is None or not one.difference.equal or one.difference.uncertain:
        return SizeVerdict(size=one.size, verdict=ClaimVerdict.UNMEASURED, reason=one.reason)
    if claim.kind is ClaimKind.EQUIVALENCE:
        return SizeVerdict(size=one.size, verdict=ClaimVerdict.HOLDS, reason="the answers are the same")
    if claim.kind is ClaimKind.MEMORY_RATIO:
        return _of_memory(claim.stated, one)
    return _of_speed(claim.stated, one)


def _of_speed(stated: Stated, one: SizeProof) -> SizeVerdict:
    if one.ratio is None or one.interval is None or one.verdict is ProofVerdict.UNDECIDED:
        return SizeVerdict(size=one.size, verdict=ClaimVerdict.UNMEASURED, reason=one.reason)
    gain, bounds = 1 / one.ratio, (1 / one.interval[1], 1 / one.interval[0])
    seen = SizeVerdict(size=one.size, verdict=ClaimVerdict.REFUTED, value=gain, interval=bounds)
    if one.verdict is ProofVerdict.SLOWER:
        return replace(seen, reason=f"it is {units.count(one.ratio)} times slower")
    if one.verdict is ProofVerdict.SAME_SPEED:
        return replace(seen, reason="it is not faster")
    verdict, _ = _held(stated, bounds, LEEWAY_RATIO)
    reason = f"{units.count(gain)} times as fast, where {stated.text} was stated"
    return replace(seen, verdict=verdict, reason=reason)


def _of_memory(stated: Stated, one: SizeProof) -> SizeVerdict:
    """A peak is no draw: it is held against the statement without an interval."""
    ratio = one.memory_ratio
    if ratio is None:
        return SizeVerdict(size=one.size, verdict=ClaimVerdict.UNMEASURED, reason="no peak was measured")
    # Less is better here, and what was stated is how little is left.
    if ratio >= 1 / (1 + _TOO_LITTLE):
        verdict = ClaimVerdict.REFUTED
    elif ratio > stated.high * LEEWAY_RATIO:
        verdict = ClaimVerdict.OVERSTATED
    elif ratio < stated.low / LEEWAY_RATIO:
        verdict = ClaimVerdict.UNDERSTATED
    else:
        verdict = ClaimVerdict.HOLDS
    reason = f"the peak is {units.factor(ratio)} the reference's, where {stated.text} was stated"
    return SizeVerdict(size=one.size, verdict=verdict, value=ratio, reason=reason)


#: A peak of memory that is smaller by less than this share is the same.
_TOO_LITTLE = 0.05


# Figures


def _of_a_figure(claim: Claim, figure: Figure) -> SizeVerdict:
    if figure.interval is None:
        return SizeVerdict(
            size=figure.size,
            verdict=ClaimVerdict.UNMEASURED,
            value=figure.value,
            reason=f"{figure.processes_count} processes are too few for an interval",
        )
    leeway = PLAUSIBLE_RATIO if claim.kind is ClaimKind.PLAUSIBILITY else _leeway(claim.kind)
    verdict, reason = _held(claim.stated, figure.interval, leeway)
    if claim.kind in _TWO_SIDED and verdict in {ClaimVerdict.UNDERSTATED, ClaimVerdict.OVERSTATED}:
        verdict, reason = ClaimVerdict.REFUTED, _off(claim.stated, figure.value)
    return SizeVerdict(
        size=figure.size, verdict=verdict, value=figure.value, interval=figure.interval, reason=reason
    )


def _off(stated: Stated, value: float) -> str:
    """How far a figure lies from a stated one that it had to meet from either side."""
    if value > stated.high:
        return f"{units.count(value / stated.high)} times what was stated ({stated.text})"
    if value > 0:
        return f"{units.count(stated.low / value)} times less than stated ({stated.text})"
    return f"nothing of what was stated ({stated.text})"


def _leeway(kind: ClaimKind) -> float:
    """Shares, rates and orders are stated as they are meant; amounts and exponents are rounded."""
    exact = {ClaimKind.SHARE, ClaimKind.HIT_RATE, ClaimKind.ORDER}
    return 1.0 if kind in exact else LEEWAY_RATIO


def _held(stated: Stated, interval: tuple[float, float], leeway: float) -> tuple[ClaimVerdict, str]:
    """Where an interval lies beside what was stated.

    Within the stated range, widened by the leeway: holds. Wholly above it:
    understated. Wholly below it: refuted where nothing is left, else overstated.
    Across one of its ends: unmeasured, because either may be true.
    """
    low, high = stated.low / leeway, stated.high * leeway
    least, greatest = interval
    if low <= least and greatest <= high:
        return ClaimVerdict.HOLDS, f"as stated ({stated.text})"
    if least > high:
        return ClaimVerdict.UNDERSTATED, f"more than stated ({stated.text})"
    if greatest < low:
        if greatest <= stated.nothing:
            return ClaimVerdict.REFUTED, f"nothing of what was stated ({stated.text})"
        return ClaimVerdict.OVERSTATED, f"less than stated ({stated.text})"
    return ClaimVerdict.UNMEASURED, f"undecided: it may be as stated ({stated.text}), or not"
