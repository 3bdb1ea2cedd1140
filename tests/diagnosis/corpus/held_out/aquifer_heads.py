"""Steady heads of an aquifer with random transmissivity, sparse and direct."""
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.ndimage import gaussian_filter
from scipy.sparse.linalg import splu


@dataclass
class Well:
    row: int
    col: int
    rate: float


class Aquifer:
    def __init__(self, n, spacing, seed):
        self.n = n
        self.spacing = spacing
        rng = np.random.default_rng(seed)
        field = gaussian_filter(rng.normal(size=(n, n)), 6, mode="wrap")
        self.t = 1e-3 * np.exp(1.2 * field / field.std())

    def operator(self):
        t, n = self.t, self.n
        east = 2 * t[:, 1:] * t[:, :-1] / (t[:, 1:] + t[:, :-1])
        south = 2 * t[1:] * t[:-1] / (t[1:] + t[:-1])
        index = np.arange(n * n).reshape(n, n)
        rows = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
        cols = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
        w = np.concatenate([east.ravel(), south.ravel()])
        a = sparse.coo_matrix((-w, (rows, cols)), shape=(n * n, n * n))
        a = a + a.T
        diagonal = -np.asarray(a.sum(axis=1)).ravel()
        # rivers on the left and right hold the head
        fixed = np.zeros((n, n))
        fixed[:, 0] = fixed[:, -1] = 2 * self.t[:, 0].max()
        return (a + sparse.diags(diagonal + fixed.ravel())).tocsc(), fixed

    def heads(self, factor, fixed, wells):
        rhs = fixed * np.linspace(12.0, 9.0, self.n)
        for well in wells:
            rhs[well.row, well.col] -= well.rate
        return factor.solve(rhs.ravel()).reshape(self.n, self.n)


def scenarios(n, rng):
    for count in range(1, 11):
        yield [Well(*rng.integers(20, n - 20, 2).tolist(), 0.004) for _ in range(count)]


def main():
    aquifer = Aquifer(340, 25.0, seed=77)
    matrix, fixed = aquifer.operator()
    factor = splu(matrix)
    rest = aquifer.heads(factor, fixed, [])
    drawdowns = []
    for wells in scenarios(aquifer.n, np.random.default_rng(4)):
        fall = rest - aquifer.heads(factor, fixed, wells)
        if len(wells) not in drawdowns:  # [decoy]
            drawdowns.append(round(float(fall.max()), 3))
    deepest = sorted(drawdowns)[-1]  # [decoy]
    print("heads at rest:", rest.min().round(2), "to", rest.max().round(2))
    print("largest drawdown per scenario:", drawdowns, "deepest:", deepest)


if __name__ == "__main__":
    main()
