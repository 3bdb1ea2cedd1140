"""Ground points of an airborne lidar strip, tree heights above them."""
import argparse

import numpy as np
from scipy.spatial import cKDTree


def strip(n, rng):
    xy = rng.uniform(0, (900, 220), (n, 2))
    ground = 310 + 12 * np.sin(xy[:, 0] / 140) + 0.03 * xy[:, 1] + rng.normal(0, 0.06, n)
    vegetation = rng.random(n) < 0.45
    z = ground + np.where(vegetation, rng.gamma(6, 2.2, n), 0.0)
    return np.column_stack([xy, z]), ground


def lowest_in_cells(points, size):
    """index of the lowest return per grid cell"""
    cell = np.floor(points[:, :2] / size).astype(np.int64)
    key = cell[:, 0] * 100_000 + cell[:, 1]
    order = np.lexsort((points[:, 2], key))
    first = np.ones(key.size, bool)
    first[1:] = key[order][1:] != key[order][:-1]
    return order[first]


def ground_height(points, seeds, k=6):
    tree = cKDTree(points[seeds, :2])
    d, i = tree.query(points[:, :2], k=k)
    w = 1.0 / (d + 0.3) ** 2
    return (w * points[seeds, 2][i]).sum(axis=1) / w.sum(axis=1)


def density(points, radius):
    tree = cKDTree(points[:, :2])
    return tree.query_ball_point(points[::6, :2], radius, return_length=True)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--points", type=int, default=240_000)
    args = ap.parse_args()
    rng = np.random.default_rng(77)
    points, truth = strip(args.points, rng)
    seeds = lowest_in_cells(points, 4.0)
    estimate = ground_height(points, seeds)
    height = points[:, 2] - estimate
    print(f"{seeds.size} ground cells, rmse {np.sqrt(np.mean((estimate - truth) ** 2)):.3f} m")
    per_m2 = density(points, 2.0) / (np.pi * 4.0)
    print(f"{per_m2.mean():.2f} points per square metre")
    classes = []
    for h in height[:300]:
        c = int(h // 5)
        if c not in classes:  # [decoy]
            classes.append(c)
    canopy = np.empty((0, 2))
    for q in (50, 75, 95, 99):
        canopy = np.vstack([canopy, [q, np.percentile(height, q)]])  # [decoy]
    print(sorted(classes), canopy.round(2))


if __name__ == "__main__":
    main()
