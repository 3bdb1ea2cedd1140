"""What a count of hits says of the rate behind it.

This module must not judge whether a rate is good.

Method: Wilson's score interval (Wilson 1927, "Probable inference, the law of
succession, and statistical inference"). It stays between 0 and 1 and is of use for
rates at either end: 0 of 20 leaves up to 16%.
"""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson(count: int, whole: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of the rate behind ``count`` of ``whole``, both bounds between 0 and 1.

    Of nothing, nothing is known: 0 to 1. Raises ``ValueError`` for a count that is
    not from 0 to ``whole``, and a confidence that is not strictly between 0 and 1.
    """
    if not 0 <= count <= whole:
        raise ValueError("a count of hits lies between 0 and the number of trials")
    if not 0 < confidence < 1:
        raise ValueError("a confidence lies strictly between 0 and 1")
    if not whole:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate = count / whole
    centre = (rate + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(rate * (1 - rate) / whole + z * z / (4 * whole * whole))
    # At either end the bound is exact; floats would put it a hair beside.
    return (
        0.0 if count == 0 else max(0.0, centre - half),
        1.0 if count == whole else min(1.0, centre + half),
    )
