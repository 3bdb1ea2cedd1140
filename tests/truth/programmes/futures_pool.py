"""concurrent.futures: processes that compute, and the main process computing beside them."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from random import Random

from witness import Witness, tell


def compute(seed):
    witness = Witness()
    cards, shuffle = list(range(1500)), Random(seed).shuffle
    for _ in witness.turns(1.6):
        while witness.wants("L1", 0.75):
            shuffle(cards)  # L1: python
        while witness.wants("L2", 0.25):
            sum(range(40_000))  # L2: computing
    return witness.spent


def accompany():
    witness, block = Witness(), bytes(1_000_000)
    for _ in witness.turns(1.6):
        while witness.wants("L3", 1.0):
            sha256(block)  # L3: native
    return witness.spent


if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        future = pool.submit(compute, 3)
        beside = accompany()
        tell(beside, future.result(), processes_count=1)
