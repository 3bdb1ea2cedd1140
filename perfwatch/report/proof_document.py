"""A proof's part of a JSON document, as classes: they are its schema and its writer.

Every figure that may be missing or not finite may be ``null``. This module must
not judge: a proof's words arrive in its record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from perfwatch.records.proof import AnswerRule, ProofVerdict
from perfwatch.records.run import Commit, Environment
from perfwatch.report.document import Bounds, Instant
from perfwatch.report.json_file import plain_record

if TYPE_CHECKING:
    from perfwatch.records.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvingPart:
    """The command, when and where it ran."""

    id: str
    started_at: Instant
    command: str
    code_digest: str
    commit: Commit
    environment: Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencePart:
    """How far the candidate's answer is from the reference's; ``greatest_ratio`` is ``null`` where it is infinite."""

    equal: bool
    reason: str
    where: str
    index: tuple[int, ...]
    greatest_ratio: float | None
    greatest_ulp_count: int | None
    differing_count: int
    elements_count: int
    uncertain: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdPart:
    """First calls, and after how many the candidate's has paid back; an end without bound is ``null``."""

    reference_ns: float | None
    candidate_ns: float | None
    payback_calls_count: float | None
    payback_interval: Bounds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SizePart:
    """The proof at one size."""

    size: str
    verdict: ProofVerdict
    reason: str
    difference: DifferencePart | None
    ratio: float | None
    interval: Bounds | None
    reference_ns: float | None
    candidate_ns: float | None
    clock: str | None
    pairs_count: int
    memory_ratio: float | None
    cold: ColdPart | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossoverPart:
    """The size from which on (``above``), or up to which, the candidate is the faster one."""

    size: float
    interval: Bounds
    above: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPart:
    """A proof; ``ratio``, ``interval`` and ``memory_ratio`` are those of the greatest size that was timed."""

    name: str
    reference: str
    candidate: str
    verdict: ProofVerdict
    reason: str
    condition: str
    ratio: float | None
    interval: Bounds | None
    memory_ratio: float | None
    margin_ratio: float
    rule: AnswerRule
    reference_failed: bool
    sizes: tuple[SizePart, ...]
    crossover: CrossoverPart | None
    notes: tuple[str, ...]
    duration_ns: int


def proof_part(proof: Proof) -> ProofPart:
    """Return a proof as its part of a document."""
    greatest = proof.greatest
    plain: dict[str, Any] = plain_record(proof, "")
    plain |= {
        name: None if greatest is None else plain_record(getattr(greatest, name), "")
        for name in ("ratio", "interval", "memory_ratio")
    }
    return msgspec.convert(plain, ProofPart)


def schema_of(document: type, title: str) -> dict[str, Any]:
    """Return the JSON Schema of a document's class."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(head | msgspec.json.schema(document)))
    return plain


def indented(document: bytes, indent: int) -> str:
    """Return a document as text with so many spaces a level, and a line's end."""
    text: bytes = msgspec.json.format(document, indent=indent)
    return text.decode() + "\n"
