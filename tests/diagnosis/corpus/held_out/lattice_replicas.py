"""Percolation threshold from replicas of a square lattice (union-find)."""
import random
from concurrent.futures import ThreadPoolExecutor

SIDE = 110
REPLICAS = 60


class Forest:
    def __init__(self, n):
        self.parent = list(range(n))
        self.size = [1] * n

    def find(self, a):
        while self.parent[a] != a:
            self.parent[a] = self.parent[self.parent[a]]
            a = self.parent[a]
        return a

    def join(self, a, b):
        a, b = self.find(a), self.find(b)
        if a == b:
            return
        if self.size[a] < self.size[b]:
            a, b = b, a
        self.parent[b] = a
        self.size[a] += self.size[b]


def threshold(seed):
    """Occupied fraction at which top and bottom meet."""
    rng = random.Random(seed)
    sites = list(range(SIDE * SIDE))
    rng.shuffle(sites)  # [cause]
    top, bottom = SIDE * SIDE, SIDE * SIDE + 1
    forest = Forest(SIDE * SIDE + 2)
    occupied = bytearray(SIDE * SIDE)
    for count, s in enumerate(sites, 1):  # [cause]
        occupied[s] = 1
        row, col = divmod(s, SIDE)
        if row == 0:
            forest.join(s, top)  # [cause]
        elif occupied[s - SIDE]:
            forest.join(s, s - SIDE)  # [cause]
        if row == SIDE - 1:
            forest.join(s, bottom)  # [cause]
        elif occupied[s + SIDE]:
            forest.join(s, s + SIDE)  # [cause]
        if col and occupied[s - 1]:
            forest.join(s, s - 1)  # [cause]
        if col < SIDE - 1 and occupied[s + 1]:
            forest.join(s, s + 1)  # [cause]
        if forest.find(top) == forest.find(bottom):  # [cause]
            return count / (SIDE * SIDE)
    return 1.0


def replicas(n, workers):
    with ThreadPoolExecutor(max_workers=workers) as pool:  # [cause]
        return list(pool.map(threshold, range(n)))  # [cause]


values = replicas(REPLICAS, workers=8)  # [cause]
mean = sum(values) / len(values)
spread = (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5
ordered = sorted(values)[:3]  # [decoy]
bins = []
for v in values:
    if round(v, 2) not in bins:  # [decoy]
        bins.append(round(v, 2))
print(f"threshold {mean:.4f} +- {spread / len(values) ** 0.5:.4f}")
print("lowest", [round(v, 4) for v in ordered], "in", len(bins), "bins")
