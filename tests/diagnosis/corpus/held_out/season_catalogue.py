"""Catalogue of storms from a six-hourly pressure series."""
import numpy as np
import pandas as pd

rng = np.random.default_rng(2003)


def pressure(days):
    n = days * 4
    noise = rng.normal(size=n)
    # AR(1), its memory cut off after ten days
    red = np.convolve(noise, 0.86 ** np.arange(40))[:n]
    t = pd.date_range("1961-01-01", periods=n, freq="6h")
    return pd.Series(1012 + 6.5 * red, index=t)


def lows(series, depth):
    v = series.to_numpy()
    inner = (v[1:-1] < v[:-2]) & (v[1:-1] <= v[2:]) & (v[1:-1] < depth)
    return np.flatnonzero(inner) + 1


class Catalogue:
    columns = ["time", "pressure", "fall", "rise", "month"]

    def __init__(self):
        self.table = pd.DataFrame(columns=self.columns)

    def enter(self, **entry):
        row = pd.DataFrame([entry], columns=self.columns)  # [cause]
        self.table = row if self.table.empty else pd.concat([self.table, row], ignore_index=True)  # [cause]


def scan(series, depth, catalogue):
    values = series.to_numpy()
    times = series.index
    for k in lows(series, depth):
        before = values[max(0, k - 4) : k + 1].max()
        after = values[k : k + 5].max()
        catalogue.enter(  # [cause]
            time=times[k], pressure=values[k], fall=before - values[k], rise=after - values[k], month=times[k].month
        )


series = pressure(365 * 20)
book = Catalogue()
scan(series, depth=1000.0, catalogue=book)
storms = book.table

by_month = storms.groupby("month")["fall"].agg(["count", "mean"])
strongest = storms.sort_values("pressure").head(5)
for _, storm in strongest.iterrows():  # [decoy]
    print(storm["time"].date(), round(storm["pressure"], 1))
worst = sorted(storms["fall"])[-1]  # [decoy]
print(len(storms), "storms; largest fall", round(worst, 1))
print(by_month.round(2).head(3))
