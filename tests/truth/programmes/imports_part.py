"""A module whose import takes its time, in a line of its own."""

from __future__ import annotations

from random import Random

from witness import Witness

cards, shuffle, witness = list(range(1500)), Random(7).shuffle, Witness()
for _ in witness.turns(1.0):
    while witness.wants("L2", 1.0):
        shuffle(cards)  # L2: python
