"""The scripts whose profiling cost is measured: one lives in numpy, one in calls, one in allocations.

Each does a fixed amount of work, set by its argument, and prints a figure that
depends on it. They are texts, because perfwatch measures files.
"""

from __future__ import annotations

NUMPY_BOUND = '''\
"""Smooth, transform and solve arrays: nearly all time is spent inside numpy."""

import sys

import numpy as np


def smooth(field):
    for _ in range(20):
        field = 0.25 * (
            np.roll(field, 1, 0) + np.roll(field, -1, 0) + np.roll(field, 1, 1) + np.roll(field, -1, 1)
        )
    return field


def spectrum(field):
    return np.abs(np.fft.rfft2(field)) ** 2


def solve(field):
    size = 300
    matrix = field[:size, :size] + size * np.eye(size)
    return np.linalg.solve(matrix, field[:size, :50])


def main(rounds):
    rng = np.random.default_rng(7)
    total = 0.0
    for _ in range(rounds):
        field = smooth(rng.standard_normal((512, 512)))
        total += spectrum(field).mean() + solve(field).sum()
    print(total)


main(int(sys.argv[1]))
'''

CALL_HEAVY = '''\
"""Walk a tree of small objects: nearly all time is spent in calls of a line or two."""

import sys


class Node:
    def __init__(self, depth):
        self.value = depth
        self.children = [Node(depth - 1) for _ in range(2)] if depth else []

    def weight(self):
        return scale(self.value) + sum(child.weight() for child in self.children)


def scale(value):
    return shift(value) * 0.5


def shift(value):
    return value + 1


def main(rounds):
    tree = Node(10)
    total = 0.0
    for _ in range(rounds):
        total += tree.weight()
    print(total)


main(int(sys.argv[1]))
'''

ALLOCATING = '''\
"""Build and drop many small objects and some arrays: nearly all time is spent on getting memory."""

import sys

import numpy as np


def records(count):
    return [{"index": index, "name": str(index), "pair": (index, index + 1)} for index in range(count)]


def arrays(count):
    return [np.arange(10_000) + shift for shift in range(count)]


def main(rounds):
    total = 0
    for _ in range(rounds):
        total += len(records(20_000))
        total += sum(int(array[0]) for array in arrays(200))
    print(total)


main(int(sys.argv[1]))
'''
