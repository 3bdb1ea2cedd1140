"""Radiative heating along radiosonde ascents, with absorption looked up per layer class."""
import math
import random
from functools import lru_cache

WAVENUMBERS = [600 + 4 * k for k in range(45)]


@lru_cache(maxsize=128)
def band_absorption(pressure, temperature):  # [cause]
    """Malkmus band model for one class of layer (hPa, K)"""
    total = 0.0
    for nu in WAVENUMBERS:
        strength = 1.2e-3 * math.exp(-((nu - 667.0) / 28.0) ** 2) * math.exp(-960.0 * (1 / temperature - 1 / 260.0))
        width = 0.07 * pressure / 1013.0 * math.sqrt(260.0 / temperature)
        total += 0.5 * math.pi * width * (math.sqrt(1 + 4 * strength * 90 / (math.pi * width)) - 1)
    return total


@lru_cache(maxsize=None)
def planck_slope(temperature):
    return 4 * 5.67e-8 * temperature ** 3


def ascent(rnd):
    surface = rnd.gauss(288, 6)
    for level in range(190):
        p = 1000 - 5 * level
        t = max(210.0, surface - 0.42 * level + rnd.gauss(0, 0.2))
        yield p, 5 * round(t / 5)


def cooling(profile):
    rate = 0.0
    above = 0.0
    for p, t in profile:
        a = band_absorption(p, t)  # [cause]
        rate += planck_slope(t) * (a - above) * 1e-3
        above = a
    return rate


def main():
    rnd = random.Random(7)
    rates = []
    for day in range(360):
        rates.append(cooling(ascent(rnd)))
    print("mean %.4f  sd %.4f" % (sum(rates) / len(rates), math.sqrt(sum((r - sum(rates) / len(rates)) ** 2 for r in rates[:60]) / 60)))
    extremes = sorted(rates)[:3] + sorted(rates)[-3:]  # [decoy]
    text = ""
    for r in extremes:
        text += f"{r:.3f} "  # [decoy]
    print(text)


if __name__ == "__main__":
    main()
