"""Optimal interpolation of buoy readings: one analysis a day."""

import numpy as np


def analyses(covariance, readings):
    out = []
    for day in range(len(readings)):
        # the error of the buoys grows with the days since they were cleaned
        total = covariance + (0.1 + 0.01 * day) * np.eye(len(covariance))
        out.append(covariance @ np.linalg.inv(total) @ readings[day])  # [cause]
    return np.array(out)


def make():
    x = np.linspace(0, 1, 300)
    rng = np.random.default_rng(12)
    return np.exp(-np.abs(x[:, None] - x) / 0.1), rng.normal(size=(3, 300))
