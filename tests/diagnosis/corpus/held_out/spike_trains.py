"""Renewal spike trains and their cross-correlation histogram."""
import numpy as np


def gamma_intervals(rate, order, rng, block=64):
    while True:
        yield from rng.gamma(order, 1.0 / (rate * order), size=block).tolist()


def train(rate, order, duration, seed):
    """Spike times with a refractory time of two milliseconds."""
    rng = np.random.default_rng(seed)
    spikes = np.array([])
    clock = 0.0
    for gap in gamma_intervals(rate, order, rng):
        clock += gap + 0.002
        if clock > duration:
            break
        spikes = np.concatenate([spikes, [clock]])  # [cause]
    return spikes


def population(cells, duration):
    trains = {}
    for cell in range(cells):
        rate = 20.0 + 9.0 * cell
        trains[cell] = train(rate, 2.0, duration, seed=100 + cell)  # [cause]
    return trains


def correlogram(a, b, width=0.1, bins=80):
    edges = np.linspace(-width, width, bins + 1)
    low = np.searchsorted(b, a - width)
    high = np.searchsorted(b, a + width)
    lags = [b[l:h] - t for t, l, h in zip(a[:2000], low, high)]
    return np.histogram(np.concatenate(lags), bins=edges)[0]


def fano(spikes, duration, window):
    counts = np.histogram(spikes, bins=np.arange(0, duration + window, window))[0]
    return counts.var() / counts.mean()


if __name__ == "__main__":
    duration = 620.0
    trains = population(5, duration)
    rates = {cell: len(s) / duration for cell, s in trains.items()}
    print("rates:", {c: round(r, 2) for c, r in rates.items()})

    hist = correlogram(trains[0], trains[1])
    peaks = np.argsort(hist)[-3:]  # [decoy]
    print("peak bins:", sorted(peaks.tolist()))

    # the first spikes as whole milliseconds, for the raster figure
    raster = [int(np.floor(t * 1000)) for t in trains[0][:400]]  # [decoy]
    print("fano:", [round(float(fano(s, duration, 1.0)), 3) for s in trains.values()])
    print(raster[:5], "...")
