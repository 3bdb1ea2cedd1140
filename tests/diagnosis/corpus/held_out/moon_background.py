"""Sky brightness by scattered moonlight for each exposure of a season."""
import math
from collections import namedtuple

import numpy as np

Exposure = namedtuple("Exposure", "night hour field airmass")


def lunar_series(night, terms=420):  # [cause]
    """Longitude and phase from a truncated perturbation series (toy coefficients)."""
    t = night / 36525.0
    lon = 218.316 + 481267.881 * t
    anomaly = math.radians(134.96 + 477198.867 * t)
    sun = math.radians(357.53 + 35999.05 * t)
    for k in range(1, terms):  # [cause]
        lon += 6.29 / k**3 * math.sin(k * anomaly) - 0.19 / k**2 * math.sin(k * sun)  # [cause]
    phase = 0.5 * (1 - math.cos(math.radians((lon - 280.46 - 36000.77 * t) % 360)))
    return lon % 360.0, phase


def schedule(nights, per_night, seed):
    rng = np.random.default_rng(seed)
    plan = []
    for night in range(nights):
        for hour in np.sort(rng.uniform(18, 30, per_night)):
            plan.append(Exposure(night, float(hour), int(rng.integers(0, 40)), float(rng.uniform(1.0, 2.0))))
    return plan


def extinction(airmass, kappa=0.172):
    return 10 ** (-0.4 * kappa * airmass)


def brightness(exposure):
    lon, phase = lunar_series(exposure.night)  # [cause]
    angle = math.radians((lon - 9.0 * exposure.field) % 360.0)
    rho = math.degrees(math.acos(max(-1.0, min(1.0, math.cos(angle)))))
    scatter = 10 ** 5.36 * (1.06 + math.cos(math.radians(rho)) ** 2) + 10 ** (6.15 - rho / 40.0)
    return 1e-5 * phase * scatter * extinction(exposure.airmass) * (1 - extinction(exposure.airmass))


def summary(plan, values):
    table = {}
    for item, value in zip(plan, values):
        try:
            table[item.field].append(value)
        except KeyError:  # [decoy]
            table[item.field] = [value]
    return {field: float(np.median(v)) for field, v in table.items()}


plan = schedule(nights=28, per_night=480, seed=11)
values = [brightness(item) for item in plan]  # [cause]
medians = summary(plan, values)

best = sorted(medians, key=medians.get)[:5]
text = ""
for field in best:
    text += f"{field:3d}: {medians[field]:.3f}\n"  # [decoy]
print(text)
print(len(plan), "exposures")
