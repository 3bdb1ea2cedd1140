"""Seed shadow of a stand of trees, reproducible seed by seed."""
from dataclasses import dataclass, field

import numpy as np

SPECIES = {"fagus": (4.0, 0.9), "tilia": (14.0, 1.1), "betula": (38.0, 1.3)}


@dataclass
class Tree:
    number: int
    species: str
    x: float
    y: float
    crop: int
    landed: list = field(default_factory=list)


def flight(year, tree, seed_number, species):
    """Distance and direction of one seed; the same for everybody who asks."""
    rng = np.random.default_rng([year, tree, seed_number])  # [cause]
    median, sigma = SPECIES[species]
    return median * np.exp(sigma * rng.standard_normal()), rng.uniform(0.0, 2 * np.pi)


def disperse(tree, year):
    for k in range(tree.crop):  # [cause]
        distance, angle = flight(year, tree.number, k, tree.species)  # [cause]
        tree.landed.append((tree.x + distance * np.cos(angle), tree.y + distance * np.sin(angle)))


def plant(count, side, seed):
    rng = np.random.default_rng(seed)
    names = list(SPECIES)
    stand = []
    for number in range(count):
        x, y = rng.uniform(0, side, 2)
        stand.append(Tree(number, names[int(rng.integers(3))], float(x), float(y), int(rng.poisson(420))))
    return stand


class Plot:
    def __init__(self, side, cell):
        self.side = side
        self.cell = cell
        self.edges = np.arange(0.0, side + cell, cell)

    def density(self, points):
        arr = np.asarray(points)
        hist, _, _ = np.histogram2d(arr[:, 0], arr[:, 1], bins=[self.edges, self.edges])
        return hist / self.cell**2


def main():
    stand = plant(count=90, side=200.0, seed=4)
    plot = Plot(200.0, 5.0)
    everything = []
    for tree in stand:
        disperse(tree, year=1998)
        everything = everything + tree.landed  # [decoy]
    rain = plot.density(everything)
    crowded = np.sort(rain, axis=None)[-20:]  # [decoy]
    outside = sum(1 for x, y in everything if not (0 <= x < 200 and 0 <= y < 200))
    print(f"{len(everything)} seeds, {outside} left the plot")
    print(f"mean {rain.mean():.3f} per m2, crowded cells {crowded.mean():.2f}")


if __name__ == "__main__":
    main()
