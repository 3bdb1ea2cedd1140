"""Local vibrational spread of many small clusters, one Hessian each."""
import numpy as np


class Cluster:
    def __init__(self, positions, stiffness):
        self.positions = positions
        self.stiffness = stiffness

    @property
    def atoms(self):
        return len(self.positions)

    def hessian(self):
        """Elastic network of all pairs within the cutoff."""
        r = self.positions[:, None] - self.positions[None]
        d2 = (r**2).sum(axis=-1)
        np.fill_diagonal(d2, 1.0)
        near = (d2 < 9.0) & ~np.eye(self.atoms, dtype=bool)
        w = self.stiffness * near / d2
        blocks = -w[:, :, None, None] * r[:, :, :, None] * r[:, :, None, :]
        k = np.arange(self.atoms)
        blocks[k, k] = -blocks.sum(axis=1)
        return blocks.transpose(0, 2, 1, 3).reshape(3 * self.atoms, 3 * self.atoms)


def draw(number, atoms, seed):
    rng = np.random.default_rng(seed)
    return [Cluster(rng.uniform(0, 5.0, size=(atoms, 3)), rng.uniform(0.8, 1.3)) for _ in range(number)]


def fluctuations(cluster):
    """Mean square displacement per atom from the non-zero modes."""
    u, s, _ = np.linalg.svd(cluster.hessian())  # [cause]
    soft = s > 1e-8 * s[0]
    modes = (u[:, soft] ** 2 / s[soft]).sum(axis=1)
    return modes.reshape(-1, 3).sum(axis=1)


def summarise(values, edges):
    counts = np.array([], dtype=int)
    for low, high in zip(edges[:-1], edges[1:]):
        counts = np.append(counts, ((values >= low) & (values < high)).sum())  # [decoy]
    return counts


def main():
    clusters = draw(120, atoms=26, seed=45)
    spread = [fluctuations(c) for c in clusters]  # [cause]
    means = np.array([s.mean() for s in spread])
    loosest = np.argsort(means)[-4:]  # [decoy]
    print("loosest clusters:", sorted(loosest.tolist()))
    print("histogram:", summarise(means, np.linspace(0.0, 3.0, 7)))
    print("median:", np.median(means).round(4))


if __name__ == "__main__":
    main()
