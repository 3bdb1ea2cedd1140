"""Overlap integrals between contracted Gaussians (McMurchie-Davidson scheme)."""
import itertools
from math import exp, pi, sqrt

import numpy as np

GEOMETRY = [("O", (0.0, 0.0, 0.1173)), ("H", (0.0, 0.7572, -0.4692)), ("H", (0.0, -0.7572, -0.4692))]
EXPONENTS = {"O": [322.0, 130.7, 49.98, 15.55, 7.66, 1.25, 0.37], "H": [19.24, 8.9, 3.42, 0.62, 0.17]}
SHELLS = {"O": [(0, 0, 0), (1, 0, 0), (0, 2, 1), (2, 2, 0), (4, 2, 1)], "H": [(0, 0, 0), (0, 1, 0), (3, 1, 1)]}


def hermite(i, j, t, dx, a, b):
    """expansion coefficient E_t^{ij}, two-term recursions"""
    p = a + b
    q = a * b / p
    if t < 0 or t > i + j:
        return 0.0
    if i == j == t == 0:
        return exp(-q * dx * dx)
    if j == 0:
        return (hermite(i - 1, j, t - 1, dx, a, b) / (2 * p)  # [cause]
                - q * dx / a * hermite(i - 1, j, t, dx, a, b)  # [cause]
                + (t + 1) * hermite(i - 1, j, t + 1, dx, a, b))  # [cause]
    return (hermite(i, j - 1, t - 1, dx, a, b) / (2 * p)  # [cause]
            + q * dx / b * hermite(i, j - 1, t, dx, a, b)  # [cause]
            + (t + 1) * hermite(i, j - 1, t + 1, dx, a, b))  # [cause]


def primitive(a, la, ra, b, lb, rb):
    s = (pi / (a + b)) ** 1.5
    for k in range(3):
        s *= hermite(la[k], lb[k], 0, ra[k] - rb[k], a, b)
    return s


def kinetic_1d(a, i, b, j, dx):
    up = hermite(i, j + 2, 0, dx, a, b)
    same = hermite(i, j, 0, dx, a, b)
    down = hermite(i, j - 2, 0, dx, a, b) if j > 1 else 0.0
    return -2 * b * b * up + b * (2 * j + 1) * same - 0.5 * j * (j - 1) * down


def basis():
    for el, r in GEOMETRY:
        for shell in SHELLS[el]:
            yield EXPONENTS[el], shell, r


def matrices():
    functions = list(basis())
    n = len(functions)
    s = np.zeros((n, n))
    t = np.zeros((n, n))
    for (m, (ea, la, ra)), (k, (eb, lb, rb)) in itertools.product(enumerate(functions), repeat=2):
        for a in ea:
            for b in eb:
                s[m, k] += primitive(a, la, ra, b, lb, rb)
                t[m, k] += kinetic_1d(a, la[0], b, lb[0], ra[0] - rb[0])
    return s, t


s, t = matrices()
d = np.sqrt(np.diag(s))
s = s / np.outer(d, d)
values = np.array([])
for w in np.linalg.eigvalsh(s)[:4]:
    values = np.append(values, w)  # [decoy]
print("lowest eigenvalues of S", values.round(6))
inverse_root = np.linalg.inv(np.linalg.cholesky(s + 1e-6 * np.eye(len(s))))  # [decoy]
print("orthogonal:", np.allclose(inverse_root @ (s + 1e-6 * np.eye(len(s))) @ inverse_root.T, np.eye(len(s)), atol=1e-5))
print("trace of T", round(float(np.trace(t)), 4), sqrt(abs(np.linalg.det(s))))
