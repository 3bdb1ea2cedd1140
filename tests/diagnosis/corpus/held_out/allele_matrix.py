"""Heterozygosity and relatedness from a matrix of allele counts."""
import numpy as np

SAMPLES = 500
SITES = 40000


def draw_genotypes(rng):
    """Counts of the rarer allele: 0, 1 or 2."""
    freq = rng.beta(0.6, 1.8, SITES) / 2
    counts = np.zeros((SAMPLES, SITES))  # [cause]
    for i in range(SAMPLES):
        first = rng.random(SITES) < freq
        second = rng.random(SITES) < freq
        counts[i] = first.astype(np.int8) + second
    return counts


def heterozygosity(counts):
    out = np.empty(SAMPLES)
    for i, row in enumerate(counts):
        out[i] = (row == 1).mean()
    return out


def site_frequency(counts):
    total = np.zeros(SITES)
    for row in counts:
        total += row
    return total / (2 * SAMPLES)


def sharing(counts, i, j):
    """Identity by state of two samples."""
    return 1.0 - np.abs(counts[i] - counts[j]).mean() / 2


def close_pairs(counts, pairs, rng):
    table = {}
    for _ in range(pairs):
        i, j = sorted(rng.choice(SAMPLES, 2, replace=False).tolist())  # [decoy]
        table[i, j] = sharing(counts, i, j)
    return table


def main():
    rng = np.random.default_rng(64)
    counts = draw_genotypes(rng)
    het = heterozygosity(counts)
    freq = site_frequency(counts)
    table = close_pairs(counts, 150, rng)
    spectrum = np.array([])
    for low in np.arange(0.0, 0.5, 0.05):
        spectrum = np.append(spectrum, ((freq >= low) & (freq < low + 0.05)).sum())  # [decoy]
    print("mean heterozygosity", het.mean().round(4))
    print("frequency spectrum", spectrum.astype(int))
    print("sharing", round(min(table.values()), 4), round(max(table.values()), 4))


if __name__ == "__main__":
    main()
