"""A pool of spawned processes that runs functions of __main__."""

from __future__ import annotations

import multiprocessing
from hashlib import sha256
from random import Random

from witness import Witness, tell


def compute(seed):
    witness = Witness()
    block, cards, shuffle = bytes(1_000_000), list(range(1500)), Random(seed).shuffle
    for _ in witness.turns(1.0):
        while witness.wants("L1", 0.62):
            sha256(block)  # L1: native
        while witness.wants("L2", 0.38):
            shuffle(cards)  # L2: python
    return witness.spent


if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        spents = pool.map(compute, range(4), chunksize=1)  # W: waiting
        pool.close()
        pool.join()
    tell(*spents, processes_count=2)
