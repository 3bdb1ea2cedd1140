"""GARCH(1,1) with leverage by maximum likelihood (several starts)."""
import math

import numpy as np
from scipy.optimize import minimize


def simulate(n, omega, alpha, beta, gamma, seed):
    rng = np.random.default_rng(seed)
    shocks = rng.standard_normal(n).tolist()
    h, returns = omega / (1 - alpha - beta - gamma / 2), []
    for z in shocks:
        r = math.sqrt(h) * z
        returns.append(r)
        h = omega + (alpha + gamma * (r < 0)) * r * r + beta * h
    return returns


class LeverageGarch:
    names = ("omega", "alpha", "beta", "gamma")

    def __init__(self, returns):
        self.returns = returns
        self.variance = float(np.var(returns))

    def unpack(self, theta):
        omega = math.exp(theta[0]) * self.variance
        total = 1.0 + sum(math.exp(v) for v in theta[1:4])
        alpha, beta, gamma = (math.exp(v) / total for v in theta[1:4])
        return omega, alpha, beta, 2 * gamma

    def loss(self, theta):
        omega, alpha, beta, gamma = self.unpack(theta)
        h = self.variance
        total = 0.0
        for r in self.returns:  # [cause]
            total += math.log(h) + r * r / h  # [cause]
            h = omega + (alpha + (gamma if r < 0 else 0.0)) * r * r + beta * h  # [cause]
        return 0.5 * total

    def fit(self, starts, limit):
        best = None
        for start in starts:
            found = minimize(self.loss, start, method="Nelder-Mead", options={"maxfev": limit})  # [cause]
            if best is None or found.fun < best.fun:
                best = found
        return best


def curvature(fit, loss, step=0.05):
    n = len(fit.x)
    h = np.zeros((n, n))
    base = loss(fit.x)
    for i in range(n):
        e = np.zeros(n)
        e[i] = step
        h[i, i] = (loss(fit.x + e) - 2 * base + loss(fit.x - e)) / step**2
    return np.linalg.inv(h + 1e-6 * np.eye(n))  # [decoy]


returns = simulate(26000, 2e-6, 0.04, 0.88, 0.08, seed=1987)
model = LeverageGarch(returns)
fit = model.fit([[-3.0, 0.0, 2.5, 0.0], [-2.0, 0.5, 2.0, -0.5]], limit=420)
errors = np.sqrt(np.abs(np.diag(curvature(fit, model.loss))))
worst = sorted(returns)[:2]  # [decoy]
for name, value in zip(model.names, model.unpack(fit.x)):
    print(f"{name:6s} {value:.3g}")
print("log likelihood", round(-fit.fun, 2), "errors", errors.round(2), "worst", np.round(worst, 4))
