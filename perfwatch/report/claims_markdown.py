"""A ledger → a page of Markdown: the table of claims, then what stands behind each; it must not judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.claims_view import ClaimView, LedgerView, ledger_view
from perfwatch.report.markdown_text import code, sentence
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.claim import LedgerRow
    from perfwatch.records.proof import Proof, SizeProof
    from perfwatch.records.proofs import Ledger

_NONE = "\N{EN DASH}"


def render_claims_markdown(ledger: Ledger) -> str:
    """Return the page."""
    view = ledger_view(ledger)
    lines = [
        f"# {view.title}",
        "",
        _made(view),
        "",
        *([f"Libraries: {sentence(view.libraries)}.", ""] if view.libraries else []),
        "| id | claim | stated | measured | verdict | where |",
        "|---|---|---|---|---|---|",
        *(_table_row(claim) for claim in view.claims),
    ]
    for claim, row in zip(view.claims, ledger.rows, strict=True):
        lines += ["", *_section(claim, row)]
    return "\n".join(lines) + "\n"


def _made(view: LedgerView) -> str:
    return (
        f"{view.counted}. Measured {sentence(view.when)} by perfwatch {view.version} on {sentence(view.machine)}; "
        f"{code(view.command)} makes this page again."
    )


def _table_row(view: ClaimView) -> str:
    measured = "; ".join(view.measured) or _NONE
    cells = (view.id, view.text, view.stated, measured, view.verdict, view.condition or _NONE)
    return f"| {' | '.join(sentence(cell) for cell in cells)} |"


def _section(view: ClaimView, row: LedgerRow) -> list[str]:
    holds = f", {sentence(view.condition)}" if view.condition else ""
    lines = [
        f"## {sentence(view.id)}: {sentence(view.verdict)}",
        "",
        f"{sentence(view.text)} ({sentence(view.source)}). Stated: {sentence(view.stated)}.",
        "",
        f"**{sentence(view.verdict)}**{holds}: {sentence(view.reason)}.",
    ]
    evidence = [f"- {sentence(said)}" for said in (*view.measured, *view.evidence)]
    if evidence:
        lines += ["", *evidence]
    if row.proof is not None:
        lines += _proof(row.proof)
    earlier = [f"First measurement, elsewhere: {sentence(view.first)}."] if view.first else []
    earlier += [f"This page differs: {sentence(view.differs)}."] if view.differs else []
    if earlier:
        lines += ["", " ".join(earlier)]
    return lines


def _proof(proof: Proof) -> list[str]:
    """The proof's own figures, where there was something to time."""
    if not any(one.ratio is not None for one in proof.sizes):
        return []
    return [
        "",
        "| size | reference | candidate | candidate / reference | 95% interval | memory | pairs |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(_size(one) for one in proof.sizes if one.ratio is not None),
    ]


def _size(one: SizeProof) -> str:
    interval = "" if one.interval is None else f"{one.interval[0]:.3g} to {one.interval[1]:.3g}"
    cells = (
        sentence(visible(one.size)) or _NONE,
        units.time(one.reference_ns),
        units.time(one.candidate_ns),
        f"{one.ratio:.3g}",
        interval,
        units.factor(one.memory_ratio),
        str(one.pairs_count),
    )
    return f"| {' | '.join(cells)} |"
