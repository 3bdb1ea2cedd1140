"""Code that is executed from text: one piece without a file, one with a file of its own."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from random import Random

from witness import Witness, tell

PIECE = """
while witness.wants("L2", 0.35):
    shuffle(cards)
"""
BLOCK = bytes(1_000_000)
beside = Path(__file__).with_name("executed_part.py")
part = compile(beside.read_text(encoding="utf-8"), str(beside), "exec")
witness = Witness()
space = {"witness": witness, "shuffle": Random(7).shuffle, "cards": list(range(1500)), "block": BLOCK}
for _ in witness.turns(2.4):
    while witness.wants("L1", 0.45):
        sha256(BLOCK)  # L1: native
    exec(PIECE, space)  # L2: called
    exec(part, space)
tell(witness.spent)
