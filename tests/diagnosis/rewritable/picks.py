"""Seismic picks gathered into one table, and written as the text that the locator reads."""

import numpy as np


def table(events):
    rows = np.empty((0, 3))
    for number, (arrival, amplitude) in enumerate(events):
        rows = np.vstack((rows, (number, arrival, amplitude)))  # [cause]
    return rows


def make():
    rng = np.random.default_rng(5)
    return ([tuple(one) for one in rng.uniform(0, 60, (3_000, 2)).tolist()],)
