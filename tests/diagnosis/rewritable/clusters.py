"""Contacts between the residues of a coarse-grained chain."""

import math

import numpy as np


def contacts(beads, cutoff):
    n = len(beads)
    found = []
    for i in range(n):
        for j in range(i + 1, n):  # [cause]
            gap = math.dist(beads[i], beads[j])
            if gap < cutoff:
                found.append((i, j, round(gap, 6)))
    return found


def make():
    rng = np.random.default_rng(21)
    return rng.uniform(0, 30, (350, 3)).tolist(), 1.5
