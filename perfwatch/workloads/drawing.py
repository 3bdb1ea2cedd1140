"""Random numbers for the inputs of stages.

This module must not know any stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.seeding import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Draw:
    """Random numbers for a stage's inputs: equal seeds give equal numbers on every machine.

    Only the raw doubles of PCG64 are used, scaled by hand: NumPy promises to keep
    them, and does not promise the same of its distributions.
    """

    def __init__(self, seed: int) -> None:
        self._generator = generator(seed)

    def between(self, low: float, high: float, *shape: int) -> NDArray[np.float64]:
        """Return uniform numbers from ``low`` up to ``high``."""
        return low + (high - low) * self._generator.random(shape)

    def bell(self, *shape: int) -> NDArray[np.float64]:
        """Return numbers of mean 0 and variance 1, nearly normal: sums of twelve uniform ones less six."""
        return np.asarray(self._generator.random((12, *shape)).sum(axis=0) - 6.0)

    def below(self, limit: int, *shape: int) -> NDArray[np.int64]:
        """Return whole numbers from 0 up to, but not including, ``limit``."""
        return (limit * self._generator.random(shape)).astype(np.int64)
