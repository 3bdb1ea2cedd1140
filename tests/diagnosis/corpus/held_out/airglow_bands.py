#!/usr/bin/env python
# Synthetic airglow spectra: volume emission by line and layer
import math
from functools import lru_cache

import numpy as np

LAYERS = 96
STEPS = 60
rng = np.random.default_rng(87)
height = np.linspace(80.0, 105.0, LAYERS)
background = [190.0 + 15.0 * math.cos((z - 80.0) / 4.0) for z in height]


@lru_cache(maxsize=64)  # [cause]
def partition(layer, upper=70):
    """Rotational partition function with the temperature of the layer."""
    temperature = background[layer]
    total = 0.0
    for j in range(upper):  # [cause]
        energy = 10.5 * j * (j + 1) - 0.0019 * (j * (j + 1)) ** 2  # [cause]
        total += (2 * j + 1) * math.exp(-1.4388 * energy / temperature)  # [cause]
    return total


def line_strength(layer, j):
    energy = 10.5 * j * (j + 1)
    return (2 * j + 1) * math.exp(-1.4388 * energy / background[layer]) / partition(layer)  # [cause]


def excited(time):
    """Chapman-like layer, moved by a tide."""
    peak = 87.0 + 1.5 * math.sin(2 * math.pi * time / 24.0)
    u = (height - peak) / 4.0
    return np.exp(1.0 - u - np.exp(-u))


def column(time):
    density = excited(time).tolist()
    bright = 0.0
    for layer in range(LAYERS):
        bright += density[layer] * line_strength(layer, 3)  # [cause]
    return bright


series = [column(24.0 * k / (STEPS * 10)) for k in range(STEPS * 10)]

labels = []
for k, value in enumerate(series[::25]):
    if k not in labels:  # [decoy]
        labels.append(k)
spread = np.sort(np.array(series))[[0, -1]]  # [decoy]
print("hours", labels[-1], "column from", spread[0].round(4), "to", spread[1].round(4))
