"""Permutation p-values for marker-trait association, spread over the cores."""
from concurrent.futures import ProcessPoolExecutor

import numpy as np

RNG = np.random.default_rng(55)
GENOTYPES = RNG.integers(0, 3, (300, 150)).astype(float)
TRAIT = 0.35 * GENOTYPES[:, 17] + RNG.standard_normal(300)


def score(marker, trait):
    g = GENOTYPES[:, marker] - GENOTYPES[:, marker].mean()
    t = trait - trait.mean()
    return abs(g @ t) / np.sqrt((g @ g) * (t @ t))


def permuted(task):
    marker, seed = task
    rng = np.random.default_rng(seed)
    return marker, score(marker, rng.permutation(TRAIT))


def run(n_perm, workers=2):
    observed = np.array([score(m, TRAIT) for m in range(GENOTYPES.shape[1])])
    exceed = np.zeros(GENOTYPES.shape[1])
    tasks = [(m, 1000 * m + k) for m in range(GENOTYPES.shape[1]) for k in range(n_perm)]
    with ProcessPoolExecutor(workers) as pool:
        for marker, value in pool.map(permuted, tasks):  # [cause]
            exceed[marker] += value >= observed[marker]
    return observed, (exceed + 1) / (n_perm + 1)


def main():
    observed, p = run(n_perm=38)
    hits = np.argsort(p)[:3]  # [decoy]
    print("best markers", hits, p[hits].round(3), observed[hits].round(3))
    text = ""
    for level in (0.01, 0.05, 0.1):
        text += f"p<{level}: {(p < level).sum()}  "  # [decoy]
    print(text)


if __name__ == "__main__":
    main()
