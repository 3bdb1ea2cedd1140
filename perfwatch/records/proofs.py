"""What one command proved: proofs of experiments, and claims held against them."""

from __future__ import annotations

from dataclasses import dataclass

from perfwatch.records.claim import LedgerRow
from perfwatch.records.proof import Proof
from perfwatch.records.run import RunHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """All that one command proved, and when and where it ran.

    ``claims`` are those that experiments carry; each bears its experiment's name as id.
    """

    header: RunHeader
    proofs: tuple[Proof, ...]
    claims: tuple[LedgerRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All claims that one command held against measurements, and when and where it ran."""

    header: RunHeader
    rows: tuple[LedgerRow, ...]
    duration_ns: int
