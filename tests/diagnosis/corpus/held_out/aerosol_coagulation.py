"""Coagulation of an aerosol on a sectional grid (Smoluchowski)."""
import numpy as np


class Grid:
    def __init__(self, bins, smallest, ratio):
        self.volume = smallest * ratio ** np.arange(bins)
        self.diameter = (6 * self.volume / np.pi) ** (1 / 3)

    def __len__(self):
        return len(self.volume)


def brownian(grid, temperature=288.0):
    """Continuum kernel for all pairs of sections."""
    d = grid.diameter
    k = 2 * 1.38e-23 * temperature / (3 * 1.8e-5)
    return k * (d[:, None] + d[None, :]) ** 2 / (d[:, None] * d[None, :])


def targets(grid):
    """Section below the joint volume, and the share that goes there."""
    v = grid.volume
    joint = v[:, None] + v[None, :]
    low = np.clip(np.searchsorted(v, joint, side="right") - 1, 0, len(v) - 2)
    share = (v[low + 1] - joint) / (v[low + 1] - v[low])
    return low, np.clip(share, 0, 1)


class Aerosol:
    def __init__(self, grid, number):
        self.grid = grid
        self.number = number
        self.kernel = brownian(grid)
        self.low, self.share = targets(grid)

    def rates(self):
        n = self.number
        change = np.zeros(len(self.grid))
        for i in range(len(self.grid)):  # [cause]
            for j in range(i + 1):  # [cause]
                events = self.kernel[i, j] * n[i] * n[j]  # [cause]
                if i == j:
                    events *= 0.5
                change[i] -= events  # [cause]
                change[j] -= events  # [cause]
                k = self.low[i, j]  # [cause]
                change[k] += events * self.share[i, j]  # [cause]
                change[k + 1] += events * (1 - self.share[i, j])  # [cause]
        return change

    def step(self, dt):
        self.number = np.maximum(self.number + dt * self.rates(), 0.0)


def spectrum(grid, total, mode, sigma):
    w = np.exp(-0.5 * (np.log(grid.diameter / mode) / np.log(sigma)) ** 2)
    return total * w / w.sum()


def main():
    grid = Grid(bins=90, smallest=5e-26, ratio=1.35)
    cloud = Aerosol(grid, spectrum(grid, 4e12, 3e-8, 1.6))
    history = np.array([cloud.number.sum()])
    for step in range(220):
        cloud.step(20.0)
        if step % 10 == 0:
            history = np.append(history, cloud.number.sum())  # [decoy]
    largest = np.argsort(cloud.number)[-1]  # [decoy]
    print("number left:", (history[-1] / history[0]).round(4))
    print("mode diameter:", (grid.diameter[largest] * 1e9).round(1), "nm")


if __name__ == "__main__":
    main()
