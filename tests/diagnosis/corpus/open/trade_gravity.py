"""Gravity panel of bilateral trade: two-way demeaning, cluster-robust standard errors."""
import numpy as np
import pandas as pd

COUNTRIES, YEARS = 170, 18


def synthetic_panel(seed):
    rng = np.random.default_rng(seed)
    i, j, t = np.meshgrid(np.arange(COUNTRIES), np.arange(COUNTRIES), np.arange(YEARS), indexing="ij")
    keep = (i != j).ravel()
    frame = pd.DataFrame({"exporter": i.ravel()[keep], "importer": j.ravel()[keep], "year": 2000 + t.ravel()[keep]})
    gdp = rng.normal(25, 1.5, (COUNTRIES, YEARS)).cumsum(axis=1) * 0.02 + rng.normal(24, 1, (COUNTRIES, 1))
    place = rng.uniform(0, 100, (COUNTRIES, 2))
    e, m, y = frame["exporter"].to_numpy(), frame["importer"].to_numpy(), frame["year"].to_numpy() - 2000
    frame["mass"] = gdp[e, y] + gdp[m, y]
    frame["agreement"] = (rng.random(len(frame)) < 0.02 + 0.01 * y).astype(float)
    frame["distance"] = np.log1p(np.hypot(*(place[e] - place[m]).T))
    frame["trade"] = (0.9 * frame["mass"] - 1.1 * frame["distance"] + 0.35 * frame["agreement"]
                      + rng.normal(0, 0.8, len(frame)))
    return frame


def demean(frame, columns, keys, rounds=7):
    x = frame[columns].copy()
    for _ in range(rounds):
        for key in keys:
            x = x - x.groupby([frame[k] for k in key]).transform("mean")
    return x


def cluster_se(x, resid, cluster):
    scores = pd.DataFrame(x * resid[:, None]).groupby(cluster).sum().to_numpy()
    bread = np.linalg.inv(x.T @ x)  # [decoy]
    return np.sqrt(np.diag(bread @ (scores.T @ scores) @ bread))


def main():
    frame = synthetic_panel(5)
    frame["pair"] = frame["exporter"] * COUNTRIES + frame["importer"]
    within = demean(frame, ["trade", "mass", "agreement"], [["pair"], ["exporter", "year"], ["importer", "year"]])
    x = within[["mass", "agreement"]].to_numpy()
    beta, *_ = np.linalg.lstsq(x, within["trade"].to_numpy(), rcond=None)
    resid = within["trade"].to_numpy() - x @ beta
    se = cluster_se(x, resid, frame["pair"].to_numpy())
    result = pd.DataFrame({"beta": beta, "se": se}, index=["mass", "agreement"])
    for name, row in result.iterrows():  # [decoy]
        print(f"{name:10s} {row['beta']:.4f} ({row['se']:.4f})")
    yearly = frame.groupby("year")["agreement"].mean()
    print("coverage", yearly.iloc[0].round(3), "->", yearly.iloc[-1].round(3))


if __name__ == "__main__":
    main()
