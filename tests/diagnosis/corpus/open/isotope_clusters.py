"""Isotope patterns of peptides: averagine compositions, binomial envelopes, matching of peaks."""
import math
import random
from collections import defaultdict

AVERAGINE = {"C": 4.9384, "H": 7.7583, "N": 1.3577, "O": 1.4773, "S": 0.0417}
HEAVY = {"C": 0.0107, "H": 0.000115, "N": 0.00364, "O": 0.00205, "S": 0.0425}
MASS = 111.1254


def composition(nominal):
    return {el: max(1, round(n * nominal / MASS)) for el, n in AVERAGINE.items()}


def convolve(a, b, keep):
    out = [0.0] * min(keep, len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            if i + j < len(out):
                out[i + j] += x * y
    return out


def envelope(nominal, peaks=8):
    pattern = [1.0]
    for el, n in composition(nominal).items():
        p = HEAVY[el]
        single = [math.comb(n, k) * p ** k * (1 - p) ** (n - k) for k in range(min(n, peaks - 1) + 1)]
        pattern = convolve(pattern, single, peaks)
    top = max(pattern)
    return [x / top for x in pattern]


def spectrum(rnd, n):
    for _ in range(n):
        mass = rnd.gauss(1450, 160)
        charge = rnd.choice([2, 2, 3])
        yield mass / charge + 1.00728, charge, [rnd.random() for _ in range(8)]


def similarity(observed, charge, mz):
    nominal = 10 * round((mz - 1.00728) * charge / 10)
    expected = envelope(nominal)  # [cause]
    dot = sum(a * b for a, b in zip(observed, expected))
    return dot / math.sqrt(sum(a * a for a in observed) * sum(b * b for b in expected))


def main():
    rnd = random.Random(19)
    by_charge = defaultdict(list)
    charges = []
    for mz, charge, observed in spectrum(rnd, 21000):
        by_charge[charge].append(similarity(observed, charge, mz))  # [cause]
        if charge not in charges:  # [decoy]
            charges.append(charge)
    for charge in charges:
        scores = sorted(by_charge[charge], reverse=True)[:5]  # [decoy]
        print(charge, len(by_charge[charge]), [round(s, 4) for s in scores])


if __name__ == "__main__":
    main()
