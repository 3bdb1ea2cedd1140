"""Two Python threads that contend for the interpreter lock, each with the same lines."""

from __future__ import annotations

import threading
from random import Random

from witness import Witness, tell


def compute(witness):
    cards, shuffle = list(range(1500)), Random(7).shuffle
    for _ in witness.turns(2.4):
        while witness.wants("L1", 0.65):
            shuffle(cards)  # L1: contended
        while witness.wants("L2", 0.35):
            sum(range(40_000))  # L2: contended


marks = [Witness(), Witness()]
threads = [
    threading.Thread(target=compute, args=(mark,), name=name)
    for mark, name in zip(marks, ("north", "south"), strict=True)
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()  # W: waiting
tell(*(mark.spent for mark in marks), lock_held=(0.85, 1.0), worked=["north", "south"])
