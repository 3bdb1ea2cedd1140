"""Proofs → text for a terminal: the word and where it holds first, then each size.

It must not judge and must not word anything: ``proof_view`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.report.claims_text import render_claim
from perfwatch.report.columns import Cell, Column, Gives, print_table, text
from perfwatch.report.proof_view import ProofView, SizeRow, proof_view
from perfwatch.report.proofs_view import counted_words
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from perfwatch.records.proofs import Proofs

_PATH_LIMIT = 1_000
_STYLES = {
    "proved": "bold green",
    "same-speed": "yellow",
    "slower": "bold red",
    "different-answer": "bold red",
    "fails": "bold red",
    "undecided": "yellow",
}


def render_proofs(proofs: Proofs, console: Console, page: Path | None = None) -> None:
    """Print each proof with its claim, where there are several how many came to which word, and where the page is."""
    claims = {row.id: row for row in proofs.claims}
    for number, proof in enumerate(proofs.proofs):
        if number:
            console.print()
        _proof(proof_view(proof), console)
        if proof.name in claims:
            render_claim(claims[proof.name], console)
    if len(proofs.proofs) > 1:
        console.print(text(f"\n{len(proofs.proofs)} experiments: {counted_words(proofs.proofs)}"))
    if page is not None:
        console.print(text(f"\nReport  {visible(str(page), _PATH_LIMIT)}"))


def _proof(view: ProofView, console: Console) -> None:
    console.print(text(view.sides, "dim"))
    console.print(text(view.said, _STYLES[view.verdict]))
    if view.timed:
        console.print()
        print_table(console, _columns(view), [_cells(row, view) for row in view.rows])
        if view.rows_left_out:
            console.print(text(view.rows_left_out, "dim"))
    for sentence in (*view.reasons, *view.paybacks):
        console.print(text(sentence, "dim"))
    for note in view.notes:
        console.print(text(note, "yellow"))
    console.print(text(view.how, "dim"))


def _columns(view: ProofView) -> list[Column]:
    first = [Column("size", right=True)] if view.sized else []
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


def _cells(row: SizeRow, view: ProofView) -> list[Cell]:
    first: list[Cell] = [(row.size, "")] if view.sized else []
    return [
        *first,
        (row.answer, ""),
        (row.reference, ""),
        (row.candidate, ""),
        (row.gain, ""),
        (row.interval, "dim"),
        (row.memory, ""),
        (row.verdict, _STYLES[row.verdict]),
    ]
