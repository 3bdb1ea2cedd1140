"""A ledger → text for a terminal; it must not judge."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.claim import ClaimVerdict
from perfwatch.report.claims_view import claim_view, machine_of
from perfwatch.report.columns import Column, Gives, print_table, text
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

    from perfwatch.records.claim import Ledger, LedgerRow

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


def render_ledger(ledger: Ledger, console: Console) -> None:
    """Print the table of claims, then what stands behind each, then how many came to which word."""
    views = [claim_view(row) for row in ledger.rows]
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
                (view.id, ""),
                (visible(view.text, _LIMIT), ""),
                (visible(view.stated, _LIMIT), "dim"),
                ("; ".join(view.measured), ""),
                (view.verdict, _STYLES[row.verdict]),
            ]
            for view, row in zip(views, ledger.rows, strict=True)
        ],
    )
    for view in views:
        holds = f" ({view.condition})" if view.condition else ""
        console.print()
        console.print(text(visible(f"{view.id} {view.verdict}{holds}: {view.reason}", _LIMIT)))
        for said in (*view.evidence, *([view.differs] if view.differs else [])):
            console.print(text(visible(f"    {said}", _LIMIT), "dim"))
    counts = Counter(row.verdict for row in ledger.rows)
    told = ", ".join(f"{count} {word.value}" for word, count in counts.items())
    console.print(text(f"\n{len(ledger.rows)} claims: {told}; took {units.time(ledger.duration_ns)}"))
    console.print(text(f"Measured {ledger.started_at} on {visible(machine_of(ledger), _LIMIT)}", "dim"))
