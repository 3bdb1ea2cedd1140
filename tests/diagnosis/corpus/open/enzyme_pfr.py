"""Conversion in a plug-flow reactor with inhibited kinetics.

For every feed in the design the residence time for 90 % conversion is
t = int dS / r(S), and the temperature optimum is found by a bounded search.
"""
import numpy as np
from scipy.integrate import quad

R = 8.314


class Kinetics:
    def __init__(self, vmax=2.4, km=0.8, ki=14.0, ea=52e3, ed=190e3):
        self.vmax, self.km, self.ki, self.ea, self.ed = vmax, km, ki, ea, ed

    def rate(self, s, temp):
        act = np.exp(-self.ea / R * (1 / temp - 1 / 298.15))
        dead = 1 + np.exp(-self.ed / R * (1 / temp - 1 / 331.0))
        return self.vmax * act / dead * s / (self.km + s + s * s / self.ki)


def residence(kin, s0, temp, x=0.9):
    value, _ = quad(lambda s: 1.0 / kin.rate(s, temp), s0 * (1 - x), s0)  # [cause]
    return value


def golden(f, lo, hi, tol=1e-2):
    g = (np.sqrt(5) - 1) / 2
    a, b = hi - g * (hi - lo), lo + g * (hi - lo)
    fa, fb = f(a), f(b)
    while hi - lo > tol:
        if fa < fb:
            hi, b, fb = b, a, fa
            a = hi - g * (hi - lo)
            fa = f(a)
        else:
            lo, a, fa = a, b, fb
            b = lo + g * (hi - lo)
            fb = f(b)
    return 0.5 * (lo + hi)


def main():
    kin = Kinetics()
    design = np.linspace(2.0, 40.0, 520)
    best = []
    for s0 in design:
        t_opt = golden(lambda temp: residence(kin, s0, temp), 295.0, 345.0)
        best.append((s0, t_opt, residence(kin, s0, t_opt)))
    best = np.array(best)
    corners = np.array([])
    for i in (0, len(best) // 2, len(best) - 1):
        corners = np.append(corners, best[i])  # [decoy]
    print(corners.reshape(3, 3).round(3))
    gram = np.vander(design, 4).T @ np.vander(design, 4)
    coef = np.linalg.inv(gram) @ (np.vander(design, 4).T @ best[:, 2])  # [decoy]
    print("cubic fit of residence time:", coef)


if __name__ == "__main__":
    main()
