"""Chlorophyll of lake pixels from reflectances with a trained forest."""
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.preprocessing import StandardScaler

BANDS = 6


def matchups(n, rng):
    chl = rng.lognormal(1.0, 0.8, n)
    base = rng.normal(0.03, 0.006, size=(n, BANDS))
    slope = np.linspace(-0.004, 0.006, BANDS)
    return base + np.log(chl)[:, None] * slope, chl


class Retrieval:
    def __init__(self, trees, seed):
        self.scaler = StandardScaler()
        self.forest = RandomForestRegressor(n_estimators=trees, max_depth=7, random_state=seed)

    def train(self, x, y):
        self.forest.fit(self.scaler.fit_transform(x), np.log(y))
        return self

    def pixel(self, spectrum):
        if not np.isfinite(spectrum).all():
            return np.nan
        scaled = self.scaler.transform(spectrum[None, :])  # [cause]
        return float(np.exp(self.forest.predict(scaled)[0]))  # [cause]


def scene(rows, cols, rng):
    x, _ = matchups(rows * cols, rng)
    cube = x.reshape(rows, cols, BANDS)
    cube[rng.random((rows, cols)) < 0.1] = np.nan
    return cube


def main():
    rng = np.random.default_rng(9)
    retrieval = Retrieval(trees=12, seed=1).train(*matchups(250, rng))
    cube = scene(54, 56, rng)
    chl = np.apply_along_axis(retrieval.pixel, 2, cube)  # [cause]

    valid = chl[np.isfinite(chl)]
    blooms = sorted(valid.tolist(), reverse=True)[:10]  # [decoy]
    transect = np.array([])
    for row in chl:
        transect = np.append(transect, np.nanmedian(row))  # [decoy]
    print("pixels:", valid.size, "median:", np.median(valid).round(2))
    print("blooms:", np.round(blooms[:3], 1), "transect max:", transect.max().round(2))


if __name__ == "__main__":
    main()
