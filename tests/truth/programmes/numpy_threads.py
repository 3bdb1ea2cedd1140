"""A pool of two threads in numpy, which lets the interpreter lock go while it computes."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from witness import Witness, tell


def compute(size):
    witness = Witness()
    values, block, found = np.arange(size) * 1.1, bytes(1_000_000), np.empty(size)
    for _ in witness.turns(2.0):
        while witness.wants("L1", 0.60):
            np.sin(values, out=found)  # L1: native
        while witness.wants("L2", 0.40):
            sha256(block)  # L2: native
    return witness.spent


with ThreadPoolExecutor(2, thread_name_prefix="crew") as pool:
    spents = list(pool.map(compute, (100_000, 100_000)))  # W: waiting
tell(*spents, lock_held=(0.0, 0.35), worked=["crew_0", "crew_1"])
