#!/usr/bin/env python3
"""Print monthly means of a station file; --plot draws them."""
import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd  # [cause]
from matplotlib import pyplot as plt  # [cause]
from scipy import stats  # [cause]
from sklearn.linear_model import HuberRegressor  # [cause]


def example(path, years=3):
    """A file as the weather service sends it."""
    rng = np.random.default_rng(1)
    rows = ["year,month,temp"]
    for y in range(years):
        for m in range(12):
            rows.append(f"{2001 + y},{m + 1},{9 - 10 * np.cos(np.pi * m / 6) + rng.normal():.2f}")
    path.write_text("\n".join(rows) + "\n")


def read(path):
    table = []
    for line in path.read_text().splitlines()[1:]:
        year, month, temp = line.split(",")
        try:
            table.append((int(year), int(month), float(temp)))
        except ValueError:  # [decoy]
            continue
    return table


def monthly(table):
    months = []
    for _, month, _ in table:
        if month not in months:  # [decoy]
            months.append(month)
    return {m: float(np.mean([t for _, k, t in table if k == m])) for m in months}


def draw(means, path):
    figure, axes = plt.subplots()
    axes.bar(list(means), list(means.values()))
    figure.savefig(path)


def robust_trend(table):
    frame = pd.DataFrame(table, columns=["year", "month", "temp"])
    x = (frame["year"] + frame["month"] / 12).to_numpy()[:, None]
    fit = HuberRegressor().fit(x - x.mean(), frame["temp"])
    return fit.coef_[0], stats.theilslopes(frame["temp"], x[:, 0])[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--trend", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "station.csv"
        example(path)
        table = read(path)
    means = monthly(table)
    for month, value in means.items():
        print(f"{month:2d} {value:6.2f}")
    if args.plot:
        draw(means, args.plot)
    if args.trend:
        print(robust_trend(table))


if __name__ == "__main__":
    main()
