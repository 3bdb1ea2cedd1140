"""Vegetation index, soil-adjusted index and cloud screening for one satellite scene."""
import numpy as np

ROWS, COLS = 2100, 2200


def scene(seed):
    """red, near infrared, blue reflectances of a synthetic granule"""
    rng = np.random.default_rng(seed)
    bands = np.empty((3, ROWS, COLS), dtype=np.float32)
    for k, (lo, hi) in enumerate([(0.03, 0.12), (0.22, 0.5), (0.02, 0.08)]):
        rng.random(out=bands[k], dtype=np.float32)
        bands[k] *= hi - lo
        bands[k] += lo
    return bands


def enhanced_index(red, nir, blue):
    # MODIS coefficients, double precision because of the small denominators
    red, nir, blue = (b.astype(float) for b in (red, nir, blue))  # [cause]
    return 2.5 * (nir - red) / (nir + 6.0 * red - 7.5 * blue + 1.0) * np.where(blue < 0.07, 1.0, 0.5 + 0.5 * np.exp(-((blue - 0.07) / 0.01) ** 2))  # [cause]


class Zones:
    def __init__(self, n=7):
        self.edges = np.linspace(0, COLS, n + 1).astype(int)

    def means(self, image):
        return [float(image[:, a:b].mean()) for a, b in zip(self.edges[:-1], self.edges[1:])]


def main():
    summary = []
    for granule in range(3):
        bands = scene(granule)
        index = enhanced_index(*bands)  # [cause]
        summary.append(Zones().means(index))
        del index, bands
    table = np.empty((0, 7))
    for row in summary:
        table = np.vstack([table, row])  # [decoy]
    print(table.round(4))
    coarse = [table[:, k].astype(np.float64).mean() for k in range(7)]  # [decoy]
    print("zones from west to east:", np.round(coarse, 3))


if __name__ == "__main__":
    main()
