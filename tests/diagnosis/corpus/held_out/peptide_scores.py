"""Best candidate peptides per spectrum from a score matrix."""
import numpy as np
from dataclasses import dataclass


@dataclass
class Hit:
    spectrum: int
    peptide: int
    score: float


class Scorer:
    """Cosine of binned spectra against the library, by blocks."""

    def __init__(self, library):
        self.library = library

    def block(self, spectra):
        return spectra @ self.library.T


def library(peptides, bins, rng):
    m = rng.random((peptides, bins), dtype=np.float32)
    m[m < 0.7] = 0.0
    return m / np.linalg.norm(m, axis=1)[:, None].clip(1e-6)


def ranking(scores):
    return np.argsort(scores, axis=1)[:, ::-1]  # [cause]


def shortlist(scores, first, keep):
    """The best few of each row, strongest first."""
    ranked = ranking(scores)  # [cause]
    hits = []
    for row in range(scores.shape[0]):
        for peptide in ranked[row, :keep].tolist():
            hits.append(Hit(first + row, peptide, float(scores[row, peptide])))
    return hits


def run(spectra_count=660, peptides=60000, bins=24, block=60, keep=5):
    rng = np.random.default_rng(1234)
    lib = library(peptides, bins, rng)
    truth = rng.integers(0, peptides, spectra_count)
    spectra = lib[truth] + rng.normal(0, 0.02, size=(spectra_count, bins)).astype(np.float32)
    scorer = Scorer(lib)
    everything = []
    for first in range(0, spectra_count, block):
        scores = scorer.block(spectra[first : first + block])
        hits = shortlist(scores, first, keep)  # [cause]
        everything = everything + hits  # [decoy]
    top = {}
    for hit in everything:
        try:
            if hit.score > top[hit.spectrum].score:
                top[hit.spectrum] = hit
        except KeyError:  # [decoy]
            top[hit.spectrum] = hit
    right = sum(1 for s, hit in top.items() if hit.peptide == truth[s])
    print(f"{right} of {spectra_count} spectra identified, {len(everything)} hits kept")


if __name__ == "__main__":
    run()
