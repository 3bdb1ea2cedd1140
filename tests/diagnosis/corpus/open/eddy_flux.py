"""Half-hourly eddy covariance fluxes, rotated and lag-corrected, collected in one table."""
import numpy as np
import pandas as pd


def half_hour(rng, hz=10, seconds=40):
    n = hz * seconds
    w = rng.normal(0, 0.35, n)
    u = 3.0 + rng.normal(0, 0.8, n) - 0.3 * w
    c = 410 + rng.normal(0, 0.5, n) - np.roll(0.9 * w, 4)
    return u, w, c


def flux(u, w, c, max_lag=12):
    angle = np.arctan2(w.mean(), u.mean())
    w = w * np.cos(angle) - u * np.sin(angle)
    dw, dc = w - w.mean(), c - c.mean()
    cov = [np.mean(dw[:dw.size - k] * dc[k:]) for k in range(max_lag)]
    best = int(np.argmax(np.abs(cov)))
    ustar = np.sqrt(abs(np.mean((u - u.mean()) * dw)))
    return {"flux": cov[best], "lag": best, "ustar": ustar, "wbar": float(w.mean())}


def despike(frame):
    frame.loc[frame["ustar"] < 0.1, "flux"] = np.nan
    return frame


def collect(days, rng):
    table = pd.DataFrame(columns=["when", "flux", "lag", "ustar", "wbar"])
    when = pd.Timestamp("2021-05-01")
    for k in range(48 * days):
        row = flux(*half_hour(rng))
        row["when"] = when + k * pd.Timedelta(minutes=30)
        one = pd.DataFrame([row])
        table = one if table.empty else pd.concat([table, one], ignore_index=True)  # [cause]
    return table


def main():
    rng = np.random.default_rng(1)
    table = despike(collect(54, rng))
    table["hour"] = table["when"].dt.hour
    daily = table.groupby("hour")["flux"].mean()
    for _, row in table.head(3).iterrows():  # [decoy]
        print(row["when"], round(row["flux"], 4))
    peaks = daily.sort_values()[-2:]  # [decoy]
    print(peaks)
    print("median lag", table["lag"].median(), "valid", table["flux"].notna().mean())


if __name__ == "__main__":
    main()
