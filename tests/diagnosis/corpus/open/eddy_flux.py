"""Cospectra of eddy covariance half-hours, rotated and lag-corrected, collected in one table."""
import numpy as np
import pandas as pd

FREQ = np.fft.rfftfreq(400, 0.1)[1:]


def half_hour(rng, n=400):
    w = rng.normal(0, 0.35, n)
    u = 3.0 + rng.normal(0, 0.8, n) - 0.3 * w
    c = 410 + rng.normal(0, 0.5, n) - np.roll(0.9 * w, 4)
    return u, w, c


def cospectrum(u, w, c, lag=4):
    angle = np.arctan2(w.mean(), u.mean())
    w = w * np.cos(angle) - u * np.sin(angle)
    fw = np.fft.rfft(w - w.mean())
    fc = np.fft.rfft(np.roll(c - c.mean(), -lag))
    co = (fw.conj() * fc).real[1:] / len(w) ** 2 * 2
    ustar = np.sqrt(abs(np.mean((u - u.mean()) * (w - w.mean()))))
    return co, ustar


def collect(days, rng):
    table = None
    when = pd.Timestamp("2021-05-01")
    for k in range(48 * days):
        co, ustar = cospectrum(*half_hour(rng))
        part = pd.DataFrame({"when": when + k * pd.Timedelta(minutes=30), "f": FREQ, "co": co,
                             "ogive": co[::-1].cumsum()[::-1], "ustar": ustar})
        table = part if table is None else pd.concat([table, part], ignore_index=True)  # [cause]
    return table


def main():
    rng = np.random.default_rng(1)
    table = collect(23, rng)
    table = table[table["ustar"] > 0.1]
    mean = table.groupby("f")[["co", "ogive"]].mean()
    for f, row in mean.iloc[::60].iterrows():  # [decoy]
        print(f"{f:.3f} Hz  {row['co']:+.6f}  {row['ogive']:+.4f}")
    peaks = mean["co"].sort_values()[:2]  # [decoy]
    print(peaks)
    print("half-hours", table["when"].nunique())


if __name__ == "__main__":
    main()
