"""A kernel that numba compiles: its time belongs to the line that calls it."""

from __future__ import annotations

from random import Random

from numba import njit
from witness import Witness, tell


@njit  # W: compiling
def kernel(rounds):
    total = 0
    for i in range(rounds):
        total += (i ^ total) % 7
    return total


kernel(10)  # W: compiling
cards, shuffle = list(range(1500)), Random(7).shuffle
witness = Witness()
for _ in witness.turns(2.0):
    while witness.wants("L1", 0.70):
        kernel(200_000)  # L1: native
    while witness.wants("L2", 0.30):
        shuffle(cards)  # L2: python
tell(witness.spent, compiled="kernel")
