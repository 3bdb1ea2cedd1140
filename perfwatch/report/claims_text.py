"""A ledger → text for a terminal; it must not judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.records.claim import ClaimVerdict
from perfwatch.report.claims_view import claim_view, ledger_view
from perfwatch.report.columns import Column, Gives, print_table, text
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from perfwatch.records.claim import LedgerRow
    from perfwatch.records.proofs import Ledger

_LIMIT = 1_000
_STYLES = {
    ClaimVerdict.HOLDS: "bold green",
    ClaimVerdict.UNDERSTATED: "green",
    ClaimVerdict.OVERSTATED: "yellow",
    ClaimVerdict.REFUTED: "bold red",
    ClaimVerdict.DIFFERENT_ANSWER: "bold red",
    ClaimVerdict.FAILS: "bold red",
    ClaimVerdict.UNMEASURED: "yellow",
}


def render_claim(row: LedgerRow, console: Console) -> None:
    """Print one claim with its verdict, below the proof that it comes from."""
    view = claim_view(row)
    source = f" ({view.source})" if view.source else ""
    console.print(text(visible(f"Claim: {view.text}{source}, stated {view.stated}", _LIMIT)))
    holds = f", {view.condition}" if view.condition else ""
    console.print(text(visible(f"{view.verdict}{holds}: {view.reason}", _LIMIT), _STYLES[row.verdict]))


def render_ledger(ledger: Ledger, console: Console, page: Path | None = None) -> None:
    """Print the table of claims, what stands behind each, how many came to which word, and where the page is."""
    view = ledger_view(ledger)
    styles = [_STYLES[row.verdict] for row in ledger.rows]
    print_table(
        console,
        [
            Column("id"),
            Column("claim", gives=Gives.WORDS),
            Column("stated", gives=Gives.WORDS, spare=2),
            Column("measured", gives=Gives.WORDS, spare=1),
            Column("word"),
        ],
        [
            [
                (claim.id, ""),
                (claim.text, ""),
                (claim.stated, "dim"),
                ("; ".join(claim.measured), ""),
                (claim.verdict, style),
            ]
            for claim, style in zip(view.claims, styles, strict=True)
        ],
    )
    for claim in view.claims:
        holds = f" ({claim.condition})" if claim.condition else ""
        console.print()
        console.print(text(f"{claim.id} {claim.verdict}{holds}: {claim.reason}"))
        for said in (*claim.evidence, *([claim.differs] if claim.differs else [])):
            console.print(text(f"    {said}", "dim"))
    console.print(text(f"\n{view.counted}"))
    console.print(text(f"Measured {view.when} on {view.machine}", "dim"))
    if page is not None:
        console.print(text(f"\nReport  {visible(str(page), _LIMIT)}"))
