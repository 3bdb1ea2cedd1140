"""Proofs → one self-contained HTML page, of the same make as a run's.

It must not word anything: ``proofs_view`` and ``proof_view`` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.report.charts import gain_chart
from perfwatch.report.proofs_view import proofs_view
from perfwatch.report.templates import template
from perfwatch.report.visible import encodable

if TYPE_CHECKING:
    from markupsafe import Markup

    from perfwatch.records.proofs import Proofs
    from perfwatch.report.proof_view import ProofView


def proof_chart(proof: ProofView, number: int) -> Markup:
    """Return the drawing of a proof's gain over its sizes, or nothing; ``number`` tells the charts of a page apart."""
    from markupsafe import Markup

    if proof.course is None:
        return Markup()
    # Drawn by us from numbers, and from names of sizes that are plain words.
    return Markup(gain_chart(proof.course, number))  # noqa: S704


def render_proofs_page(proofs: Proofs) -> str:
    """Return the page; it holds no lone surrogate, so it can be written as UTF-8."""
    view = proofs_view(proofs)
    detailed = [row for row in view.rows if row.anchor]
    text = template("proofs.html.j2").render(
        view=view,
        detailed=[(row, proof_chart(row.proof, number)) for number, row in enumerate(detailed, start=1)],
        several=len(view.rows) > 1,
    )
    return encodable(text)
