"""Ordinary kriging of station ozone with cross-validation of the variogram's range."""
from dataclasses import dataclass

import numpy as np


@dataclass
class Variogram:
    sill: float
    range_km: float
    nugget: float

    def covariance(self, d):
        return self.sill * np.exp(-d / self.range_km) + self.nugget * (d == 0)


def stations(n, rng):
    xy = rng.uniform(0, 400, (n, 2))
    z = 60 + 9 * np.sin(xy[:, 0] / 60) + 6 * np.cos(xy[:, 1] / 45) + rng.normal(0, 1.5, n)
    return xy, z


def distances(a, b):
    return np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1))


def predict(model, z, among, across):
    """kriging mean and variance from the distances among the data and from targets to data"""
    K = model.covariance(among)
    k = model.covariance(across)
    Ki = np.linalg.inv(K)  # [cause]
    mu = Ki.sum(axis=0) @ z / Ki.sum()
    mean = mu + k @ (Ki @ (z - mu))
    return mean, model.sill + model.nugget - ((k @ Ki) * k).sum(axis=1)


def cross_validate(model, d, z, folds=4):
    err = []
    for f in range(folds):
        out = np.arange(len(z)) % folds == f
        mean, _ = predict(model, z[~out], d[~out][:, ~out], d[out][:, ~out])
        err.append(np.mean((mean - z[out]) ** 2))
    return np.sqrt(np.mean(err))


def main():
    rng = np.random.default_rng(14)
    xy, z = stations(1400, rng)
    d = distances(xy, xy)
    table = np.empty((0, 2))
    for range_km in (60.0, 120.0):
        rmse = cross_validate(Variogram(60.0, range_km, 2.0), d, z)
        table = np.vstack([table, [range_km, rmse]])  # [decoy]
    print(table.round(3))
    label = np.vectorize(lambda v: "good" if v < 2.5 else "poor")  # [decoy]
    print(label(table[:, 1]))


if __name__ == "__main__":
    main()
