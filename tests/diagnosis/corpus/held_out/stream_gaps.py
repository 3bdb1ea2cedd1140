"""Fill gaps of a water-quality series from similar days."""
import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsRegressor

PREDICTORS = ["discharge", "temperature", "conductivity", "turbidity"]


def station_record(days, missing, seed):
    rng = np.random.default_rng(seed)
    d = np.arange(days)
    season = np.sin(2 * np.pi * d / 365.25)
    frame = pd.DataFrame(
        {
            "discharge": np.exp(rng.normal(1.0, 0.5, days) + 0.3 * season),
            "temperature": 11 - 8 * season + rng.normal(0, 1.5, days),
            "conductivity": rng.normal(420, 60, days),
            "turbidity": rng.gamma(2.0, 4.0, days),
        }
    )
    frame["nitrate"] = (
        8.0 - 0.25 * frame["temperature"] + 0.6 * np.log(frame["discharge"]) + rng.normal(0, 0.4, days)
    )
    frame.loc[rng.choice(days, size=missing, replace=False), "nitrate"] = np.nan
    return frame


def estimate(known, row):
    """Nearest twelve days by standardised predictors, weighted by distance."""
    scale = known[PREDICTORS].std()
    model = KNeighborsRegressor(n_neighbors=12, weights="distance")
    model.fit((known[PREDICTORS] / scale).to_numpy(), known["nitrate"].to_numpy())  # [cause]
    return model.predict((row[PREDICTORS] / scale).to_numpy(dtype=float).reshape(1, -1))[0]


def fill(frame):
    known = frame.dropna()
    gaps = frame[frame["nitrate"].isna()]
    filled = frame["nitrate"].copy()
    for day in gaps.index:  # [cause]
        filled[day] = estimate(known, gaps.loc[day])  # [cause]
    return filled


def main():
    frame = station_record(20000, 150, seed=41)
    filled = fill(frame)
    monthly = filled.groupby(filled.index // 30).mean()
    worst = monthly.sort_values().tail(4)
    for month, value in worst.items():  # [decoy]
        print(f"month {month:4d}: {value:.2f} mg/l")
    limits = {}
    for name in PREDICTORS:
        limits[name] = float(np.sort(frame[name].to_numpy())[-1])  # [decoy]
    print("maxima:", {k: round(v, 1) for k, v in limits.items()})
    print("filled:", int(frame["nitrate"].isna().sum()))


if __name__ == "__main__":
    main()
