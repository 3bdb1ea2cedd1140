"""Annealing of a binary alloy on a small lattice, block updates by sublattice."""
import logging

import numpy as np

log = logging.getLogger("alloy")
logging.basicConfig(level=logging.WARNING)

L = 32


def neighbours_sum(s):
    return np.roll(s, 1, 0) + np.roll(s, -1, 0) + np.roll(s, 1, 1) + np.roll(s, -1, 1)


class Alloy:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.s = self.rng.choice([-1, 1], (L, L))
        i, j = np.indices((L, L))
        self.colours = [(i + j) % 2 == c for c in (0, 1)]

    def energy(self):
        return 0.5 * float((self.s * neighbours_sum(self.s)).mean())

    def trace(self, sweep, temperature, chance):
        log.debug(f"sweep {sweep} T={temperature:.3f} chances {np.array2string(chance[::4, ::4], precision=2)}")  # [cause]

    def sweep(self, number, temperature):
        for mask in self.colours:
            cost = -2.0 * self.s * neighbours_sum(self.s)
            chance = np.exp(-np.clip(cost, 0, None) / temperature)
            flip = mask & (self.rng.random((L, L)) < chance)
            self.s[flip] *= -1
            self.trace(number, temperature, chance)  # [cause]


def anneal(alloy, temperatures):
    energies = []
    for number, t in enumerate(temperatures):
        alloy.sweep(number, t)
        energies.append(alloy.energy())
    return np.array(energies)


def main():
    alloy = Alloy(seed=36)
    temperatures = np.geomspace(4.0, 0.4, 900)
    e = anneal(alloy, temperatures)
    print("energy per site", e[:3].round(3), "->", e[-3:].round(3))
    blocks = np.array([])
    for part in np.array_split(e, 9):
        blocks = np.append(blocks, part.std())  # [decoy]
    print("fluctuation", blocks.round(4))
    lowest = np.sort(e)[:3]  # [decoy]
    print("lowest", lowest)


if __name__ == "__main__":
    main()
