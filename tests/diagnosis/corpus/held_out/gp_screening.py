"""Marginal likelihood of a Gaussian process over a grid of length scales.

Used to choose the kernel for adsorption energies of small alloys.
"""
import numpy as np


def descriptors(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, size=(n, 5))
    y = np.sin(2.5 * x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.05 * rng.normal(size=n)
    return x, y - y.mean()


def squared_distances(x):
    norm = (x**2).sum(axis=1)
    d2 = norm[:, None] + norm[None, :] - 2 * x @ x.T
    return np.maximum(d2, 0.0)


class Kernel:
    def __init__(self, d2, amplitude, noise):
        self.d2 = d2
        self.amplitude = amplitude
        self.noise = noise

    def matrix(self, length):
        k = self.amplitude * np.exp(self.d2 * (-0.5 / length**2))
        k[np.diag_indices_from(k)] += self.noise
        return k


def whiten(k):
    precision = np.linalg.inv(k)  # [cause]
    logdet = 2.0 * np.log(np.diag(np.linalg.cholesky(k))).sum()
    return precision, logdet


def evidence(kernel, length, y):
    precision, logdet = whiten(kernel.matrix(length))  # [cause]
    weights = precision @ y  # [cause]
    return -0.5 * (y @ weights) - 0.5 * logdet - 0.5 * len(y) * np.log(2 * np.pi)


def tried(lengths):
    unique = []
    for value in lengths:
        if round(value, 3) not in unique:  # [decoy]
            unique.append(round(value, 3))
    return unique


def main():
    x, y = descriptors(600, seed=16)
    kernel = Kernel(squared_distances(x), amplitude=1.0, noise=0.01)
    lengths = tried(np.geomspace(0.2, 4.0, 12).tolist())
    scores = np.array([evidence(kernel, length, y) for length in lengths])
    order = np.argsort(scores)[::-1]  # [decoy]
    for k in order[:3]:
        print(f"length {lengths[k]:6.3f}  log evidence {scores[k]:10.3f}")


if __name__ == "__main__":
    main()
