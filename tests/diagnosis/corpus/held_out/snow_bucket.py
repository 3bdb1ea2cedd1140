"""Degree-day snow bucket for a set of elevation bands (hourly)."""
import copy
import math
import random
from typing import NamedTuple


class Band(NamedTuple):
    height: float
    area: float


class Parameters:
    def __init__(self):
        self.lapse = 0.0065
        self.threshold = 0.8
        self.ddf = 4.2 / 24.0
        self.refreeze = 0.05
        self.hold = 0.1


def weather(hours, seed):
    rng = random.Random(seed)
    temp, rain = [], []
    for h in range(hours):
        season = -9.0 * math.cos(2 * math.pi * h / 8766.0)
        daily = 4.0 * math.sin(2 * math.pi * (h % 24 - 9) / 24.0)
        temp.append(3.0 + season + daily + rng.gauss(0.0, 1.5))
        rain.append(rng.expovariate(2.0) if rng.random() < 0.12 else 0.0)
    return temp, rain


def snowpack(temp, rain, shift, threshold, ddf, refreeze, hold):
    """Ice, liquid and outflow, hour by hour."""
    ice = 0.0
    liquid = 0.0
    out = []
    for t, p in zip(temp, rain):  # [cause]
        t = t + shift  # [cause]
        if t < threshold:  # [cause]
            ice += p  # [cause]
            back = min(liquid, refreeze * ddf * (threshold - t))  # [cause]
            ice += back  # [cause]
            liquid -= back  # [cause]
        else:
            melt = min(ice, ddf * (t - threshold))  # [cause]
            ice -= melt  # [cause]
            liquid += melt + p  # [cause]
        capacity = hold * ice  # [cause]
        if liquid > capacity:  # [cause]
            out.append(liquid - capacity)  # [cause]
            liquid = capacity  # [cause]
        else:
            out.append(0.0)  # [cause]
    return out, ice + liquid


def catchment(bands, temp, rain, par):
    total = [0.0] * len(temp)
    for band in bands:
        local = copy.deepcopy(par)  # [decoy]
        shift = -local.lapse * (band.height - 1200.0)
        flow, left = snowpack(temp, rain, shift, local.threshold, local.ddf, local.refreeze, local.hold)
        total = [a + band.area * b for a, b in zip(total, flow)]
        print(f"{band.height:6.0f} m  {sum(flow):9.1f} mm out, {left:7.1f} mm left")
    return total


def main():
    temp, rain = weather(6 * 8766, seed=5)
    bands = [Band(600.0 + 55.0 * k, 1.0 / 40) for k in range(40)]
    total = catchment(bands, temp, rain, Parameters())
    monthly = [sum(total[k : k + 730]) for k in range(0, len(total), 730)]
    floods = sorted(monthly, reverse=True)[:3]  # [decoy]
    print("largest months:", [round(v, 1) for v in floods])


if __name__ == "__main__":
    main()
