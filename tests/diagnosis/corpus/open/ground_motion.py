# Empirical quantile mapping: model ground motion -> percentiles of the station's catalogue
import numpy as np


class Station:
    def __init__(self, code, pga):
        self.code = code
        self.pga = pga

    def percentile_of(self, value):
        ordered = np.sort(self.pga)  # [cause]
        return np.searchsorted(ordered, value) / ordered.size

    def value_at(self, p):
        ordered = np.sort(self.pga)  # [cause]
        return ordered[min(int(p * ordered.size), ordered.size - 1)]


def catalogue(code, n, rng):
    return Station(code, rng.lognormal(-4.0 + 0.3 * (len(code) % 3), 1.1, n))


def attenuation(mag, dist):
    return np.exp(-3.2 + 0.9 * mag - 1.35 * np.log(dist + 8.0))


def translate(event, source, target):
    """percentile at the source's station, read as motion at the target's"""
    return target.value_at(source.percentile_of(event))  # [cause]


def main():
    rng = np.random.default_rng(1906)
    a, b = catalogue("GRF", 30_000, rng), catalogue("HLGO", 30_000, rng)
    mags = rng.uniform(3.5, 6.5, 2600)
    dists = rng.gamma(3, 25, 2600)
    events = attenuation(mags, dists)
    mapped = np.array([translate(e, a, b) for e in events])
    ratio = np.log(mapped / events)
    print(f"bias {ratio.mean():+.3f}  scatter {ratio.std():.3f}")

    bins = [3.5, 4.5, 5.5, 6.5]
    rows = np.empty((0, 2))
    for lo, hi in zip(bins[:-1], bins[1:]):
        inside = (mags >= lo) & (mags < hi)
        rows = np.vstack([rows, [lo, ratio[inside].mean()]])  # [decoy]
    print(rows.round(3))

    design = np.column_stack([np.ones_like(mags), mags, np.log(dists + 8)])
    beta = np.linalg.inv(design.T @ design) @ design.T @ np.log(mapped)  # [decoy]
    print("refit:", beta.round(3))


main()
