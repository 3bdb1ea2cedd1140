"""Degree-day snowpack: each day starts from what the day before left."""

import numpy as np


def melt(temperature, precipitation, factor):
    store, runoff = 0.0, 0.0
    for day in range(len(temperature)):
        if temperature[day] < 0.0:
            store += precipitation[day]
        loss = min(store, factor * max(temperature[day], 0.0))  # [cause]
        store -= loss
        runoff += loss * 0.98 + 0.02 * store
    return runoff


def make():
    rng = np.random.default_rng(3)
    return rng.normal(2.0, 6.0, 20_000), rng.exponential(3.0, 20_000), 0.4
