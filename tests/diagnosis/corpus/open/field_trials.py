"""Nitrogen response in on-farm trials: economic optimum per plot and season totals."""
import numpy as np
import pandas as pd

PRICE = {"wheat": 210.0, "barley": 185.0, "rape": 430.0}


def load_trials(n=40000, seed=3):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "farm": rng.integers(1, 120, n),
        "crop": rng.choice(list(PRICE), n),
        "applied": rng.uniform(0, 240, n),
        "soil_n": rng.gamma(4, 12, n),
        "a": rng.normal(4.5, 0.6, n),
        "b": rng.normal(0.035, 0.004, n),
        "c": rng.normal(-7.5e-5, 8e-6, n),
    })


def margin(plot):
    """gross margin in EUR/ha, fertiliser at 1.1 EUR/kg"""
    n = plot["applied"] + 0.6 * plot["soil_n"]
    grain = plot["a"] + plot["b"] * n + plot["c"] * n * n
    if grain < 0:
        return 0.0
    return grain * PRICE[plot["crop"]] - 1.1 * plot["applied"]


def optimum(frame):
    best = (1.1 / frame["crop"].map(PRICE) - frame["b"]) / (2 * frame["c"])
    return (best - 0.6 * frame["soil_n"]).clip(lower=0)


def main():
    trials = load_trials()
    trials["margin"] = trials.apply(margin, axis=1)  # [cause]
    trials["optimum"] = optimum(trials)
    trials["excess"] = trials["applied"] - trials["optimum"]
    by_crop = trials.groupby("crop")[["margin", "excess"]].mean()
    for crop, row in by_crop.iterrows():  # [decoy]
        print(f"{crop:8s} margin {row['margin']:8.1f}  excess N {row['excess']:6.1f}")
    parts = pd.DataFrame()
    for q in (0.1, 0.5, 0.9):
        row = trials[["margin", "excess"]].quantile(q).to_frame(q).T
        parts = pd.concat([parts, row])  # [decoy]
    print(parts.round(2))


if __name__ == "__main__":
    main()
