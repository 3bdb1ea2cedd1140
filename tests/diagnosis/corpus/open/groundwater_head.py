"""Steady hydraulic head in a cross-section with wells: finite differences, five-point stencil."""
import numpy as np

NX, NZ = 50, 42


def conductivity(rng):
    k = np.exp(rng.normal(0, 0.8, (NZ, NX)))
    k[18:22, 10:40] *= 0.01           # clay lens
    return k


def harmonic(a, b):
    return 2 * a * b / (a + b)


def assemble(k):
    n = NX * NZ
    A = np.zeros((n, n))
    for z in range(NZ):
        for x in range(NX):
            row = z * NX + x
            for dz, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                zz, xx = z + dz, x + dx
                if 0 <= zz < NZ and 0 <= xx < NX:
                    c = harmonic(k[z, x], k[zz, xx])
                    A[row, row] += c
                    A[row, zz * NX + xx] -= c
    return A


def fix_heads(A, b, left=12.0, right=8.0):
    for z in range(NZ):
        for x, head in ((0, left), (NX - 1, right)):
            row = z * NX + x
            A[row] = 0.0
            A[row, row] = 1.0
            b[row] = head


def solve(k, wells):
    b = np.zeros(NX * NZ)
    for (z, x), rate in wells.items():
        b[z * NX + x] = -rate
    A = assemble(k)
    fix_heads(A, b)
    return np.linalg.solve(A, b).reshape(NZ, NX)  # [cause]


rng = np.random.default_rng(6)
k = conductivity(rng)
drawdown = {}
rest = solve(k, {})  # [cause]
for rate in (0.4, 0.8, 1.2, 1.6):
    h = solve(k, {(30, 25): rate, (12, 33): 0.5 * rate})  # [cause]
    drawdown[rate] = rest - h
    print(f"rate {rate}: deepest {sorted(drawdown[rate].ravel())[-1]:.2f} m")  # [decoy]
profile = np.array([])
for x in range(0, NX, 8):
    profile = np.append(profile, drawdown[0.8][30, x])  # [decoy]
print(profile.round(3))
