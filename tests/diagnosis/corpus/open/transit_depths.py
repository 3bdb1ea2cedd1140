#!/usr/bin/env python
# Toy transit light curves: quadratic limb darkening integrated over rings
import re
from math import acos, pi, sqrt

import numpy as np

TARGETS = """
KIC-8191672 P=3.548 k=0.091 b=0.31
KIC-3861595 P=7.891 k=0.052 b=0.60
KIC-1026957 P=21.76 k=0.034 b=0.12
"""


def parse(text):
    out = []
    for line in text.strip().splitlines():
        m = re.compile(r"(\S+) P=([\d.]+) k=([\d.]+) b=([\d.]+)").match(line)  # [decoy]
        out.append((m[1], float(m[2]), float(m[3]), float(m[4])))
    return out


class LimbDarkened:
    def __init__(self, u1=0.41, u2=0.22, rings=220):
        self.u1, self.u2 = u1, u2
        self.radii = [(i + 0.5) / rings for i in range(rings)]
        self.width = 1.0 / rings

    def intensity(self, r):
        mu = sqrt(1 - r * r)
        return 1 - self.u1 * (1 - mu) - self.u2 * (1 - mu) ** 2

    @staticmethod
    def covered_angle(r, d, k):
        if d >= r + k:
            return 0.0
        if k >= r + d:
            return 2 * pi
        if r >= d + k or d >= r + k:
            return 0.0
        return 2 * acos((r * r + d * d - k * k) / (2 * r * d))

    def ring(self, r, d, k):
        return self.intensity(r) * r * self.width * self.covered_angle(r, d, k)

    def flux(self, d, k):
        full = pi * (1 - self.u1 / 3 - self.u2 / 6)
        return 1 - sum(self.ring(r, d, k) for r in self.radii) / full  # [cause]


def separation(phase, period, b, a_rs=9.0):
    x = a_rs * np.sin(2 * np.pi * phase / period)
    return np.hypot(x, b)


star = LimbDarkened()
table = np.empty((0, 3))
for name, period, k, b in parse(TARGETS):
    t = np.linspace(-0.12 * period / 9, 0.12 * period / 9, 2400) * 1.6
    sep = separation(t, period, b)
    curve = np.array([star.flux(d, k) for d in sep])
    table = np.vstack([table, [1 - curve.min(), np.trapezoid(1 - curve, t), period]])  # [decoy]
    print(f"{name}: depth {1e6 * (1 - curve.min()):.0f} ppm")
print(table.round(6))
