"""A script that spends a known share of its time importing."""

from __future__ import annotations

from hashlib import sha256

import imports_part
from witness import Witness, tell

BLOCK = bytes(1_000_000)
witness = Witness()
for _ in witness.turns(1.4):
    while witness.wants("L1", 1.0):
        sha256(BLOCK)  # L1: native
tell(witness.spent, imports_part.witness.spent)
