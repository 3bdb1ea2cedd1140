"""Nonlinear diffusion of pore water in a sediment column.

Implicit Euler, coefficients from the last porosity.
"""
from __future__ import annotations

import numpy as np


class Column:
    def __init__(self, cells: int, depth: float):
        self.n = cells
        self.dz = depth / cells
        self.z = (np.arange(cells) + 0.5) * self.dz
        self.porosity = 0.45 + 0.4 * np.exp(-self.z / 0.08)
        self.conc = np.exp(-self.z / 0.02)

    def diffusivity(self) -> np.ndarray:
        tortuosity = 1.0 - 2.0 * np.log(self.porosity)
        return 3.2e-10 / tortuosity * (1.0 + 0.2 * self.conc)

    def system(self, dt: float) -> np.ndarray:
        d = self.diffusivity()
        face = np.empty(self.n + 1)
        face[1:-1] = 2 * d[1:] * d[:-1] / (d[1:] + d[:-1])
        face[0], face[-1] = d[0], 0.0
        w = face * dt / self.dz**2
        a = np.zeros((self.n, self.n))  # [cause]
        k = np.arange(self.n)
        a[k, k] = 1.0 + w[:-1] + w[1:]
        a[k[1:], k[:-1]] = -w[1:-1]
        a[k[:-1], k[1:]] = -w[1:-1]
        return a

    def step(self, dt: float, surface: float) -> None:
        rhs = self.conc - dt * 2e-7 * self.conc
        d0 = self.diffusivity()[0]
        rhs[0] += d0 * dt / self.dz**2 * surface
        self.conc = np.linalg.solve(self.system(dt), rhs)  # [cause]


def simulate(column: Column, steps: int, dt: float) -> list[float]:
    inventory = []
    log = ""
    for k in range(steps):
        surface = 1.0 + 0.3 * np.sin(2 * np.pi * k / 12)
        column.step(dt, surface)
        inventory.append(float((column.porosity * column.conc).sum() * column.dz))
        log += f"{k} "  # [decoy]
    return inventory


column = Column(cells=900, depth=0.4)
inventory = simulate(column, steps=14, dt=86400.0 * 30)
penetration = column.z[np.searchsorted(-column.conc, -0.05)]
peaks = sorted(inventory)[-3:]  # [decoy]
print("inventory:", np.round(inventory[-1], 5), "largest:", np.round(peaks, 5))
print("penetration depth:", round(float(penetration), 4), "m")
