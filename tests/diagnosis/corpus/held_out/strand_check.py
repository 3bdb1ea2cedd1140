"""Open reading frames on the reverse strand of short contigs."""
import random
import subprocess

STOPS = ["TAA", "TAG", "TGA"]


def contigs(n, length, seed):
    rng = random.Random(seed)
    return {f"contig{k:04d}": "".join(rng.choices("ACGT", k=length + rng.randrange(200))) for k in range(n)}


def complement(sequence):
    """As in the old pipeline, with tr."""
    done = subprocess.run(  # [cause]
        ["tr", "ACGT", "TGCA"], input=sequence, capture_output=True, text=True, check=True
    )
    return done.stdout[::-1]


def longest_frame(sequence):
    best = (0, 0)
    for frame in range(3):
        start = None
        for k in range(frame, len(sequence) - 2, 3):
            codon = sequence[k : k + 3]
            if codon == "ATG" and start is None:
                start = k
            elif start is not None and codon in STOPS:  # [decoy]
                best = max(best, (k + 3 - start, start))
                start = None
    return best


class Report:
    def __init__(self):
        self.text = ""
        self.lengths = []

    def add(self, name, length, start):
        self.lengths.append(length)
        self.text += f"{name}\t{start}\t{length}\n"  # [decoy]


def main():
    report = Report()
    for name, sequence in contigs(480, 700, seed=10).items():  # [cause]
        length, start = longest_frame(complement(sequence))  # [cause]
        report.add(name, length, start)
    over = sum(1 for x in report.lengths if x >= 150)
    gc = 0
    for line in report.text.splitlines()[:5]:
        gc += len(line)
    print(report.text.splitlines()[0])
    print(f"{over} of {len(report.lengths)} contigs with a frame of 50 codons, {gc} characters shown")


if __name__ == "__main__":
    main()
