"""Pollen count of the day: seasonal percentile and a short text for the bulletin."""
import re
import tempfile
from pathlib import Path

import matplotlib  # [cause]
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # [cause]
import pandas as pd  # [cause]
from scipy import interpolate, signal, stats  # [cause]
from sklearn.linear_model import LinearRegression  # [cause]

COUNTS = """birch 12 40 88 150 210 190 120 60 22 8
grass 0 0 1 4 9 22 48 77 81 60
alder 60 44 21 9 3 0 0 0 0 0"""


def read(text):
    table = {}
    for line in text.splitlines():
        name, rest = re.compile(r"(\w+) (.*)").match(line).groups()  # [decoy]
        table[name] = [int(v) for v in rest.split()]
    return pd.DataFrame(table)


def smooth(y):
    return signal.savgol_filter(y, 5, 2)


def peak_day(y):
    spline = interpolate.CubicSpline(range(len(y)), y)
    fine = np.linspace(0, len(y) - 1, 181)
    return fine[spline(fine).argmax()]


def trend(y):
    x = np.arange(len(y))[:, None]
    return LinearRegression().fit(x, y).coef_[0]


def main():
    table = read(COUNTS)
    for name in table.columns:
        y = table[name].to_numpy(float)
        rank = stats.percentileofscore(y, y[-1])
        print(f"{name:6s} peak on day {peak_day(y):.1f}, today at {rank:.0f} %, trend {trend(y):+.1f} a day")
    for _, row in table.tail(2).iterrows():  # [decoy]
        print(dict(row))
    with tempfile.TemporaryDirectory() as tmp:
        (Path(tmp) / "card.txt").write_text(str(smooth(table["birch"])))
        assert plt.get_backend().lower() == "agg"


if __name__ == "__main__":
    main()
