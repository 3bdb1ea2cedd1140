"""Weathering of a stone surface: cells are eroded according to their exposed neighbours."""
import numpy as np


def synthetic_relief(n, rng):
    x, y = np.meshgrid(np.linspace(0, 4, n), np.linspace(0, 4, n))
    return 10 + np.sin(x) * np.cos(2 * y) + 0.1 * rng.standard_normal((n, n))


def local_excess(h, i, j):
    """height above the mean of the four neighbours"""
    return h[i, j] - 0.25 * (h[i - 1, j] + h[i + 1, j] + h[i, j - 1] + h[i, j + 1])  # [cause]


def weather(h, steps, rate):
    volume = []
    for _ in range(steps):
        new = h.copy()
        for i in range(1, h.shape[0] - 1):
            for j in range(1, h.shape[1] - 1):  # [cause]
                new[i, j] = h[i, j] - rate * local_excess(h, i, j)  # [cause]
        volume.append(float((h - new).sum()))
        h = new
    return h, volume


def roughness_classes(h, edges=(0.02, 0.05, 0.1)):
    grad = np.hypot(*np.gradient(h))
    label = np.vectorize(lambda e: f"<{e}")  # [decoy]
    counts = np.diff(np.concatenate([[0], [(grad < e).sum() for e in edges]]))
    return dict(zip(label(np.array(edges)), counts.tolist()))


def main():
    rng = np.random.default_rng(20)
    h = synthetic_relief(160, rng)
    h, volume = weather(h, steps=48, rate=0.35)
    history = np.array([])
    for v in volume:
        history = np.append(history, v)  # [decoy]
    print("lost volume first/last:", history[0].round(4), history[-1].round(6))
    print(roughness_classes(h))


if __name__ == "__main__":
    main()
