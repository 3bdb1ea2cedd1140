"""Length scale of a Gaussian process by its error on alloys that were kept aside.

Used to choose the kernel for adsorption energies of small alloys.
"""
import numpy as np


def descriptors(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, size=(n, 5))
    y = np.sin(2.5 * x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.05 * rng.normal(size=n)
    return x, y - y.mean()


def squared_distances(a, b):
    d2 = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
    return np.maximum(d2, 0.0)


class Process:
    def __init__(self, x, y, noise):
        self.x = x
        self.y = y
        self.noise = noise
        self.d2 = squared_distances(x, x)

    def covariance(self, length):
        k = np.exp(self.d2 * (-0.5 / length**2))
        k[np.diag_indices_from(k)] += self.noise
        return k

    def weights(self, length):
        precision = np.linalg.inv(self.covariance(length))  # [cause]
        return precision @ self.y  # [cause]

    def predict(self, cross, length):
        return np.exp(cross * (-0.5 / length**2)) @ self.weights(length)  # [cause]


def tried(lengths):
    unique = []
    for value in lengths:
        if round(value, 3) not in unique:  # [decoy]
            unique.append(round(value, 3))
    return unique


def main():
    x, y = descriptors(1000, seed=16)
    process = Process(x[:800], y[:800], noise=0.01)
    cross = squared_distances(x[800:], x[:800])
    lengths = tried(np.geomspace(0.2, 4.0, 20).tolist())
    errors = np.array([np.sqrt(np.mean((process.predict(cross, v) - y[800:]) ** 2)) for v in lengths])
    order = np.argsort(errors)  # [decoy]
    for k in order[:3]:
        print(f"length {lengths[k]:6.3f}  error {errors[k]:.4f}")


if __name__ == "__main__":
    main()
