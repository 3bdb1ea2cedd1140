"""Muon telescope: fit straight tracks through hits, event by event."""
import numpy as np

PLANES = np.linspace(0.0, 2.4, 7)


class EventStore:
    """all hits of a run in a few flat arrays"""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.slope = rng.normal(0, 0.3, (n, 2))
        self.offset = rng.uniform(-0.5, 0.5, (n, 2))
        hits = self.offset[:, None, :] + self.slope[:, None, :] * PLANES[None, :, None]
        self.hits = (hits + rng.normal(0, 0.004, hits.shape)).astype(np.float32)
        self.charge = rng.gamma(4, 0.25, (n, PLANES.size)).astype(np.float32)
        self.pedestal = rng.normal(0, 0.02, 900_000).astype(np.float32)

    def planes(self, event):
        return np.array(self.hits, dtype=np.float64)[event]  # [cause]

    def charges(self, event):
        return self.charge.astype(np.float64)[event]  # [cause]


def fit(hits, weight):
    w = weight / weight.sum()
    zbar = w @ PLANES
    slope = ((PLANES - zbar) * w) @ hits / (w @ (PLANES - zbar) ** 2)
    return slope, w @ hits - slope * zbar


def residual(hits, slope, offset):
    return np.sqrt(np.mean((hits - offset - PLANES[:, None] * slope) ** 2))


def main():
    run = EventStore(30_000, seed=64)
    chosen = np.flatnonzero(run.charge.sum(axis=1) > 9.1)[:2600]
    angles, quality = [], []
    for event in chosen:
        hits = run.planes(event)  # [cause]
        slope, offset = fit(hits, run.charges(event))  # [cause]
        angles.append(np.hypot(*slope))
        quality.append(residual(hits, slope, offset))
    angles = np.array(angles)
    print(len(chosen), "tracks, residual %.2f mm" % (1e3 * np.mean(quality)))
    spectrum = np.array([])
    for lo in np.arange(0, 0.9, 0.15):
        spectrum = np.append(spectrum, np.sum((angles >= lo) & (angles < lo + 0.15)))  # [decoy]
    print(spectrum)
    steepest = np.sort(angles)[-3:]  # [decoy]
    print("steepest", steepest.round(3))


if __name__ == "__main__":
    main()
