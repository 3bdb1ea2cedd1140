"""joblib's own pool of processes (loky), with a function of __main__."""

from __future__ import annotations

from hashlib import sha256
from random import Random

from joblib import Parallel, delayed
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
    spents = Parallel(n_jobs=2)(delayed(compute)(seed) for seed in range(4))  # W: waiting
    tell(*spents, processes_count=2)
