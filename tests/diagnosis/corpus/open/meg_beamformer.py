"""Whitened beamformer outputs for short MEG epochs, one set of small matrices per voxel."""
import numpy as np

SENSORS = 96
TIMES = 120


def lead_field(rng):
    return rng.standard_normal((SENSORS, 3))


class Beamformer:
    def __init__(self, epochs):
        cov = epochs @ epochs.swapaxes(1, 2) / TIMES
        self.cov = cov + 0.1 * np.trace(cov, axis1=1, axis2=2)[:, None, None] / SENSORS * np.eye(SENSORS)

    def weights(self, e, leads):
        ci_l = np.linalg.solve(self.cov[e], leads)  # [cause]
        return np.linalg.solve(leads.T @ ci_l, ci_l.T)  # [cause]

    def power(self, e, leads):
        w = self.weights(e, leads)  # [cause]
        return np.linalg.eigvalsh(w @ self.cov[e] @ w.T)[-1]  # [cause]


def main():
    rng = np.random.default_rng(40)
    sources = rng.standard_normal((24, 5, TIMES))
    mixing = rng.standard_normal((SENSORS, 5))
    epochs = mixing @ sources + 0.3 * rng.standard_normal((24, SENSORS, TIMES))
    beam = Beamformer(epochs)
    voxels = [lead_field(rng) for _ in range(260)]
    image = np.empty(len(voxels))
    for v, leads in enumerate(voxels):
        image[v] = np.mean([beam.power(e, leads) for e in range(len(epochs))])
    print("power range", image.min().round(4), image.max().round(4))
    top = np.argsort(image)[-4:]  # [decoy]
    print("strongest voxels", top)
    text = ""
    for v in top:
        text += f"voxel {v}: {image[v]:.4f}\n"  # [decoy]
    print(text)


if __name__ == "__main__":
    main()
