"""Leave-one-out prediction of soil organic carbon from mid-infrared spectra.

Ridge on the spectra (as in the regional calibration); every sample is predicted
from all others. Ring trial values are compared at the end.
"""
import os
import re

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")      # the node is shared

import numpy as np
from sklearn.linear_model import Ridge

RING = "ring17: B12=21.4 B80=33.0 B144=18.7"


def spectra(n=560, bands=140, seed=2):
    rng = np.random.default_rng(seed)
    comp = rng.dirichlet([2, 3, 1, 1, 4], n)
    x = np.linspace(0, 1, bands)
    pure = np.array([np.exp(-0.5 * ((x - c) / 0.05) ** 2) for c in (0.15, 0.3, 0.5, 0.7, 0.85)])
    refl = comp @ pure + 0.01 * rng.standard_normal((n, bands))
    carbon = 12 + 60 * comp[:, 2] + 18 * comp[:, 3] + rng.normal(0, 0.6, n)
    return refl, carbon


class Calibration:
    def __init__(self, alpha):
        self.alpha = alpha

    def without(self, refl, carbon, i):
        keep = np.arange(len(carbon)) != i
        return Ridge(alpha=self.alpha).fit(refl[keep], carbon[keep])  # [cause]

    def predict_each(self, refl, carbon):
        out = np.empty(len(carbon))
        for i in range(len(carbon)):
            out[i] = self.without(refl, carbon, i).predict(refl[i:i + 1])[0]  # [cause]
        return out


def ring_values(text):
    found = {}
    for word in text.split():
        m = re.compile(r"B(\d+)=([\d.]+)").match(word)  # [decoy]
        if m:
            found[int(m[1])] = float(m[2])
    return found


def main():
    refl, carbon = spectra()
    for alpha in (0.01, 0.1):
        pred = Calibration(alpha).predict_each(refl, carbon)
        rmse = np.sqrt(np.mean((pred - carbon) ** 2))
        print(f"alpha {alpha}: RMSE {rmse:.3f} g/kg, RPD {carbon.std() / rmse:.2f}")
    worst = np.argsort(np.abs(pred - carbon))[-3:]  # [decoy]
    print("worst", worst, (pred - carbon)[worst].round(2))
    for k, v in ring_values(RING).items():
        print(f"ring sample {k}: laboratory {v}, here {pred[k]:.1f}")


if __name__ == "__main__":
    main()
