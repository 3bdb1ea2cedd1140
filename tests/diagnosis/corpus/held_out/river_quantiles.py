"""Non-exceedance rank of daily flows against the reference period."""
import bisect
import math
import random

random.seed(1910)


def reference_flows(years):
    flows = []
    for day in range(years * 365):
        base = 40 + 25 * math.cos(2 * math.pi * (day - 100) / 365)
        flows.append(round(base * random.lognormvariate(0, 0.45), 2))
    return flows


class Gauge:
    """One gauge with its reference period."""

    def __init__(self, name, flows):
        self.name = name
        self.flows = flows
        self.alarms = ""

    def exceedance(self, q):
        ordered = sorted(self.flows)  # [cause]
        below = bisect.bisect_left(ordered, q)
        return 1.0 - below / (len(ordered) + 1)

    def return_period(self, q):
        p = self.exceedance(q)  # [cause]
        return 1.0 / (p * 365.0)


def hydrograph(days, peak_day, peak):
    """Recession after a triangular flood wave."""
    out = []
    for d in range(days):
        if d < peak_day:
            out.append(30 + (peak - 30) * d / peak_day)
        else:
            out.append(30 + (peak - 30) * math.exp(-(d - peak_day) / 9.0))
    return out


def worst_run(values, level):
    longest = current = 0
    for v in values:
        current = current + 1 if v > level else 0
        longest = max(longest, current)
    return longest


gauges = [Gauge(name, reference_flows(70)) for name in ("Au", "Brugg", "Chur")]
waves = [hydrograph(31, 6, 90 + 35 * k) for k in range(2)]

seen = []
for gauge in gauges:
    for number, wave in enumerate(waves):
        periods = [gauge.return_period(q) for q in wave]  # [cause]
        days = worst_run(periods, 0.2)
        if (gauge.name, days) not in seen:  # [decoy]
            seen.append((gauge.name, days))
        gauge.alarms += f"{number}:{max(periods):.2f} "  # [decoy]

for gauge in gauges:
    print(gauge.name, gauge.alarms)
print(seen)
