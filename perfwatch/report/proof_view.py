"""A proof in words: what it came to and where that holds, each size, what it costs and when it pays back.

It must not judge: verdicts, and the sentences behind them, arrive in their records.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.proof import Crossover, ProofVerdict
from perfwatch.report.geometry import GainPoint, gain_point
from perfwatch.report.section import NONE, ROWS_LIMIT, Fact
from perfwatch.report.visible import visible
from perfwatch.report.words import PROOF_MARKS, PROOF_TONES

if TYPE_CHECKING:
    from perfwatch.records.proof import AnswerDifference, AnswerRule, Cold, Proof, SizeProof

_NAME_LIMIT, _REASON_LIMIT, _SIZE_LIMIT, _PLACE_LIMIT = 200, 1_000, 40, 60
#: So many sizes say why, and so many notes are shown.
_REASONS_AT_MOST, _NOTES_AT_MOST = 10, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRow:
    """A proof at one size; ``first_call`` is the candidate's, ``payback`` when a dearer one is made up for."""

    size: str
    answer: str
    reference: str
    candidate: str
    gain: str
    interval: str
    memory: str
    first_call: str
    payback: str
    verdict: str
    mark: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The gain over the sizes, for a chart, and what stands below it."""

    points: tuple[GainPoint, ...]
    crossover: Crossover | None
    margin_ratio: float
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """A proof in ready-made text.

    ``said`` is its word, where that holds and why, in one sentence; ``holds`` and
    ``reason`` are its parts, ``holds`` empty where it holds everywhere. ``sized``
    and ``timed`` tell whether rows have sizes and times to show; ``reasons`` are
    those of single sizes. ``course`` is ``None`` where there is nothing to draw.
    """

    name: str
    sides: str
    verdict: str
    mark: str
    tone: str
    said: str
    holds: str
    reason: str
    gain: str
    interval: str
    facts: tuple[Fact, ...]
    sized: bool
    timed: bool
    rows: tuple[SizeRow, ...]
    rows_left_out: str
    reasons: tuple[str, ...]
    paybacks: tuple[str, ...]
    notes: tuple[str, ...]
    how: str
    course: Course | None


def proof_view(proof: Proof) -> ProofView:
    """Return everything that is shown of a proof, in words."""
    holds = f", {proof.condition}" if proof.condition else ""
    hidden = len(proof.sizes) - ROWS_LIMIT
    return ProofView(
        name=visible(proof.name, _NAME_LIMIT),
        sides=visible(f"{proof.reference} \N{RIGHTWARDS ARROW} {proof.candidate}", 2 * _NAME_LIMIT),
        verdict=proof.verdict.value,
        mark=PROOF_MARKS[proof.verdict],
        tone=PROOF_TONES[proof.verdict],
        said=visible(f"{proof.verdict.value}{holds}: {proof.reason}", _REASON_LIMIT),
        holds=visible(proof.condition, _REASON_LIMIT),
        reason=visible(proof.reason, _REASON_LIMIT),
        gain=_gain(proof.greatest),
        interval=_gain_interval(proof.greatest),
        facts=_facts(proof),
        sized=any(one.size for one in proof.sizes),
        timed=any(one.ratio is not None for one in proof.sizes),
        rows=tuple(_row(one) for one in proof.sizes[:ROWS_LIMIT]),
        rows_left_out=f"{units.count(hidden)} more are in proofs.json." if hidden > 0 else "",
        reasons=_reasons(proof),
        paybacks=tuple(_payback(one) for one in proof.sizes if _pays_back(one.cold))[:_REASONS_AT_MOST],
        notes=tuple(visible(note, _REASON_LIMIT) for note in proof.notes[:_NOTES_AT_MOST]),
        how=_how(proof),
        course=_course(proof),
    )


def _row(one: SizeProof) -> SizeRow:
    return SizeRow(
        size=visible(one.size, _SIZE_LIMIT),
        answer=answer_words(one.difference),
        reference=units.time(one.reference_ns),
        candidate=units.time(one.candidate_ns),
        gain=_gain(one),
        interval=_gain_interval(one),
        memory=units.factor(one.memory_ratio),
        first_call=units.time(None if one.cold is None else one.cold.candidate_ns),
        payback=_calls(one.cold) if one.cold is not None and _pays_back(one.cold) else NONE,
        verdict=one.verdict.value,
        mark=PROOF_MARKS[one.verdict],
        tone=PROOF_TONES[one.verdict],
    )


def answer_words(difference: AnswerDifference | None) -> str:
    """How near the answers are, in two words."""
    if difference is None:
        return "none"
    if not difference.equal:
        return "another"
    if difference.uncertain:
        return "not known"
    if not difference.greatest_ratio:
        return "the same"
    return f"within {units.figure(difference.greatest_ratio)}"


def _gain(one: SizeProof | None) -> str:
    point = None if one is None else gain_point(one)
    return units.factor(None if point is None else point.times)


def _gain_interval(one: SizeProof | None) -> str:
    point = None if one is None or one.interval is None else gain_point(one)
    if point is None:
        return units.factor(None)
    return f"[{units.factor(point.low)}, {units.factor(point.high)}]"


# Facts: of the greatest size that was timed, else of the last one


def _facts(proof: Proof) -> tuple[Fact, ...]:
    one = proof.greatest or (proof.sizes[-1] if proof.sizes else None)
    if one is None:
        return ()
    facts = []
    if one.difference is not None:
        value, note = answer_words(one.difference), _distance(one.difference)
        facts.append(Fact(label="Answer", value=value, note=note))
    if one.ratio is not None:
        facts.append(Fact(label="Times as fast", value=_gain(one), note=_measured(one)))
    if one.memory_ratio is not None:
        facts.append(
            Fact(label="Peak memory", value=units.factor(one.memory_ratio), note="of the reference's")
        )
    if one.cold is not None:
        facts.append(_first_call_fact(one.cold))
    return tuple(facts)


def _distance(difference: AnswerDifference) -> str:
    """How far the answers are apart where they are farthest."""
    if difference.uncertain:
        return ""
    parts = []
    if difference.differing_count:
        of = units.count(difference.elements_count)
        parts.append(f"{units.count(difference.differing_count)} of {of} elements differ")
    else:
        parts.append(f"{_counted(difference.elements_count, 'element')} compared")
    if difference.greatest_ulp_count:
        parts.append(f"at most {units.count(difference.greatest_ulp_count)} units in the last place apart")
    place = f"{difference.where}{list(difference.index) if difference.index else ''}"
    if place and difference.greatest_ratio:
        parts.append(f"farthest at {visible(place, _PLACE_LIMIT)}")
    return ", ".join(parts)


def _measured(one: SizeProof) -> str:
    parts = [_gain_interval(one)] if one.interval is not None else []
    if one.size:
        parts.append(f"at size {visible(one.size, _SIZE_LIMIT)}")
    if one.pairs_count:
        parts.append(f"{_counted(one.pairs_count, 'pair')} of processes")
    if one.clock == "cpu":
        parts.append("by the processor's clock")
    return ", ".join(parts)


def _counted(number: int, thing: str) -> str:
    return f"{units.count(number)} {thing}{'' if number == 1 else 's'}"


# First calls


def _pays_back(cold: Cold | None) -> bool:
    return cold is not None and cold.payback_calls_count is not None


def _calls(cold: Cold) -> str:
    within = ""
    if cold.payback_interval is not None:
        low, high = cold.payback_interval
        end = f"to {units.count(high)}" if math.isfinite(high) else "or more"
        within = f" [{units.count(low)} {end}]"
    return f"{units.count(cold.payback_calls_count)} calls{within}"


def _first_call_fact(cold: Cold) -> Fact:
    note = f"the reference's takes {units.time(cold.reference_ns)}"
    if _pays_back(cold):
        note = f"paid back after {_calls(cold)}; {note}"
    return Fact(label="First call", value=units.time(cold.candidate_ns), note=note)


def _payback(one: SizeProof) -> str:
    assert one.cold is not None  # noqa: S101 - asked for where it pays back
    at = f"At size {visible(one.size, _SIZE_LIMIT)} the" if one.size else "The"
    return (
        f"{at} first call takes {units.time(one.cold.candidate_ns)} instead of {units.time(one.cold.reference_ns)}: "
        f"it pays back after {_calls(one.cold)}"
    )


# What is said besides


def _reasons(proof: Proof) -> tuple[str, ...]:
    """Why single sizes came to their words, where the proof's own reason does not say so."""
    told = [
        one for one in proof.sizes if one.reason != proof.reason and one.verdict is not ProofVerdict.PROVED
    ]
    return tuple(
        visible(f"size {one.size}: {one.reason}" if one.size else one.reason, _REASON_LIMIT)
        for one in told[:_REASONS_AT_MOST]
    )


