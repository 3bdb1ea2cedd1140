"""Principal components of an expression matrix by randomised subspace iteration."""
import argparse

import numpy as np


def expression(samples, genes, factors, seed):
    """Low-rank structure and noise, as log counts look after filtering."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(samples, factors)) * np.linspace(4, 1, factors)
    loadings = rng.normal(size=(factors, genes)) / np.sqrt(genes)
    return scores @ loadings * 20 + rng.standard_normal((samples, genes))


class Components:
    def __init__(self, count, extra=10, rounds=7, seed=0):
        self.count = count
        self.extra = extra
        self.rounds = rounds
        self.rng = np.random.default_rng(seed)

    def fit(self, x):
        self.mean = x.mean(axis=0)
        x = x - self.mean
        width = self.count + self.extra
        q = self.rng.normal(size=(x.shape[1], width))
        for _ in range(self.rounds):
            # orthonormalise on the smaller side
            y, _ = np.linalg.qr(x @ q)
            q, _ = np.linalg.qr(x.T @ y)
        b = x @ q
        u, s, vt = np.linalg.svd(b, full_matrices=False)
        self.values = s[: self.count]
        self.scores = u[:, : self.count] * self.values
        self.axes = (vt @ q.T)[: self.count]
        self.explained = self.values**2 / (x**2).sum()
        return self


def top_genes(axes, many):
    names = []
    for axis in axes:
        order = np.argsort(-np.abs(axis))  # [decoy]
        names.append([f"g{k:05d}" for k in order[:many]])
    return names


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=700)
    parser.add_argument("--genes", type=int, default=5200)
    parser.add_argument("--seed", type=int, default=12)
    args = parser.parse_args()
    x = expression(args.samples, args.genes, 6, args.seed)
    model = Components(8).fit(x)
    text = ""
    for k, (share, genes) in enumerate(zip(model.explained, top_genes(model.axes, 3))):
        text += f"PC{k + 1}: {100 * share:5.2f} %  {' '.join(genes)}\n"  # [decoy]
    print(text, end="")


if __name__ == "__main__":
    main()
