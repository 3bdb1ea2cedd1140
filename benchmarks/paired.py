"""Two commands timed side by side, and the ratio with its interval.

The commands take turns A B B A, so that a machine that drifts does so for both.
One number comes from each such quad: ``log(B1 * B2 / (A1 * A2)) / 2``. The
figure is their median, its interval the order statistics that enclose the
median with at least 95% probability (sign test), which assumes nothing about
the shape of the noise. This module must not print.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import time
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """B over A: the median, its interval (``None`` below six quads), and the quads it rests on."""

    median: float
    interval: tuple[float, float] | None
    quads_count: int

    def __str__(self) -> str:
        bounds = "no interval" if self.interval is None else "[{:.2f}, {:.2f}]".format(*self.interval)
        return f"{self.median:.2f}x {bounds} ({self.quads_count} quads A B B A)"


def wall_ns(command, cwd=None):
    """Run a command to its end and return its wall time; its output is dropped."""
    started = time.perf_counter_ns()
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter_ns() - started


def paired(measure_a, measure_b, quads_count):
    """Call the two measuring functions in turns, and return the ratio of what they return."""
    logs = []
    for _ in range(quads_count):
        a1, b1, b2, a2 = measure_a(), measure_b(), measure_b(), measure_a()
        logs.append(math.log(b1 * b2 / (a1 * a2)) / 2)
    bounds = median_interval(logs)
    interval = None if bounds is None else (math.exp(bounds[0]), math.exp(bounds[1]))
    return Ratio(median=math.exp(statistics.median(logs)), interval=interval, quads_count=quads_count)


def median_interval(values):
    """Return the narrowest pair of order statistics around the median that covers it at ``CONFIDENCE``.

    ``None`` where even the smallest and the greatest value together do not: below six values.
    """
    ordered, count = sorted(values), len(values)
    below, found = 0.0, None
    for rank in range((count + 1) // 2):
        below += math.comb(count, rank) / 2**count
        if 1 - 2 * below < CONFIDENCE:
            break
        found = (ordered[rank], ordered[count - 1 - rank])
    return found
