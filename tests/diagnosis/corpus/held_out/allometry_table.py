# %% Biomass of a forest inventory by species-specific allometry
import numpy as np
import pandas as pd

EQUATIONS = {
    "Picea": (-2.08, 2.30, 0.41),
    "Abies": (-2.31, 2.36, 0.39),
    "Fagus": (-1.94, 2.42, 0.58),
    "Quercus": (-2.17, 2.45, 0.60),
    "Larix": (-2.26, 2.32, 0.46),
}

# %% inventory
rng = np.random.default_rng(50)
n = 34000
trees = pd.DataFrame(
    {
        "plot": rng.integers(0, 300, n),
        "genus": rng.choice(list(EQUATIONS), n),
        "dbh": rng.gamma(4.0, 7.0, n) + 7,
        "height": rng.normal(22, 5, n).clip(3),
        "dead": rng.random(n) < 0.05,
    }
)


# %% biomass
def biomass(tree):
    a, b, density = EQUATIONS[tree["genus"]]  # [cause]
    volume = np.exp(a) * tree["dbh"] ** b * (tree["height"] / 20.0) ** 0.3  # [cause]
    factor = 0.75 if tree["dead"] else 1.0  # [cause]
    return volume * density * factor  # [cause]


def stand_table(frame, function, name):
    out = frame.copy()
    out[name] = frame.apply(function, axis=1)  # [cause]
    return out


trees = stand_table(trees, biomass, "kg")  # [cause]

# %% per plot
per_plot = trees.groupby("plot")["kg"].sum() / 1000 / 0.05
by_genus = trees.pivot_table(index="plot", columns="genus", values="kg", aggfunc="sum", fill_value=0)
share = by_genus.div(by_genus.sum(axis=1), axis=0)
diversity = -(share * np.log(share.where(share > 0, 1.0))).sum(axis=1)

# %% checks
heavy = per_plot.sort_values(ascending=False).iloc[:5]  # [decoy]
odd = []
for plot, value in per_plot.items():
    if value > per_plot.mean() * 1.3 and plot not in odd:  # [decoy]
        odd.append(plot)

print(trees.groupby("genus")["kg"].mean().round(1).to_dict())
print("heaviest plots:", heavy.round(1).to_dict())
print("diversity:", diversity.mean().round(3), "odd plots:", len(odd))
