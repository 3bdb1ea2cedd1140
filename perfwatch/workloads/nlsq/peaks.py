"""A scan with many Gaussian peaks: the model, its derivatives, and drawn scans.

Each peak has a height a, a centre c and a width w::

    f(x) = sum over peaks of a exp(-z^2 / 2),   z = (x - c) / w

    df/da = exp(-z^2 / 2),   df/dc = a z / w exp(-z^2 / 2),   df/dw = a z^2 / w exp(-z^2 / 2)

Parameters lie in the order a, c, w of the first peak, then of the second, and so on. All
quantities are in units of their own axis. This module must not fit anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.seeding import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Height, centre and width.
PER_PEAK = 3

#: A scan goes from 0 to here; the peaks lie within the second pair, apart from both of its ends.
SCAN_END = 100.0
FIRST_PLACE, LAST_PLACE = 6.0, 96.0

#: Widths as shares of the peaks' mean distance: their tails hardly meet.
NARROWEST, WIDEST = 0.07, 0.10
LOWEST, HIGHEST = 1.0, 5.0
NOISE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What was measured along an axis, and what a fit starts from.

    ``x`` (ascending) and ``y`` have shape ``(points,)``, ``start`` has three parameters a peak.
    """

    x: FloatArray
    y: FloatArray
    start: FloatArray


def draw_scan(points_count: int, peaks_count: int, seed: int) -> Scan:
    """Draw a noisy scan, and a start that is off by fractions of each peak's width and height.

    Raises ``UsageError`` for a seed that is not a whole number from 0 on.
    """
    numbers = generator(seed)
    x = np.linspace(0.0, SCAN_END, points_count)
    parameters = _draw_peaks(numbers, peaks_count)
    off = numbers.random((peaks_count, PER_PEAK)) - 0.5
    start = parameters.reshape(-1, PER_PEAK).copy()
    start[:, 0] *= 1.0 + 0.2 * off[:, 0]
    start[:, 1] += 0.6 * start[:, 2] * off[:, 1]
    start[:, 2] *= 1.0 + 0.2 * off[:, 2]
    return Scan(x=x, y=value(x, parameters) + NOISE * bell(numbers, points_count), start=start.ravel())


def draw_parameters(peaks_count: int, seed: int) -> FloatArray:
    """Draw the parameters of as many peaks, spread along the scan."""
    return _draw_peaks(generator(seed), peaks_count)


def bell(numbers: np.random.Generator, count: int) -> FloatArray:
    """Return numbers of mean 0 and variance 1, nearly normal: sums of twelve uniform ones less six.

    Only raw doubles are used: NumPy promises to keep them, and does not promise the same of its distributions.
    """
    total = numbers.random(count)
    for _ in range(11):
        total += numbers.random(count)
    total -= 6.0
    return total


def value(x: FloatArray, parameters: FloatArray) -> FloatArray:
    """Return the model at ``x``, summed peak by peak."""
    total = np.zeros_like(x)
    for height, centre, width in parameters.reshape(-1, PER_PEAK):
        z = (x - centre) / width
        total += height * np.exp(-0.5 * z * z)
    return total


def partials(x: FloatArray, peak: FloatArray) -> FloatArray:
    """Return the derivatives by height, centre and width of one peak, of shape ``(3, points)``."""
    height, _, width = peak
    z, bare = _bare(x, peak)
    by_centre = (height / width) * z * bare
    return np.stack([bare, by_centre, z * by_centre])


def jacobian(x: FloatArray, parameters: FloatArray) -> FloatArray:
    """Return all derivatives, of shape ``(points, parameters)``."""
    return value_and_jacobian(x, parameters)[1]


def value_and_jacobian(x: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the model and all of its derivatives at ``x``; each exponential is computed once."""
    total = np.zeros_like(x)
    derivatives = np.empty((len(x), len(parameters)))
    for index, peak in enumerate(parameters.reshape(-1, PER_PEAK)):
        own = partials(x, peak)
        total += peak[0] * own[0]
        derivatives[:, PER_PEAK * index : PER_PEAK * (index + 1)] = own.T
    return total, derivatives


def _bare(x: FloatArray, peak: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return z, and the peak at height 1."""
    z = (x - peak[1]) / peak[2]
    return z, np.exp(-0.5 * z * z)


def _draw_peaks(numbers: np.random.Generator, peaks_count: int) -> FloatArray:
    distance = (LAST_PLACE - FIRST_PLACE) / peaks_count
    shares = numbers.random((peaks_count, PER_PEAK))
    heights = LOWEST + (HIGHEST - LOWEST) * shares[:, 0]
    centres = FIRST_PLACE + distance * (np.arange(peaks_count) + 0.35 + 0.3 * shares[:, 1])
    widths = distance * (NARROWEST + (WIDEST - NARROWEST) * shares[:, 2])
    return np.stack([heights, centres, widths], axis=1).ravel()
