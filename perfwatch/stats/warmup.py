"""How many leading samples of a process belong to its warm-up.

This module must not drop anything: it counts.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

from perfwatch.stats.location import median
from perfwatch.stats.student import tail

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A change of level below 1% is not worth a sample.
_MATERIAL = math.log(1.01)
#: How often a flat series of independent samples may be said to warm up.
_FALSE_RATE = 0.005


def warmup_length(samples: Sequence[float]) -> int:
    """Return how many leading samples differ in level from the rest.

    ``samples`` are positive amounts (times, in any unit) in the order in which
    they were taken.

    Method: one change point by least squares on logarithms (binary segmentation,
    Scott and Knott 1974; for warm-up: Barrett et al. 2017, "Virtual machine
    warmup blows hot and cold"). The best split counts if Student's t for the two
    levels rejects at 0.5%, Bonferroni over the splits tried, and if the *medians*
    of the two sides differ by at least 1%: one burst in the middle moves a mean,
    not a median. What is left is searched again, so that a slow decay goes as
    several steps. Never more than half of the samples go. Either direction
    counts: memory that fills makes later samples slower.

    Student's t with the pooled spread of both sides was preferred to a robust
    spread of the tail: with 4 to 8 samples a median absolute deviation is
    too wild to hold any error rate, and outliers in the tail make t careful.

    Simulated false prefixes on independent lognormal samples: at most 1% of
    series at 1% and 5% noise, 4 to 50 samples. A drifting machine is a
    change of level too: with a correlation of 0.8 between neighbours about a
    third of the series of 20 samples lose some. That costs samples, not truth.

    Edge cases: fewer than four samples, identical samples, or a sample of 0 (a
    clock that did not tick has no logarithm) give 0. Two exact levels without
    any noise give the length of the first, if it lies in the first half.
    """
    if len(samples) < 4 or min(samples) <= 0:
        return 0
    logs = [math.log(sample) for sample in samples]
    most, length = len(logs) // 2, 0
    while step := _first_step(logs[length:], most - length):
        length += step
    return length


def _first_step(logs: Sequence[float], most: int) -> int:
    """Return the length of the best prefix of at most ``most``, or 0 if it is not another level."""
    count = len(logs)
    if count < 4 or most < 1:
        return 0
    centre = median(logs)
    # Sums of deviations from the median keep their digits.
    sums = list(accumulate(log - centre for log in logs))
    total = sums[-1]
    gains = [
        (total * length / count - sums[length - 1]) ** 2 * count / (length * (count - length))
        for length in range(1, most + 1)
    ]
    length = max(range(1, most + 1), key=lambda candidate: gains[candidate - 1])
    if abs(median(logs[:length]) - median(logs[length:])) < _MATERIAL:
        return 0
    whole = math.fsum((log - centre) ** 2 for log in logs) - total * total / count
    gain = gains[length - 1]
    # Two exact levels leave nothing over but rounding.
    rest = max(whole - gain, 1e-24 * whole)
    t = math.sqrt(gain * (count - 2) / rest)
    return length if 2 * tail(t, count - 2) * most < _FALSE_RATE else 0
