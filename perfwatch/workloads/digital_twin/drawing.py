"""What the inputs of every stage are drawn from: a size of its table, and a seed.

This module must not know any stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfwatch.workloads.definition import Stage


def extents_of(stage: Stage, size: str) -> dict[str, int]:
    """Return the extents of a stage's size; ``UsageError`` where it has no such size."""
    if size not in stage.sizes:
        raise UsageError(
            f"There is no size {size!r}.",
            means="The stage's inputs were not made.",
            do=f"Choose one of {', '.join(stage.sizes)}.",
        )
    return stage.sizes[size].extents


def check_seed(seed: object) -> int:
    """Return the seed; ``UsageError`` where it is not a whole number from 0 on."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(
            f"{seed!r} is no seed.",
            means="The stage's inputs were not made.",
            do="Give a whole number from 0 on.",
        )
    return seed


class Draw:
    """Random numbers for a stage's inputs: equal seeds give equal numbers on every machine.

    Only the raw doubles of PCG64 are used, scaled by hand: NumPy promises to keep
    them, and does not promise the same of its distributions.
    """

    def __init__(self, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(check_seed(seed)))

    def between(self, low: float, high: float, *shape: int) -> NDArray[np.float64]:
        """Return uniform numbers from ``low`` up to ``high``."""
        return low + (high - low) * self._generator.random(shape)

    def bell(self, *shape: int) -> NDArray[np.float64]:
        """Return numbers of mean 0 and variance 1, nearly normal: sums of twelve uniform ones less six."""
        return np.asarray(self._generator.random((12, *shape)).sum(axis=0) - 6.0)

    def below(self, limit: int, *shape: int) -> NDArray[np.int64]:
        """Return whole numbers from 0 up to, but not including, ``limit``."""
        return (limit * self._generator.random(shape)).astype(np.int64)
