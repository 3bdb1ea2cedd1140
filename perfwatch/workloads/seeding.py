"""What the inputs of every stage begin with: the extents of a size, the generator of a seed.

This module must not draw anything itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from perfwatch.workloads.definition import Stage


def extents_of(stage: Stage, size: str) -> dict[str, int]:
    """Return the extents of a stage's data at ``size``.

    Raises ``UsageError``, naming the sizes that exist, for another.
    """
    if size not in stage.sizes:
        raise UsageError(
            f"There is no size {size!r}.",
            means="The stage's inputs were not made.",
            do=f"Choose one of {', '.join(stage.sizes)}.",
        )
    return stage.sizes[size].extents


def checked_seed(seed: object) -> int:
    """Return the seed; raises ``UsageError`` for what is not a whole number from 0 on."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(
            f"{seed!r} is no seed.",
            means="The stage's inputs were not made.",
            do="Give a whole number from 0 on.",
        )
    return seed


def generator(seed: int) -> np.random.Generator:
    """Return a generator whose raw doubles and integers are the same on every machine.

    Raises ``UsageError`` as ``checked_seed`` does.
    """
    return np.random.Generator(np.random.PCG64(checked_seed(seed)))


def asked(size: str | float, seed: int) -> dict[str, str | float]:
    """Return what a witness of a claim is called with, by name."""
    return {"size": size, "seed": seed}
