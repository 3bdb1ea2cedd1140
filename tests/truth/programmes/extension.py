"""Library time belongs to the user's line that called it: numpy, zlib, and a library in pure Python."""

from __future__ import annotations

import hashlib
import os
import zlib
from random import Random

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from witness import Witness, tell

VALUES = np.arange(60_000) * 1.1
TEXT = b"".join(hashlib.sha256(bytes([i % 256, i // 256])).digest() for i in range(1000))
CARDS = list(range(1500))
shuffle = Random(7).shuffle


def main():
    witness = Witness()
    for _ in witness.turns(2.4):
        while witness.wants("L1", 0.42):
            np.sin(VALUES)  # L1: native
        while witness.wants("L2", 0.33):
            zlib.compress(TEXT)  # L2: native
        while witness.wants("L3", 0.25):
            shuffle(CARDS)  # L3: python
    tell(witness.spent)


main()
