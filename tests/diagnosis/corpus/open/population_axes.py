"""Principal axes of a reference panel and projection of new individuals onto them."""
import numpy as np

PANEL, MARKERS, NEW = 900, 5200, 240


def panel(n, rng, centre=None):
    base = rng.beta(1.2, 1.2, MARKERS).astype(np.float32) if centre is None else centre
    groups = rng.integers(0, 4, n)
    drift = np.random.default_rng(8).normal(0, 0.07, (4, MARKERS)).astype(np.float32)
    p = np.clip(base + drift[groups], 0.02, 0.98)
    g = (rng.random((n, MARKERS), dtype=np.float32) < p).astype(np.float32)
    g += rng.random((n, MARKERS), dtype=np.float32) < p
    return g, groups, base


class Axes:
    def __init__(self, dosage, k=10):
        self.mean = dosage.mean(axis=0)
        p = self.mean / 2
        self.scale = np.sqrt(np.maximum(2 * p * (1 - p), 1e-4))
        x = (dosage - self.mean) / self.scale
        gram = x @ x.T
        values, vectors = np.linalg.eigh(gram)
        order = np.argsort(values)[::-1][:k]  # [decoy]
        self.values = values[order]
        self.scores = vectors[:, order] * np.sqrt(self.values)
        self.loadings = x.T @ vectors[:, order] / np.sqrt(self.values)

    def project(self, dosage):
        return ((dosage - self.mean) / self.scale) @ self.loadings


def nearest_group(scores, groups, new):
    centres = np.array([scores[groups == g].mean(axis=0) for g in range(4)])
    d = ((new[:, None, :] - centres) ** 2).sum(axis=2)
    return d.argmin(axis=1)


def main():
    rng = np.random.default_rng(1000)
    dosage, groups, base = panel(PANEL, rng)
    axes = Axes(dosage)
    new, truth, _ = panel(NEW, rng, centre=base)
    found = nearest_group(axes.scores, groups, axes.project(new))
    print("agreement", np.mean(found == truth).round(3))
    shares = np.array([])
    for v in axes.values[:5]:
        shares = np.append(shares, v / axes.values.sum())  # [decoy]
    print("share of the first axes", shares.round(3))


if __name__ == "__main__":
    main()
