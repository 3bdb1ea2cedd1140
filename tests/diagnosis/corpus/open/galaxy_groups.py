"""Friends-of-friends groups and the two-point correlation function of a mock galaxy survey."""
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

BOX = 100.0


def mock(n_halos, rng):
    centres = rng.uniform(5, BOX - 5, (n_halos, 3))
    members = rng.poisson(9, n_halos)
    cloud = np.repeat(centres, members, axis=0)
    return cloud + rng.normal(0, 0.5, cloud.shape)


def neighbours(points, radius):
    """indices of every two points closer than radius"""
    left, right = [], []
    for i, p in enumerate(points[:-1]):
        d2 = ((points[i + 1:] - p) ** 2).sum(axis=1)  # [cause]
        close = np.flatnonzero(d2 < radius * radius) + i + 1  # [cause]
        left.append(np.full(close.size, i))
        right.append(close)
    return np.concatenate(left), np.concatenate(right)


def friends_of_friends(points, linking):
    i, j = neighbours(points, linking)  # [cause]
    graph = coo_matrix((np.ones(i.size, bool), (i, j)), shape=(len(points),) * 2)
    n, label = connected_components(graph, directed=False)
    return n, np.bincount(label)


def main():
    rng = np.random.default_rng(2003)
    galaxies = mock(900, rng)
    print(len(galaxies), "galaxies")
    n, sizes = friends_of_friends(galaxies, 0.35)
    print(n, "groups;", (sizes >= 5).sum(), "with five members or more")
    richest = np.sort(sizes)[::-1][:5]  # [decoy]
    print("richest", richest)
    multiplicity = np.array([], int)
    for k in range(1, 9):
        multiplicity = np.append(multiplicity, (sizes == k).sum())  # [decoy]
    print(multiplicity)


if __name__ == "__main__":
    main()
