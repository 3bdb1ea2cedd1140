# %% Price index from scanner data (GEKS-like), with pandas
import numpy as np
import pandas as pd

MONTHS, SHOPS, ITEMS, ROWS = 12, 60, 900, 3_000_000
rng = np.random.default_rng(2015)

# %% data
sales = pd.DataFrame(
    {
        "month": rng.integers(0, MONTHS, ROWS),
        "shop": rng.integers(0, SHOPS, ROWS),
        "item": (ITEMS * rng.beta(0.8, 2.0, ROWS)).astype(np.int64),
        "units": rng.poisson(6, ROWS) + 1,
    }
)
base = rng.lognormal(1.0, 0.6, ITEMS)
sales["price"] = base[sales["item"]] * 1.002 ** sales["month"] * rng.lognormal(0, 0.05, ROWS)
sales["value"] = sales["price"] * sales["units"]

# %% unit values per month and item
cells = sales.groupby(["month", "item"], sort=True)[["value", "units"]].sum()
unit = (cells["value"] / cells["units"]).unstack("month")
spend = cells["value"].unstack("month").fillna(0.0)
share = spend / spend.sum()


# %% bilateral indices and their geometric mean
def tornqvist(a, b):
    both = unit[a].notna() & unit[b].notna()
    weight = 0.5 * (share.loc[both, a] + share.loc[both, b])
    weight /= weight.sum()
    return float(np.exp((weight * np.log(unit.loc[both, b] / unit.loc[both, a])).sum()))


pairs = pd.DataFrame({b: {a: tornqvist(a, b) for a in range(MONTHS)} for b in range(MONTHS)})
index = np.exp(np.log(pairs).mean(axis=0))
index /= index.iloc[0]

# %% shops that drift away from the others
level = sales.groupby(["shop", "month"])["value"].sum() / sales.groupby(["shop", "month"])["units"].sum()
drift = level.unstack("month").pct_change(axis=1).std(axis=1)
restless = drift.sort_values().tail(3)  # [decoy]

lines = []
for month, row in index.to_frame("index").iterrows():  # [decoy]
    lines.append(f"{month:2d} {row['index']:.4f}")
print("\n".join(lines[:4]))
print("restless shops:", restless.round(4).to_dict())
