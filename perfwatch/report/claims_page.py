"""A ledger → one self-contained HTML page, of the same make as a run's; ``claims_view`` does all wording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.report.claims_view import ledger_view
from perfwatch.report.proofs_page import proof_chart
from perfwatch.report.templates import template
from perfwatch.report.visible import encodable

if TYPE_CHECKING:
    from perfwatch.records.proofs import Ledger


def render_claims_page(ledger: Ledger) -> str:
    """Return the page; it holds no lone surrogate, so it can be written as UTF-8."""
    view = ledger_view(ledger)
    charts = [
        "" if claim.proof is None else proof_chart(claim.proof, number)
        for number, claim in enumerate(view.claims, start=1)
    ]
    page = template("claims.html.j2").render(view=view, detailed=list(zip(view.claims, charts, strict=True)))
    return encodable(page)
