"""Coordination numbers and bond angles of a simulated glass."""
import numpy as np

BOX = 46.0
CUTOFF = 2.05


def configuration(n, seed):
    """Jittered lattice, periodic box."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(n ** (1 / 3)))
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    sites = (grid[:n] + 0.5) * BOX / side
    return (sites + rng.normal(0, 0.25, size=sites.shape)) % BOX


def minimum_image(delta):
    return delta - BOX * np.round(delta / BOX)  # [cause]


class Shells:
    def __init__(self, atoms, cutoff):
        self.atoms = atoms
        self.cutoff = cutoff

    def around(self, i):
        delta = minimum_image(self.atoms - self.atoms[i])  # [cause]
        r2 = np.einsum("ij,ij->i", delta, delta)  # [cause]
        r2[i] = np.inf
        return np.flatnonzero(r2 < self.cutoff**2)

    def table(self):
        return [self.around(i) for i in range(len(self.atoms))]  # [cause]


def angles(atoms, neighbours, centres):
    cosines = []
    for i in centres:
        near = neighbours[i]
        if len(near) < 2:
            continue
        bonds = minimum_image(atoms[near] - atoms[i])
        bonds /= np.linalg.norm(bonds, axis=1)[:, None]
        cosines.extend((bonds @ bonds.T)[np.triu_indices(len(near), 1)].tolist())
    return np.degrees(np.arccos(np.clip(cosines, -1, 1)))


def main():
    atoms = configuration(7000, seed=77)
    neighbours = Shells(atoms, CUTOFF).table()
    number = np.array([len(x) for x in neighbours])
    print("mean coordination", number.mean().round(3))

    theta = angles(atoms, neighbours, range(0, 7000, 70))
    hist = np.array([], dtype=int)
    for low in range(0, 180, 15):
        hist = np.append(hist, ((theta >= low) & (theta < low + 15)).sum())  # [decoy]
    print("angles:", hist)

    # rotation of the inertia frame, as a check on drift
    centred = atoms - atoms.mean(axis=0)
    inertia = centred.T @ centred
    whiten = np.linalg.inv(inertia) @ inertia  # [decoy]
    print("identity check", np.abs(whiten - np.eye(3)).max() < 1e-9)


main()
