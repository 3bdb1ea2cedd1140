"""Allele dosages of a cohort: kinship of a few families and the allele frequency spectrum."""
import numpy as np

SAMPLES, MARKERS = 900, 32_000


class Genotypes:
    def __init__(self, seed=7):
        rng = np.random.default_rng(seed)
        self.frequency = rng.beta(0.6, 2.2, MARKERS)
        self.dosage = np.zeros((SAMPLES, MARKERS))  # [cause]
        for i in range(SAMPLES):
            u = rng.random((2, MARKERS), dtype=np.float32)
            self.dosage[i] = (u < self.frequency).sum(axis=0)
        missing = rng.integers(0, SAMPLES * MARKERS, 4000)
        self.dosage.ravel()[missing] = -9

    def allele_counts(self):
        counts = np.zeros(MARKERS, dtype=np.int64)
        for row in self.dosage:
            counts += np.maximum(row, 0).astype(np.int64)
        return counts

    def kinship(self, i, j):
        a, b = self.dosage[i], self.dosage[j]
        both = (a >= 0) & (b >= 0)
        p = self.frequency[both]
        return np.sum((a[both] - 2 * p) * (b[both] - 2 * p)) / np.sum(2 * p * (1 - p))


def spectrum(counts, bins=8):
    share = counts / (2 * SAMPLES)
    minor = np.minimum(share, 1 - share)
    return np.histogram(minor, bins=bins, range=(0, 0.5))[0]


def main():
    g = Genotypes()
    counts = g.allele_counts()
    print("spectrum", spectrum(counts))
    pairs = np.empty((0, 3))
    for i in range(6):
        for j in range(i):
            r = g.kinship(i, j)
            pairs = np.vstack([pairs, [i, j, r]])  # [decoy]
    print("largest kinship", pairs[:, 2].max().round(4))
    rarest = np.argsort(counts)[:4]  # [decoy]
    print("rarest markers", rarest)


if __name__ == "__main__":
    main()
