"""Stochastic SEIR in a town of households: many branches from a common start."""
import copy
import random
from dataclasses import dataclass, field


@dataclass
class Household:
    size: int
    exposed: int = 0
    infectious: int = 0
    recovered: int = 0

    @property
    def susceptible(self):
        return self.size - self.exposed - self.infectious - self.recovered


@dataclass
class Town:
    households: list = field(default_factory=list)
    day: int = 0

    def prevalence(self):
        people = sum(h.size for h in self.households)
        return sum(h.infectious for h in self.households) / people


def found(n, rnd):
    town = Town([Household(rnd.choice([1, 1, 2, 2, 3, 4, 5])) for _ in range(n)])
    for h in rnd.sample(town.households, 12):
        h.infectious = 1
    return town


def binomial(rnd, n, p):
    return sum(rnd.random() < p for _ in range(n))


def tomorrow(town, rnd, beta=0.45, local=0.12):
    after = copy.deepcopy(town)  # [cause]
    pressure = beta * town.prevalence()
    for before, h in zip(town.households, after.households):
        if before.susceptible:
            new = binomial(rnd, before.susceptible, min(1.0, pressure + local * before.infectious))
            h.exposed += new
        if before.exposed:
            ill = binomial(rnd, before.exposed, 0.3)
            h.exposed -= ill
            h.infectious += ill
        if before.infectious:
            well = binomial(rnd, before.infectious, 0.2)
            h.infectious -= well
            h.recovered += well
    after.day += 1
    return after


def branch(start, seed, days):
    rnd = random.Random(seed)
    town = start
    curve = []
    for _ in range(days):
        town = tomorrow(town, rnd)  # [cause]
        curve.append(town.prevalence())
    return curve


if __name__ == "__main__":
    start = found(420, random.Random(2020))
    peaks = [max(branch(start, seed, 30)) for seed in range(13)]
    seen = []
    for p in peaks:
        if round(p, 2) not in seen:  # [decoy]
            seen.append(round(p, 2))
    print("peaks", seen)
    low, high = sorted(peaks)[0], sorted(peaks)[-1]  # [decoy]
    print(f"peak prevalence {low:.3f} to {high:.3f}")
