"""Gaussian-process regression in plain numpy, written straight from the textbook.

The formulas are those of Rasmussen and Williams, "Gaussian Processes for Machine
Learning" (2006), algorithm 2.1, with the inverse written out.
"""

import numpy as np
from scipy.optimize import minimize


def kernel(a, b, length_scale, signal):
    """Squared-exponential covariance between the rows of a and the rows of b."""
    rows = np.empty((0, len(b)))
    for x in a:
        distances = np.sum((b - x) ** 2, axis=1)
        rows = np.vstack([rows, signal * np.exp(-distances / (2 * length_scale**2))])
    return rows


def negative_log_likelihood(log_parameters, x, y):
    """What the hyper-parameters should make small: -log p(y | x)."""
    length_scale, signal, noise = np.exp(log_parameters)
    covariance = kernel(x, x, length_scale, signal) + noise * np.eye(len(x))
    sign, log_determinant = np.linalg.slogdet(covariance)
    return 0.5 * (y @ np.linalg.inv(covariance) @ y + log_determinant + len(x) * np.log(2 * np.pi))


def search(x, y, restarts, rng):
    """Find length scale, signal and noise; start once from ones, and again at random."""
    starts = [np.log([3.0, 1.0, 0.5])]
    for _ in range(restarts):
        starts.append(rng.normal(scale=1.0, size=3))
    best = None
    for start in starts:
        found = minimize(
            negative_log_likelihood,
            start,
            args=(x, y),
            method="L-BFGS-B",
            bounds=[(-2.5, 4.0), (-4.0, 4.0), (-6.0, 2.0)],
            options={"maxiter": 20},
        )
        if best is None or found.fun < best.fun:
            best = found
    return np.exp(best.x)


class Model:
    """A Gaussian process with fixed hyper-parameters over what was observed so far."""

    def __init__(self, parameters, x, y):
        self.length_scale, self.signal, self.noise = parameters
        self.x = x
        self.y = y
        self.refit()

    def refit(self):
        """Take all observations into account."""
        covariance = kernel(self.x, self.x, self.length_scale, self.signal)
        self.inverse = np.linalg.inv(covariance + self.noise * np.eye(len(self.x)))
        self.weights = self.inverse @ self.y

    def observe(self, x, y):
        """Add one patient; refit to make use of it."""
        self.x = np.vstack([self.x, x])
        self.y = np.append(self.y, y)

    def predict_one(self, x):
        """Mean and standard deviation for one patient."""
        k = kernel(self.x[: len(self.weights)], x[np.newaxis], self.length_scale, self.signal)[:, 0]
        mean = k @ self.weights
        variance = self.signal + self.noise - k @ self.inverse @ k
        return mean, np.sqrt(variance)
