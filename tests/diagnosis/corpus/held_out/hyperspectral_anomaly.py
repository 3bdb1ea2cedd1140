"""Anomalous pixels in a hyperspectral flight line."""
import numpy as np

LINES, SAMPLES, BANDS = 260, 320, 96


def flight_line(rng):
    cube = np.empty((LINES, SAMPLES, BANDS), dtype=np.float32)
    mean = np.interp(np.arange(BANDS), [0, 20, 40, 95], [0.05, 0.12, 0.4, 0.2]).astype(np.float32)
    for line in range(LINES):
        cube[line] = mean + 0.02 * rng.standard_normal((SAMPLES, BANDS), dtype=np.float32)
    # a handful of painted panels
    for k in range(6):
        cube[20 + 35 * k, 40 + 40 * k, 30:50] += 0.3
    return cube


def score(cube):
    """Mean squared standardised deviation of each pixel over the bands."""
    centre = cube.mean(axis=(0, 1))
    spread = cube.std(axis=(0, 1), dtype=np.float64)
    weight = np.linspace(0.5, 1.0, BANDS)
    return (weight * ((cube - centre) / spread) ** 2).sum(axis=2) / weight.sum()  # [cause]


def spots(values, threshold):
    hits = np.argwhere(values > threshold)
    merged = []
    for hit in hits.tolist():
        if hit not in merged:  # [decoy]
            merged.append(hit)
    return merged


def contrast(cube, hits):
    differences = np.zeros(0)
    for line, sample in hits:
        window = cube[max(0, line - 2) : line + 3, max(0, sample - 2) : sample + 3]
        gap = cube[line, sample].max() - window.reshape(-1, BANDS).mean(axis=0).max()
        differences = np.append(differences, gap)  # [decoy]
    return differences


def main():
    rng = np.random.default_rng(606)
    cube = flight_line(rng)
    values = score(cube)
    limit = values.mean() + 8 * values.std()
    hits = spots(values, limit)
    print("pixels above the limit:", len(hits))
    print("contrast:", contrast(cube, hits).round(2))


main()
