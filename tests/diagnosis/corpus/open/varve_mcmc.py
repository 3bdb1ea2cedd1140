"""Bayesian fit of lake sediment (varve) thickness: trend plus a Gaussian process residual."""
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"       # four chains run beside each other

import numpy as np
from scipy.linalg import solve_triangular

rng = np.random.default_rng(42)

years = np.linspace(0, 1, 210)
true = 1.8 - 0.9 * years + 0.3 * np.sin(17 * years)
thickness = true + 0.15 * rng.standard_normal(years.size)


def kernel(t, scale=0.06, amp=0.25, noise=0.15):
    d = t[:, None] - t[None, :]
    return amp ** 2 * np.exp(-0.5 * (d / scale) ** 2) + noise ** 2 * np.eye(t.size)


class Posterior:
    """only the trend is sampled, the kernel's parameters are taken from Oskarsson (2011)"""

    def __init__(self, t, y):
        self.t = t
        self.y = y

    def whitened(self, resid):
        chol = np.linalg.cholesky(kernel(self.t))  # [cause]
        return solve_triangular(chol, resid, lower=True), np.log(np.diag(chol)).sum()

    def __call__(self, theta):
        a, b = theta
        w, half_logdet = self.whitened(self.y - a - b * self.t)
        prior = -0.5 * (a ** 2 + b ** 2) / 25.0
        return -0.5 * w @ w - half_logdet + prior


def metropolis(logp, start, steps, width):
    x = np.array(start, float)
    lp = logp(x)
    chain = []
    accepted = 0
    for _ in range(steps):
        y = x + width * rng.standard_normal(x.size)
        ly = logp(y)
        if np.log(rng.random()) < ly - lp:
            x, lp = y, ly
            accepted += 1
        chain.append(x)
    return np.array(chain), accepted / steps


chain, rate = metropolis(Posterior(years, thickness), [1.5, 0.0], 900, 0.05)
print("acceptance", round(rate, 3))

burnt = chain[200:]
intervals = {}
for k, name in enumerate(["offset", "slope"]):
    s = np.sort(burnt[:, k])  # [decoy]
    intervals[name] = (s[len(s) // 40], s[-len(s) // 40])
print(intervals)

batch_means = np.array([])
for part in np.array_split(burnt[:, 1], 10):
    batch_means = np.append(batch_means, part.mean())  # [decoy]
print("Monte Carlo error of the slope", batch_means.std() / np.sqrt(10))
