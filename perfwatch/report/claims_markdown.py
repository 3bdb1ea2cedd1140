"""A ledger → a page of Markdown: the table of claims, then what stands behind each; it must not judge."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.claims_view import ClaimView, claim_view, machine_of
from perfwatch.report.gate_markdown import sentence

if TYPE_CHECKING:
    from perfwatch.records.claim import Ledger, LedgerRow
    from perfwatch.records.proof import Proof, SizeProof

_NONE = "\N{EN DASH}"


def render_claims_markdown(ledger: Ledger, command: str) -> str:
    """Return the page; ``command`` is what makes it again."""
    views = [claim_view(row) for row in ledger.rows]
    lines = [
        "# Claims, held against measurements",
        "",
        _made(ledger, views, command),
        "",
        *_libraries(ledger),
        "| id | claim | stated | measured | verdict | where |",
        "|---|---|---|---|---|---|",
        *(_table_row(view) for view in views),
    ]
    for view, row in zip(views, ledger.rows, strict=True):
        lines += ["", *_section(view, row)]
    return "\n".join(lines) + "\n"


def _made(ledger: Ledger, views: list[ClaimView], command: str) -> str:
    counts = Counter(view.verdict for view in views)
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    return (
        f"{len(views)} claims: {told}. Measured {ledger.started_at} in {units.time(ledger.duration_ns)} by perfwatch "
        f"{ledger.version} on {sentence(machine_of(ledger))}; `{command}` makes this page again."
    )


def _libraries(ledger: Ledger) -> list[str]:
    named = [f"{name} {version}" for name, version in sorted(ledger.environment.libraries.items())]
    return [f"Libraries: {sentence(', '.join(named))}.", ""] if named else []


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
    if view.first:
        differs = f" This page differs from it: {sentence(view.differs)}." if view.differs else ""
        lines += ["", f"First measurement, elsewhere: {sentence(view.first)}.{differs}"]
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
        one.size or _NONE,
        units.time(one.reference_ns),
        units.time(one.candidate_ns),
        f"{one.ratio:.3g}",
        interval,
        units.factor(one.memory_ratio),
        str(one.pairs_count),
    )
    return f"| {' | '.join(cells)} |"
