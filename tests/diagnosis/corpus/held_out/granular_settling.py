"""Cellular sandpile: many grains, compiled, long enough to be worth it."""
import numpy as np
from numba import njit


@njit
def topple(height, stack, loss):
    """Relax until nothing is steeper than three; returns the size."""
    n = height.shape[0]
    size = 0
    top = 0
    for i in range(n):
        for j in range(n):
            if height[i, j] > 3:
                stack[top] = i * n + j
                top += 1
    while top > 0:
        top -= 1
        i, j = divmod(stack[top], n)
        if height[i, j] <= 3:
            continue
        height[i, j] -= 4
        size += 1
        if height[i, j] > 3:
            stack[top] = i * n + j
            top += 1
        for step in range(4):
            a = i + (step == 0) - (step == 1)
            b = j + (step == 2) - (step == 3)
            if a < 0 or b < 0 or a >= n or b >= n:
                loss[0] += 1
                continue
            height[a, b] += 1
            if height[a, b] == 4:
                stack[top] = a * n + b
                top += 1
    return size


@njit
def drive(height, rows, cols, stack, loss):
    sizes = np.empty(rows.size, np.int64)
    for k in range(rows.size):
        height[rows[k], cols[k]] += 1
        sizes[k] = 0
        if height[rows[k], cols[k]] > 3:
            sizes[k] = topple(height, stack, loss)
    return sizes


def log_histogram(sizes):
    edges = np.unique(np.round(np.geomspace(1, sizes.max() + 1, 14)).astype(int))
    counts, _ = np.histogram(sizes, bins=edges)
    return edges[:-1], counts / np.diff(edges)


def main(n=128, grains=190000):
    rng = np.random.default_rng(1987)
    height = rng.integers(2, 4, size=(n, n))
    loss = np.zeros(1, np.int64)
    stack = np.empty(4 * n * n, np.int64)
    sizes = drive(height, *rng.integers(0, n, size=(2, grains)), stack, loss)
    edges, density = log_histogram(sizes[sizes > 0])
    good = density > 0
    slope = np.polyfit(np.log(edges[good]), np.log(density[good]), 1)[0]
    report = ""
    for edge, value in zip(edges, density):
        report += f"{edge:6d} {value:10.3f}\n"  # [decoy]
    biggest = np.sort(sizes)[-3:]  # [decoy]
    print(report.splitlines()[0])
    print("exponent", slope.round(2), "biggest", biggest, "lost", int(loss[0]))


if __name__ == "__main__":
    main()
