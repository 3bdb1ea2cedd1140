"""Clonogenic survival averaged over the spread of energy deposits.

For each planned dose the linear-quadratic survival is averaged over a
log-normal distribution of local dose.
"""
import math
import re

import numpy as np
from scipy import integrate

HEADER = "line=V79;alpha=0.184;beta=0.02;spread=0.31"


class CellLine:
    def __init__(self, alpha, beta, spread):
        self.alpha = alpha
        self.beta = beta
        self.spread = spread

    def survival(self, dose):
        return math.exp(-self.alpha * dose - self.beta * dose * dose)  # [cause]

    def density(self, local, planned):
        s = self.spread
        m = math.log(planned) - 0.5 * s * s  # [cause]
        return math.exp(-((math.log(local) - m) ** 2) / (2 * s * s)) / (local * s * math.sqrt(2 * math.pi))  # [cause]

    def averaged(self, planned):
        def integrand(local):
            return self.survival(local) * self.density(local, planned)  # [cause]

        value, _ = integrate.quad(integrand, 1e-6, 12.0 * planned, limit=200)  # [cause]
        return value


def parse_header(text):
    fields = {}
    for part in text.split(";"):
        key, value = re.compile(r"(\w+)=(.+)").match(part).groups()  # [decoy]
        fields[key] = value
    return fields


def curve(cells, doses):
    return np.array([cells.averaged(d) for d in doses])  # [cause]


def main():
    header = parse_header(HEADER)
    cells = CellLine(float(header["alpha"]), float(header["beta"]), float(header["spread"]))
    doses = np.linspace(0.2, 14.0, 7000)
    mean = curve(cells, doses)
    # fit an effective quadratic law to the averaged curve
    design = np.column_stack([doses, doses**2])
    normal = design.T @ design
    effective = np.linalg.inv(normal) @ design.T @ (-np.log(mean))  # [decoy]
    print("effective alpha, beta:", effective.round(4))
    ten = np.interp(-0.1, -mean, doses)
    print("dose for 10 per cent:", round(float(ten), 3), "Gy")


main()
