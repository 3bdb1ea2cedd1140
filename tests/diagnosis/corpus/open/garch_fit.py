"""GARCH(1,1) with leverage on simulated daily returns; likelihood on a parameter grid."""
from math import log, pi

import numpy as np


def simulate(n, omega, alpha, beta, seed):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal(n).tolist()
    h = omega / (1 - alpha - beta)
    out = []
    for zt in z:
        r = zt * h ** 0.5
        out.append(r)
        h = omega + alpha * r * r + beta * h
    return out


def negative_loglik(returns, omega, alpha, beta, gamma):
    h = omega / (1 - alpha - beta - 0.5 * gamma)
    total = 0.0
    for r in returns:  # [cause]
        total += log(2 * pi * h) + r * r / h  # [cause]
        shock = alpha + gamma if r < 0 else alpha  # [cause]
        h = omega + shock * r * r + beta * h  # [cause]
    return 0.5 * total


def grid():
    for alpha in (0.03, 0.05, 0.07, 0.09):
        for beta in (0.86, 0.88, 0.90):
            for gamma in (0.0, 0.02, 0.04):
                if alpha + beta + 0.5 * gamma < 0.999:
                    yield alpha, beta, gamma


def main():
    returns = simulate(105_000, 0.02, 0.07, 0.88, seed=77)
    variance = float(np.var(returns))
    scores = []
    for alpha, beta, gamma in grid():
        omega = variance * (1 - alpha - beta - 0.5 * gamma)
        scores.append((negative_loglik(returns, omega, alpha, beta, gamma), alpha, beta, gamma))
    best = sorted(scores)[0]  # [decoy]
    print("alpha %.2f beta %.2f gamma %.2f" % best[1:])
    table = ""
    for row in scores[:5]:
        table += " ".join(f"{v:.3f}" for v in row) + "\n"  # [decoy]
    print(table)


if __name__ == "__main__":
    main()
