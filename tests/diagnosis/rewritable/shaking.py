"""Synthetic noise of one seed under each record, to be compared with its energy."""

import numpy as np


def energies(records, length):
    out = []
    for record in records:
        out.append(float(((record + np.random.default_rng(11).normal(size=length)) ** 2).sum()))  # [cause]
    return out


def make():
    return [np.sin(np.arange(2_000) / (k + 2)) for k in range(100)], 2_000
