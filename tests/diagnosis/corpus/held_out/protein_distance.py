"""Pairwise distances under a reversible substitution model."""
import numpy as np


class Model:
    """General reversible rates with frequencies from the data."""

    def __init__(self, states, seed):
        rng = np.random.default_rng(seed)
        self.freq = rng.dirichlet(np.full(states, 8.0))
        exchange = rng.gamma(0.7, size=(states, states))
        self.exchange = (exchange + exchange.T) / 2

    @property
    def spectrum(self):  # [cause]
        root = np.sqrt(self.freq)
        rates = self.exchange * self.freq
        np.fill_diagonal(rates, 0.0)
        np.fill_diagonal(rates, -rates.sum(axis=1))
        rates /= -(self.freq * np.diag(rates)).sum()
        sym = rates * root[:, None] / root[None, :]
        values, vectors = np.linalg.eigh((sym + sym.T) / 2)  # [cause]
        return values, vectors / root[:, None], vectors.T * root[None, :]

    def transition(self, time):
        values, left, right = self.spectrum  # [cause]
        return np.maximum((left * np.exp(values * time)) @ right, 1e-12)


def simulate_counts(states, pairs, rng):
    """Site pattern counts with a strong diagonal."""
    counts = rng.poisson(0.3, size=(pairs, states, states)).astype(float)
    stay = rng.poisson(9.0, size=(pairs, states))
    counts[:, np.arange(states), np.arange(states)] += stay
    return counts


def log_likelihood(model, counts, time):
    return float((counts * np.log(model.transition(time))).sum())  # [cause]


def golden(function, low, high, steps):
    ratio = (5**0.5 - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    fa, fb = function(a), function(b)
    for _ in range(steps):
        if fa > fb:
            high, b, fb = b, a, fa
            a = high - ratio * (high - low)
            fa = function(a)
        else:
            low, a, fa = a, b, fb
            b = low + ratio * (high - low)
            fb = function(b)
    return (low + high) / 2


rng = np.random.default_rng(61)
model = Model(20, seed=2)
counts = simulate_counts(20, 420, rng)
distances = np.array([])
for table in counts:
    best = golden(lambda t: log_likelihood(model, table, t), 0.001, 2.0, 14)
    distances = np.append(distances, best)  # [decoy]

ranked = sorted(distances.tolist())  # [decoy]
print("pairs:", len(ranked))
print("closest", round(ranked[0], 4), "furthest", round(ranked[-1], 4))
