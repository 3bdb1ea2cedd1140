"""The proofs of one command in ready-made text: all of them in a table, then each by itself.

It must not judge: verdicts, and the sentences behind them, arrive in their records.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch._version import __version__
from perfwatch.report.geometry import Strip, gain_point, gain_reach, gain_strip
from perfwatch.report.proof_view import ProofView, proof_view
from perfwatch.report.run_view import machine_words
from perfwatch.report.visible import visible
from perfwatch.report.words import commit_words, instant_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.proof import Proof
    from perfwatch.records.proofs import Proofs

#: Proofs beyond these stand in the table alone, and rows beyond those nowhere, so that a page stays small.
DETAILED_LIMIT = 50
OVERVIEW_LIMIT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewRow:
    """A proof in a row; ``anchor`` is empty where there is nothing more to see of it."""

    proof: ProofView
    strip: Strip | None
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofsView:
    """A page of proofs in ready-made text; ``left_out`` says what stands in proofs.json only."""

    title: str
    command: str
    run_id: str
    when: str
    commit: str
    machine: str
    version: str
    counted: str
    rows: tuple[OverviewRow, ...]
    left_out: str


def proofs_view(proofs: Proofs) -> ProofsView:
    """Return everything that is shown of one command's proofs."""
    header = proofs.header
    hidden = len(proofs.proofs) - DETAILED_LIMIT
    return ProofsView(
        title=_title(proofs.proofs),
        command=visible(header.command, 400),
        run_id=visible(header.id, 60),
        when=instant_words(header.started_at),
        commit=commit_words(header.commit),
        machine=machine_words(header.environment),
        version=__version__,
        counted=counted_words(proofs.proofs),
        rows=_rows(proofs.proofs[:OVERVIEW_LIMIT]),
        left_out=f"{units.count(hidden)} more have their sizes in proofs.json only." if hidden > 0 else "",
    )


def counted_words(proofs: Sequence[Proof]) -> str:
    """Return ``3 proved, 1 fails``: how many came to which word."""
    counts = Counter(proof.verdict for proof in proofs)
    return ", ".join(f"{count} {word.value}" for word, count in counts.items())


def _title(proofs: Sequence[Proof]) -> str:
    return visible(proofs[0].name, 160) if len(proofs) == 1 else f"{units.count(len(proofs))} experiments"


def _rows(proofs: Sequence[Proof]) -> tuple[OverviewRow, ...]:
    """The rows, their gains drawn on one scale."""
    points = [None if one.greatest is None else gain_point(one.greatest) for one in proofs]
    reach = gain_reach([point for point in points if point is not None])
    return tuple(
        OverviewRow(
            proof=proof_view(proof),
            strip=gain_strip(point, proof.margin_ratio, reach),
            anchor=f"proof-{number}" if number <= DETAILED_LIMIT else "",
        )
        for number, (proof, point) in enumerate(zip(proofs, points, strict=True), start=1)
    )
