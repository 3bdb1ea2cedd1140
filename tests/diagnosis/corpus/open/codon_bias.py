# Relative codon usage along simulated genes, in sliding windows
import string
from dataclasses import dataclass

import numpy as np

BASES = np.array(list("ACGT"))


@dataclass
class Gene:
    name: str
    codes: np.ndarray          # 0..3 per base

    @property
    def codons(self):
        return len(self.codes) // 3


class CodonCounter:
    def __init__(self, window=150):
        self.window = window

    def codon_at(self, gene, k):
        c = gene.codes
        return 16 * c[3 * k] + 4 * c[3 * k + 1] + c[3 * k + 2]  # [cause]

    def profile(self, gene):
        counts = np.zeros(64, dtype=np.int64)
        entropy = []
        for k in range(gene.codons):
            counts[self.codon_at(gene, k)] += 1  # [cause]
            if k >= self.window:
                counts[self.codon_at(gene, k - self.window)] -= 1  # [cause]
            if k >= self.window and k % 30 == 0:
                p = counts[counts > 0] / self.window
                entropy.append(-(p * np.log2(p)).sum())
        return np.array(entropy)


def simulate(n_genes=14, seed=5):
    rng = np.random.default_rng(seed)
    genes = []
    for i in range(n_genes):
        gc = rng.uniform(0.3, 0.7)
        p = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
        n = 3 * int(rng.integers(30000, 42000))
        genes.append(Gene(f"orf{string.ascii_uppercase[i]}", rng.choice(4, size=n, p=p)))
    return genes


counter = CodonCounter()
summary = ""
ranked = []
for gene in simulate():
    e = counter.profile(gene)
    ranked = sorted(ranked + [(float(e.mean()), gene.name)])  # [decoy]
    head = "".join(BASES[gene.codes[:9]])
    summary += f"{gene.name} {head}... {e.mean():.4f} +- {e.std():.4f}\n"  # [decoy]
print(summary)
print("lowest entropy:", ranked[:3])