def _how(proof: Proof) -> str:
    """What counted as the same answer, and as the same speed."""
    return (
        f"Same answer: {visible(_rule(proof.rule), _NAME_LIMIT)}; same speed: within "
        f"{units.portion(proof.margin_ratio)}; took {units.time(proof.duration_ns)}"
    )


def _rule(rule: AnswerRule) -> str:
    if rule.function:
        return f"the rule {rule.function}"
    if rule.statistical:
        return "draws from the same distributions"
    if rule.exact:
        return "equal bits"
    if rule.rtol is not None or rule.atol is not None:
        return f"rtol {units.figure(rule.rtol or 0)}, atol {units.figure(rule.atol or 0)}"
    return "equal but for rounding"


def _course(proof: Proof) -> Course | None:
    points = tuple(point for one in proof.sizes if (point := gain_point(one)) is not None)
    if len(points) < 2:
        return None
    caption = (
        "Times as fast over size, with 95% intervals. In the shaded band it is the same speed: "
        f"within {units.portion(proof.margin_ratio)}."
    )
    if proof.crossover is not None:
        low, high = proof.crossover.interval
        caption += (
            f" The faster one changes at size {units.count(proof.crossover.size)} "
            f"[{units.count(low)} to {units.count(high)}]."
        )
    return Course(points=points, crossover=proof.crossover, margin_ratio=proof.margin_ratio, caption=caption)
