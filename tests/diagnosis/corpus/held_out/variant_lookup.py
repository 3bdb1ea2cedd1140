"""Annotate called variants with allele frequencies from a local database."""
import random
import sqlite3
import tempfile
from pathlib import Path

SCHEMA = "CREATE TABLE frequency (chrom INTEGER, pos INTEGER, alt TEXT, af REAL, PRIMARY KEY (chrom, pos, alt)) WITHOUT ROWID"


class Reference:
    def __init__(self, path):
        self.db = sqlite3.connect(path)

    def build(self, rows):
        self.db.execute(SCHEMA)
        self.db.executemany("INSERT OR IGNORE INTO frequency VALUES (?, ?, ?, ?)", rows)
        self.db.commit()

    def frequency(self, chrom, pos, alt):
        found = self.db.execute(  # [cause]
            "SELECT af FROM frequency WHERE chrom = ? AND pos = ? AND alt = ?", (chrom, pos, alt)
        ).fetchone()
        return 0.0 if found is None else found[0]


def known(n, rng):
    return [(rng.randint(1, 22), rng.randint(1, 60000), "ACGT"[k % 4], (k % 997) / 2000) for k in range(n)]


def calls(n, rng):
    for k in range(n):
        yield rng.randint(1, 22), rng.randint(1, 60000), "ACGT"[k % 4], rng.gauss(40, 9)


def annotate(reference, variants):
    out = []
    for chrom, pos, alt, quality in variants:  # [cause]
        af = reference.frequency(chrom, pos, alt)  # [cause]
        out.append((chrom, pos, alt, quality, af))
    return out


def main():
    rng = random.Random(77)
    with tempfile.TemporaryDirectory() as folder:
        reference = Reference(Path(folder) / "af.db")
        reference.build(known(20000, rng))
        annotated = annotate(reference, list(calls(160000, rng)))
        reference.db.close()
    rare = [v for v in annotated if v[4] < 0.01 and v[3] > 30]
    chromosomes = []
    for v in rare[:2000]:
        if v[0] not in chromosomes:  # [decoy]
            chromosomes.append(v[0])
    best = sorted(rare[:3000], key=lambda v: v[3])[-3:]  # [decoy]
    print(len(annotated), "calls,", len(rare), "rare, on", len(chromosomes), "chromosomes")
    print([round(v[3], 1) for v in best])


if __name__ == "__main__":
    main()
