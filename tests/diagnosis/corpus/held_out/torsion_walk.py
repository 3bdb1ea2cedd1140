"""Metropolis walk of a torsion angle chain (butane-like potential)."""
import random
import sys

import numpy as np

COEFF = (9.28, 12.16, -13.12, -3.06, 26.24, -31.5)


class Chain:
    def __init__(self, length, beta, seed):
        self.rng = random.Random(seed)
        self.angles = [np.pi] * length
        self.beta = beta
        self.accepted = 0

    def potential(self, phi):
        c = np.cos(phi)  # [cause]
        value = 0.0
        for k in reversed(COEFF):
            value = value * c + k
        return value

    def coupling(self, a, b):
        return 1.5 * np.sin(0.5 * (a - b)) ** 2  # [cause]

    def local(self, i, phi):
        left = self.angles[i - 1]
        right = self.angles[(i + 1) % len(self.angles)]
        return self.potential(phi) + self.coupling(phi, left) + self.coupling(phi, right)  # [cause]

    def move(self):
        i = self.rng.randrange(len(self.angles))
        old = self.angles[i]
        new = old + self.rng.uniform(-0.6, 0.6)
        delta = self.local(i, new) - self.local(i, old)
        if delta <= 0 or self.rng.random() < np.exp(-self.beta * delta):  # [cause]
            self.angles[i] = float(np.arctan2(np.sin(new), np.cos(new)))  # [cause]
            self.accepted += 1


def trans_fraction(angles):
    return sum(1 for a in angles if abs(a) > 2 * np.pi / 3) / len(angles)


def main(sweeps=180):
    chain = Chain(600, beta=0.4, seed=12)
    record = np.empty(0)
    for sweep in range(sweeps):
        for _ in range(600):
            chain.move()
        record = np.append(record, trans_fraction(chain.angles))  # [decoy]
    try:
        burn = int(sys.argv[1])
    except IndexError:  # [decoy]
        burn = 20
    tail = record[burn:]
    print("accepted", chain.accepted, "of", sweeps * 600)
    print("trans fraction", tail.mean().round(4), "+-", (tail.std() / len(tail) ** 0.5).round(4))


main()
