"""Associate picks to events and keep a running table of station residuals."""
import numpy as np

VELOCITY = 5.8


def station_grid(rng, n=25):
    return rng.uniform(0, 120, (n, 2))


class ResidualTable:
    """grows as events come in; columns: event, station, time, residual"""

    def __init__(self):
        self.rows = np.empty((0, 4))

    def add(self, event, station, t, residual):
        self.rows = np.vstack((self.rows, (event, station, t, residual)))  # [cause]

    def by_station(self, n):
        idx = self.rows[:, 1].astype(int)
        total = np.bincount(idx, weights=self.rows[:, 3], minlength=n)
        return total / np.maximum(1, np.bincount(idx, minlength=n))


def locate(stations, times):
    """grid search on a coarse grid"""
    gx, gy = np.meshgrid(np.linspace(0, 120, 13), np.linspace(0, 120, 13))
    d = np.hypot(gx.ravel()[:, None] - stations[:, 0], gy.ravel()[:, None] - stations[:, 1]) / VELOCITY
    origin = (times - d).mean(axis=1)
    misfit = ((times - d - origin[:, None]) ** 2).sum(axis=1)
    k = misfit.argmin()
    return d[k] + origin[k]


def main():
    rng = np.random.default_rng(31)
    stations = station_grid(rng)
    table = ResidualTable()
    for event in range(680):
        source = rng.uniform(10, 110, 2)
        travel = np.hypot(*(stations - source).T) / VELOCITY
        picks = 3600 * event + travel + rng.normal(0, 0.15, len(stations))
        model = locate(stations, picks)
        for s in np.flatnonzero(rng.random(len(stations)) < 0.9):
            table.add(event, s, picks[s], picks[s] - model[s])  # [cause]
    means = table.by_station(len(stations))
    late = []
    for s in np.argsort(means)[-3:]:  # [decoy]
        if s not in late:  # [decoy]
            late.append(int(s))
    print("picks:", len(table.rows), "rms", table.rows[:, 3].std().round(3))
    print("late stations", late, means[late].round(3))


if __name__ == "__main__":
    main()
