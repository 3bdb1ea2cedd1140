"""Sobol points: designs that fill the space evenly, however many are drawn.

I. M. Sobol, USSR Comput. Math. Math. Phys. 7 (1967) 86, with the direction numbers of S. Joe
and F. Y. Kuo, SIAM J. Sci. Comput. 30 (2008) 2635, moved by one vector modulo 1 (R. Cranley and
T. N. L. Patterson, SIAM J. Numer. Anal. 13 (1976) 904). This module must not evaluate anything.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import qmc

from perfwatch.workloads.seeding import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


class SobolPoints:
    """The points of one sequence, in order: ``shift`` of shape ``(dimensions,)`` moves them all."""

    def __init__(self, shift: FloatArray) -> None:
        self._shift = shift
        # Unscrambled: what the library draws to scramble may change with its version.
        self._sequence = qmc.Sobol(len(shift), scramble=False)

    def draw(self, count: int) -> FloatArray:
        """Return the next ``count`` points, of shape ``(count, dimensions)``, each between 0 and 1."""
        with warnings.catch_warnings():
            # Fewer points than a power of two are less even; they are points of the same sequence.
            warnings.filterwarnings("ignore", "The balance properties", UserWarning)
            points = self._sequence.random(count)
        points += self._shift
        points %= 1.0
        return np.asarray(points)


def drawn_shift(dimensions: int, seed: int) -> FloatArray:
    """Return the vector that a seed moves its points by."""
    return generator(seed).random(dimensions)


def designs_of(count: int, dimensions: int, seed: int) -> FloatArray:
    """Return the first ``count`` designs of the sequence that belongs to ``seed``."""
    return SobolPoints(drawn_shift(dimensions, seed)).draw(count)
