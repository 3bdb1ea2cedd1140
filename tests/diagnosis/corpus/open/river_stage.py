import numpy as np

# stage-discharge conversion with a shifting control, following the station sheet
rng = np.random.default_rng(1954)
hours = np.arange(900_000)
stage = 1.4 + 0.5 * np.sin(2 * np.pi * hours / 8766) + 0.15 * rng.standard_normal(hours.size)
temp = 9 + 8 * np.sin(2 * np.pi * (hours - 2500) / 8766)


def discharge(h, t):
    """rating curve of the weir; ice effect below 0.5 deg, overbank above 2.1 m"""
    if h < 0.35:
        return 0.0
    q = 18.3 * (h - 0.35) ** 1.62
    if h > 2.1:
        q += 41.0 * (h - 2.1) ** 1.9
    if t < 0.5:
        q *= 0.82
    return q


rating = np.vectorize(discharge, otypes=[float])


def monthly(q, per=730):
    n = q.size // per * per
    return q[:n].reshape(-1, per).mean(axis=1)


def baseflow(m, width=12):
    padded = np.pad(m, width // 2, mode="edge")
    return np.array([padded[i:i + width].min() for i in range(m.size)])


flow = rating(stage, temp)  # [cause]
q_error = rating(stage + 0.01, temp) - flow  # [cause]
means = monthly(flow)
base = baseflow(means)

flood_levels = []
for return_period in [2, 5, 10, 20, 50, 100]:
    level = np.sort(means)[-max(1, int(means.size / (12 * return_period)))]  # [decoy]
    flood_levels.append(level)

decades = np.zeros((1, 2))
for d in range(5):
    part = means[d * 120:(d + 1) * 120]
    if part.size:
        decades = np.concatenate([decades, [[d, part.mean()]]])  # [decoy]

print("mean flow", flow.mean().round(3), "m3/s; 1 cm of stage is", q_error.mean().round(3), "m3/s")
print("baseflow index", (base.sum() / means.sum()).round(3))
print("levels", np.round(flood_levels, 2))
print(decades[1:].round(2))
