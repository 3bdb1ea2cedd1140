"""Larval drift between reefs: a short test run before the large ones."""
import numpy as np
from numba import njit

REEFS = 14


@njit
def current(x, y, t):  # [cause]
    u = 0.3 * np.sin(2 * np.pi * y) + 0.05 * np.cos(t / 6.2)
    v = 0.2 * np.cos(2 * np.pi * x) * np.sin(t / 12.4)
    return u, v


@njit
def advect(x, y, hours, dt, noise):  # [cause]
    for k in range(x.size):
        t = 0.0
        for h in range(hours):
            u, v = current(x[k], y[k], t)
            um, vm = current(x[k] + 0.5 * dt * u, y[k] + 0.5 * dt * v, t + 0.5 * dt)
            x[k] = (x[k] + dt * um + noise[k, h, 0]) % 1.0
            y[k] = (y[k] + dt * vm + noise[k, h, 1]) % 1.0
            t += dt
    return x, y


@njit
def settle(x, y, reef_x, reef_y, radius):  # [cause]
    home = np.full(x.size, -1)
    for k in range(x.size):
        best = radius * radius
        for r in range(reef_x.size):
            dx = x[k] - reef_x[r]
            dy = y[k] - reef_y[r]
            d2 = dx * dx + dy * dy
            if d2 < best:
                best = d2
                home[k] = r
    return home


@njit
def distances(x, y, x0, y0):  # [cause]
    """Quartiles of the distance drifted, on the shorter way round."""
    d = np.empty(x.size)
    for k in range(x.size):
        dx = abs(x[k] - x0[k])
        dy = abs(y[k] - y0[k])
        d[k] = np.hypot(min(dx, 1 - dx), min(dy, 1 - dy))
    d = np.sort(d)
    n = d.size
    return np.array([d[n // 4], d[n // 2], d[3 * n // 4]]), d[-1]


def connectivity(origin, home, n):
    table = np.zeros((n, n))
    ok = home >= 0
    np.add.at(table, (origin[ok], home[ok]), 1)
    return table


def main():
    rng = np.random.default_rng(19)
    reef_x, reef_y = rng.random((2, REEFS))
    origin = np.repeat(np.arange(REEFS), 40)
    noise = rng.normal(0, 0.002, size=(origin.size, 48, 2))
    x, y = advect(reef_x[origin], reef_y[origin], 48, 0.04, noise)  # [cause]
    home = settle(x, y, reef_x, reef_y, 0.09)  # [cause]
    quartiles, far = distances(x, y, reef_x[origin], reef_y[origin])  # [cause]
    table = connectivity(origin, home, REEFS)
    busiest = np.sort(table, axis=None)[-3:]  # [decoy]
    sinks = []
    for r in home.tolist():
        if r >= 0 and r not in sinks:  # [decoy]
            sinks.append(r)
    print("settled:", int(table.sum()), "of", origin.size, "on", len(sinks), "reefs")
    print("drifted:", quartiles.round(3), round(far, 3))
    print("strongest links:", busiest, "retention:", np.trace(table))


if __name__ == "__main__":
    main()
