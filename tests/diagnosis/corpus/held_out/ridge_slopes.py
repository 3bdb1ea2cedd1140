# Slope and drainage exposure from a synthetic elevation model,
# after the eight-neighbour scheme of the field manual.
import argparse

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--size", type=int, default=800)
parser.add_argument("--cell", type=float, default=25.0)
parser.add_argument("--seed", type=int, default=7)
args = parser.parse_args()

rng = np.random.default_rng(args.seed)


def terrain(n):
    """A sum of random waves looks enough like hills."""
    y, x = np.mgrid[0:n, 0:n] / n
    z = np.zeros((n, n))
    for octave in range(1, 7):
        for _ in range(3):
            kx, ky = rng.normal(size=2) * octave * 4
            z = z + np.sin(kx * x + ky * y + rng.uniform(0, 6.3)) * 120.0 / octave
    return z - z.min()


def gradient_at(dem, i, j, cell):
    east = dem[i - 1, j + 1] + 2 * dem[i, j + 1] + dem[i + 1, j + 1]  # [cause]
    west = dem[i - 1, j - 1] + 2 * dem[i, j - 1] + dem[i + 1, j - 1]  # [cause]
    south = dem[i + 1, j - 1] + 2 * dem[i + 1, j] + dem[i + 1, j + 1]  # [cause]
    north = dem[i - 1, j - 1] + 2 * dem[i - 1, j] + dem[i - 1, j + 1]  # [cause]
    return (east - west) / (8 * cell), (south - north) / (8 * cell)


def slope_map(dem, cell):
    rows, cols = dem.shape
    out = np.zeros_like(dem)
    for i in range(1, rows - 1):  # [cause]
        for j in range(1, cols - 1):  # [cause]
            gx, gy = gradient_at(dem, i, j, cell)  # [cause]
            out[i, j] = gx * gx + gy * gy
    return np.degrees(np.arctan(np.sqrt(out)))


dem = terrain(args.size)
slope = slope_map(dem, args.cell)

# hazard classes of the cantonal guideline
limits = [5.0, 15.0, 25.0, 35.0]
classes = np.digitize(slope, limits)
areas = {}
for c in range(len(limits) + 1):
    areas[c] = float((classes == c).sum() * args.cell**2 / 1e6)

steepest = np.sort(slope.ravel()[::37])[-10:]  # [decoy]
profile = np.array([])
for row in range(0, args.size, 8):
    profile = np.append(profile, slope[row].mean())  # [decoy]

print("area per class (km2):", {k: round(v, 2) for k, v in areas.items()})
print("steepest:", steepest.round(1))
print("profile:", profile.size, "means, highest", profile.max().round(2))
