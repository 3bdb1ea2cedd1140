"""The JSON document of claims, as classes: they are its schema and its writer.

Every figure that may be missing or not finite may be ``null``. This module must
not judge: a claim's word arrives in its record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from perfwatch._version import __version__
from perfwatch.records.claim import ClaimKind, ClaimVerdict
from perfwatch.report.document import Bounds, Generator
from perfwatch.report.json_file import plain_record
from perfwatch.report.proof_document import ProofPart, ProvingPart, indented, proof_part, schema_of

if TYPE_CHECKING:
    from perfwatch.records.claim import LedgerRow
    from perfwatch.records.proofs import Ledger

SCHEMA = "perfwatch.claims/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPart:
    """What was stated, and the range of the figure that it means; no upper end is ``null``."""

    text: str
    low: float
    high: float | None
    nothing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePart:
    """One measured figure: its median over fresh processes, and the interval that holds it at 95%."""

    name: str
    size: str
    value: float | None
    interval: Bounds | None
    processes_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeWordPart:
    """What a claim comes to at one size."""

    size: str
    verdict: ClaimVerdict
    value: float | None
    interval: Bounds | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPart:
    """A claim; ``stated_ratio`` is what it states as candidate over reference in time, where it is about speed."""

    id: str
    text: str
    source: str
    kind: ClaimKind
    stated: StatedPart
    stated_ratio: Bounds | None
    verdict: ClaimVerdict
    condition: str
    reason: str
    unit: str
    workload: str
    sizes: tuple[SizeWordPart, ...]
    figures: tuple[FigurePart, ...]
    proof: ProofPart | None
    first: str
    differs: str
    duration_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsDocument:
    """All claims that one command held against measurements."""

    schema: Literal["perfwatch.claims/1"]
    generator: Generator
    run: ProvingPart
    claims: tuple[ClaimPart, ...]
    duration_ns: int


def claim_part(row: LedgerRow) -> ClaimPart:
    """Return a claim as its part of a document."""
    proof = None if row.proof is None else proof_part(row.proof)
    plain: dict[str, Any] = plain_record(replace(row, proof=None), "")
    return replace(msgspec.convert(plain, ClaimPart), proof=proof)


def render_ledger_json(ledger: Ledger) -> str:
    """Return the document as indented text."""
    document = ClaimsDocument(
        schema="perfwatch.claims/1",
        generator=Generator(name="perfwatch", version=__version__),
        run=msgspec.convert(plain_record(ledger.header, ledger.header.project_root), ProvingPart),
        claims=tuple(claim_part(row) for row in ledger.rows),
        duration_ns=ledger.duration_ns,
    )
    return indented(msgspec.json.encode(document), 1)


def render_claims_schema() -> str:
    """Return the JSON Schema (2020-12) that every ``claims.json`` of this version obeys, as indented text."""
    return indented(msgspec.json.encode(schema_of(ClaimsDocument, SCHEMA)), 2)
