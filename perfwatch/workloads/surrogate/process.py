"""A Gaussian process as a surrogate: its mean at any design, and the gradient of that mean.

Squared-exponential covariance with one length for all dimensions, exp(-|x - x'|^2 / (2 length^2)),
of values brought to mean 0 and deviation 1, with the share ``noise`` of their variance as noise:
C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning (2006),
equations 2.25 and 5.8. The mean's gradient follows from that of the covariance. The length is
that of the greatest marginal likelihood among those offered.

This module must not know what the surrogate is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: The lengths offered unless a caller offers others: of designs between 0 and 1.
LENGTHS = (0.3, 0.5, 0.8, 1.2, 2.0)
#: The share of the values' variance that counts as noise: what keeps the covariance well conditioned.
NOISE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A fitted process: ``designs`` of shape ``(n, dimensions)``, and a weight for each."""

    designs: FloatArray
    weights: FloatArray
    length: float
    level: float
    spread: float

    def predict(self, designs: FloatArray) -> FloatArray:
        """Return the mean at designs of shape ``(m, dimensions)``."""
        return np.asarray(self.level + self.spread * (self._covariance(designs) @ self.weights))

    def gradient(self, designs: FloatArray) -> FloatArray:
        """Return the mean's gradient at designs of shape ``(m, dimensions)``, in the same shape."""
        return self.value_and_gradient(designs)[1]

    def value_and_gradient(self, designs: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and gradient with one evaluation of the covariance."""
        weighted = self._covariance(designs) * self.weights
        total = weighted.sum(axis=1)
        pulls = weighted @ self.designs - total[:, np.newaxis] * designs
        return self.level + self.spread * total, self.spread / self.length**2 * pulls

    def _covariance(self, designs: FloatArray) -> FloatArray:
        return squared_exponential(cdist(designs, self.designs, "sqeuclidean"), self.length)


def squared_exponential(squares: FloatArray, length: float) -> FloatArray:
    """Return the covariance at squared distances."""
    return np.asarray(np.exp(squares * (-0.5 / length**2)))


def fit(
    designs: FloatArray, values: FloatArray, lengths: Sequence[float] = LENGTHS, noise: float = NOISE
) -> Process:
    """Fit a process to values of shape ``(n,)``, with the likeliest of the lengths."""
    level, spread = float(values.mean()), float(values.std()) or 1.0
    scaled = (values - level) / spread
    squares = cdist(designs, designs, "sqeuclidean")
    tried = [(*_weights(squares, scaled, length, noise), length) for length in lengths]
    _, weights, length = max(tried, key=lambda each: each[0])
    return Process(designs=designs, weights=weights, length=length, level=level, spread=spread)


def _weights(
    squares: FloatArray, scaled: FloatArray, length: float, noise: float
) -> tuple[float, FloatArray]:
    """Return the logarithm of the marginal likelihood, less a constant, and the weights."""
    covariance = squared_exponential(squares, length)
    covariance[np.diag_indices_from(covariance)] += noise
    factor = cho_factor(covariance, lower=True)
    weights = cho_solve(factor, scaled)
    likelihood = -0.5 * float(scaled @ weights) - float(np.log(np.diagonal(factor[0])).sum())
    return likelihood, weights
