"""Random walkers on a lattice of traps: how long until one is caught."""

import random

rng = random.Random(4)


def survival(steps, traps):
    if steps == 0:
        return 1.0
    hop = rng.random()
    return 0.5 * survival(steps - 1, traps) * (1 - traps * hop) + 0.5 * survival(steps - 1, traps)  # [cause]


def make():
    return 14, 0.01
