"""What a proof comes to: a word for each size, a word for the whole, and where it holds.

It must not measure, and must not compare answers or times: both are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from perfwatch.proving.crossover import crossover_of
from perfwatch.proving.payback import cold_of
from perfwatch.records.comparison import Comparison, Verdict
from perfwatch.records.pairing import PairTiming
from perfwatch.records.proof import AnswerDifference, Crossover, Proof, ProofVerdict, SizeProof

_WORDS = {
    Verdict.FASTER: ProofVerdict.PROVED,
    Verdict.SAME: ProofVerdict.SAME_SPEED,
    Verdict.SLOWER: ProofVerdict.SLOWER,
}
UNCOMPARED = "the answers cannot be compared: {why}; a rule of your own can compare them (--rule)"
#: The worst first: what one size ends in, the whole ends in.
_FATAL = (ProofVerdict.FAILS, ProofVerdict.DIFFERENT_ANSWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that is known of one size: the answers' difference, why there is none, the times, the memory.

    ``calls`` says that a process makes more than one call: a programme has no later ones.
    """

    size: str
    difference: AnswerDifference | None = None
    failure: str = ""
    unanswered: str = ""
    comparison: Comparison | None = None
    pairs: Sequence[PairTiming] = ()
    peaks: Mapping[str, float] = field(default_factory=dict)
    calls: bool = True


def size_proof(seen: Seen) -> SizeProof:
    """Say what one size comes to: the answer first, and the time only where that is the same."""
    plain = SizeProof(
        size=seen.size,
        verdict=ProofVerdict.UNDECIDED,
        reason="it was not measured",
        difference=seen.difference,
    )
    if seen.failure:
        return replace(plain, verdict=ProofVerdict.FAILS, reason=seen.failure)
    if seen.difference is not None and not seen.difference.equal:
        return replace(plain, verdict=ProofVerdict.DIFFERENT_ANSWER, reason=seen.difference.reason)
    if seen.unanswered:
        return replace(plain, reason=seen.unanswered)
    if seen.difference is not None and seen.difference.uncertain:
        return replace(plain, reason=UNCOMPARED.format(why=seen.difference.uncertain))
    told = seen.comparison
    peaks = [seen.peaks.get(side) for side in ("reference", "candidate")]
    memory_ratio = peaks[1] / peaks[0] if peaks[0] and peaks[1] is not None else None
    if told is None:
        return replace(plain, memory_ratio=memory_ratio)
    return replace(
        plain,
        verdict=_WORDS.get(told.verdict, ProofVerdict.UNDECIDED),
        reason=told.reason,
        ratio=told.ratio,
        interval=told.interval,
        reference_ns=told.base_value,
        candidate_ns=told.head_value,
        clock=told.clock,
        pairs_count=len(seen.pairs),
        memory_ratio=memory_ratio,
        cold=cold_of(seen.pairs) if told.verdict is Verdict.FASTER and seen.calls else None,
    )


def whole(proof: Proof, sizes: Sequence[SizeProof]) -> Proof:
    """Return the proof with its sizes, the word that they come to, and where that holds."""
    crossover = crossover_of(sizes)
    proof = replace(proof, sizes=tuple(sizes), crossover=crossover)
    for word in _FATAL:
        for one in sizes:
            if one.verdict is word:
                at = f"at size {one.size}: " if one.size and len(sizes) > 1 else ""
                return replace(proof, verdict=word, reason=f"{at}{one.reason}")
    words = {one.verdict for one in sizes}
    if ProofVerdict.PROVED in words:
        condition = "" if words == {ProofVerdict.PROVED} else _condition(sizes, crossover)
        return replace(proof, verdict=ProofVerdict.PROVED, reason=_gain(proof), condition=condition)
    for word in (ProofVerdict.UNDECIDED, ProofVerdict.SLOWER, ProofVerdict.SAME_SPEED):
        for one in sizes:
            if one.verdict is word:
                return replace(proof, verdict=word, reason=one.reason)
    return replace(proof, verdict=ProofVerdict.UNDECIDED, reason="nothing was measured")


def _gain(proof: Proof) -> str:
    proved = [one for one in proof.sizes if one.verdict is ProofVerdict.PROVED and one.ratio]
    gains = sorted(1 / one.ratio for one in proved if one.ratio)
    if len(gains) == 1 or f"{gains[0]:.2g}" == f"{gains[-1]:.2g}":
        return f"the same answer, {gains[-1]:.2f} times as fast"
    return f"the same answers, {gains[0]:.2f} to {gains[-1]:.2f} times as fast"


def _condition(sizes: Sequence[SizeProof], crossover: Crossover | None) -> str:
    """Where a candidate that is not faster everywhere is."""
    if crossover is not None:
        low, high = crossover.interval
        side = "from" if crossover.above else "up to"
        return (
            f"{side} size {crossover.size:,.0f} on [{low:,.0f} to {high:,.0f}]"
            if crossover.above
            else (f"{side} size {crossover.size:,.0f} [{low:,.0f} to {high:,.0f}]")
        )
    by_word: dict[ProofVerdict, list[str]] = {}
    for one in sizes:
        by_word.setdefault(one.verdict, []).append(one.size)
    proved = ", ".join(by_word.pop(ProofVerdict.PROVED))
    others = "; ".join(f"{word.value} at {', '.join(found)}" for word, found in by_word.items())
    return f"at size {proved}; {others}"
