"""The JSON document of one command's proofs; must not judge: words arrive in records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from perfwatch._version import __version__
from perfwatch.report.claims_document import ClaimPart, claim_part
from perfwatch.report.document import Generator
from perfwatch.report.json_file import plain_record
from perfwatch.report.proof_document import ProofPart, ProvingPart, indented, proof_part, schema_of

if TYPE_CHECKING:
    from perfwatch.records.proofs import Proofs

SCHEMA = "perfwatch.proofs/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofsDocument:
    """All that one command proved, and the claims that experiments carry, each by its experiment's name.

    A claim's own ``proof`` is ``null`` here: it stands among ``proofs``.
    """

    schema: Literal["perfwatch.proofs/1"]
    generator: Generator
    run: ProvingPart
    proofs: tuple[ProofPart, ...]
    claims: tuple[ClaimPart, ...]


def proofs_document(proofs: Proofs) -> ProofsDocument:
    """Return the proofs of one command as the document's classes."""
    header = plain_record(proofs.header, proofs.header.project_root)
    return ProofsDocument(
        schema="perfwatch.proofs/1",
        generator=Generator(name="perfwatch", version=__version__),
        run=msgspec.convert(header, ProvingPart),
        proofs=tuple(proof_part(one) for one in proofs.proofs),
        claims=tuple(claim_part(replace(row, proof=None)) for row in proofs.claims),
    )


def render_proofs_json(proofs: Proofs) -> str:
    """Return the document as indented text."""
    return indented(msgspec.json.encode(proofs_document(proofs)), 1)


def proofs_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) that every ``proofs.json`` of this version obeys."""
    return schema_of(ProofsDocument, SCHEMA)


def render_proofs_schema() -> str:
    """Return the schema as indented text."""
    return indented(msgspec.json.encode(proofs_schema()), 2)
