"""Proofs → text for a terminal: the word and where it holds first, then each size.

It must not judge and must not compute beyond turning a ratio round.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.proof import ProofVerdict
from perfwatch.report.claims_text import render_claim
from perfwatch.report.columns import Cell, Column, Gives, print_table, text
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from perfwatch.records.claim import LedgerRow
    from perfwatch.records.proof import AnswerDifference, Proof, SizeProof

_NAME_LIMIT, _REASON_LIMIT, _REASONS_AT_MOST = 200, 1_000, 10
_STYLES = {
    ProofVerdict.PROVED: "bold green",
    ProofVerdict.SAME_SPEED: "yellow",
    ProofVerdict.SLOWER: "bold red",
    ProofVerdict.DIFFERENT_ANSWER: "bold red",
    ProofVerdict.FAILS: "bold red",
    ProofVerdict.UNDECIDED: "yellow",
}


def render_proofs(proofs: Sequence[Proof], console: Console, claims: Sequence[LedgerRow] = ()) -> None:
    """Print each proof with the claim that it answers, and where there are several, how many came to which word."""
    by_name = {row.id: row for row in claims}
    for number, proof in enumerate(proofs):
        if number:
            console.print()
        _proof(proof, console)
        if proof.name in by_name:
            render_claim(by_name[proof.name], console)
    if len(proofs) > 1:
        counts = Counter(proof.verdict for proof in proofs)
        told = ", ".join(f"{count} {word.value}" for word, count in counts.items())
        console.print(text(f"\n{len(proofs)} experiments: {told}"))


def _proof(proof: Proof, console: Console) -> None:
    console.print(text(visible(f"{proof.reference} → {proof.candidate}", 2 * _NAME_LIMIT), "dim"))
    holds = f", {proof.condition}" if proof.condition else ""
    said = f"{proof.verdict.value}{holds}: {proof.reason}"
    console.print(text(visible(said, _REASON_LIMIT), _STYLES[proof.verdict]))
    if any(one.ratio is not None for one in proof.sizes):
        console.print()
        print_table(console, _columns(proof), [_row(one, proof) for one in proof.sizes])
    told = [
        one for one in proof.sizes if one.reason != proof.reason and one.verdict is not ProofVerdict.PROVED
    ]
    for one in told[:_REASONS_AT_MOST]:
        at = f"size {one.size}: " if one.size else ""
        console.print(text(visible(f"{at}{one.reason}", _REASON_LIMIT), "dim"))
    for one in proof.sizes:
        _cold(one, console)
    for note in proof.notes:
        console.print(text(visible(note, _REASON_LIMIT), "yellow"))
    console.print(text(_how(proof), "dim"))


def _columns(proof: Proof) -> list[Column]:
    first = [Column("size", right=True)] if _sized(proof) else []
    return [
        *first,
        Column("answer", gives=Gives.WORDS, spare=3),
        Column("reference", right=True),
        Column("candidate", right=True),
        Column("times as fast", right=True),
        Column("95% interval", right=True, spare=1),
        Column("memory", right=True, spare=2),
        Column("word"),
    ]


def _row(one: SizeProof, proof: Proof) -> list[Cell]:
    first: list[Cell] = [(one.size, "")] if _sized(proof) else []
    return [
        *first,
        (_answer(one.difference), ""),
        (units.time(one.reference_ns), ""),
        (units.time(one.candidate_ns), ""),
        (units.factor(_turned(one.ratio)), ""),
        (_gain_interval(one.interval), "dim"),
        (units.factor(one.memory_ratio), ""),
        (one.verdict.value, _STYLES[one.verdict]),
    ]


def _sized(proof: Proof) -> bool:
    return any(one.size for one in proof.sizes)


def _answer(difference: AnswerDifference | None) -> str:
    """How near the answers are, in two words."""
    if difference is None:
        return "none"
    if not difference.equal:
        return "another"
    if not difference.greatest_ratio:
        return "the same"
    return f"within {units.figure(difference.greatest_ratio)}"


def _turned(ratio: float | None) -> float | None:
    return 1 / ratio if ratio else None


def _gain_interval(bounds: tuple[float, float] | None) -> str:
    if bounds is None:
        return units.factor(None)
    return f"[{units.factor(_turned(bounds[1]))}, {units.factor(_turned(bounds[0]))}]"


def _cold(one: SizeProof, console: Console) -> None:
    """Say what the first call costs, where that takes the candidate calls to make up for."""
    if one.cold is None or one.cold.payback_calls_count is None:
        return
    at = f"At size {one.size} the" if one.size else "The"
    within = ""
    if one.cold.payback_interval is not None:
        low, high = one.cold.payback_interval
        within = f" [{units.count(low)} to {units.count(high)}]"
    console.print(
        text(
            f"{at} first call takes {units.time(one.cold.candidate_ns)} instead of "
            f"{units.time(one.cold.reference_ns)}: it pays back after {units.count(one.cold.payback_calls_count)} "
            f"calls{within}",
            "dim",
        )
    )


def _how(proof: Proof) -> str:
    """What counted as the same answer, and as the same speed."""
    rule = proof.rule
    if rule.function:
        same = f"the rule {rule.function}"
    elif rule.statistical:
        same = "draws from the same distributions"
    elif rule.exact:
        same = "equal bits"
    elif rule.rtol is not None or rule.atol is not None:
        same = f"rtol {units.figure(rule.rtol or 0)}, atol {units.figure(rule.atol or 0)}"
    else:
        same = "equal but for rounding"
    return (
        f"Same answer: {visible(same, _NAME_LIMIT)}; same speed: within {units.portion(proof.margin_ratio)}; "
        f"took {units.time(proof.duration_ns)}"
    )
