"""Storm surge residuals: subtract the predicted tide from gauge readings in a text feed."""
import io
import math
import time

SITES = {"Cuxhaven": 53.87, "Esbjerg": 55.46, "Wick": 58.44}
CONSTITUENTS = [("M2", 28.9841042, 1.35, 12.0), ("S2", 30.0, 0.44, 75.0), ("N2", 28.4397295, 0.25, 340.0),
                ("K1", 15.0410686, 0.08, 120.0), ("O1", 13.9430356, 0.10, 250.0)]


def feed(site, n):
    buf = io.StringIO()
    for i in range(n):
        level = 1.2 * math.cos(i / 1.98) + 0.2 * math.sin(i / 40)
        buf.write(f"{site};{i};{level:.3f}\n")
    buf.seek(0)
    return buf


def nodal_factors(latitude, epoch_days):
    """slow 18.6 year modulation, summed from its series as in the manual"""
    n = math.radians(125.04 - 0.0529539 * epoch_days)
    factors = {}
    for name, speed, _, _ in CONSTITUENTS:
        f = 1.0
        for order in range(1, 9):
            f += 0.037 / order ** 2 * math.cos(order * n) * math.cos(math.radians(latitude))
        factors[name] = f
    return factors


def predicted(hour, latitude, epoch_days):
    level = 0.0
    factors = nodal_factors(latitude, epoch_days)  # [cause]
    for name, speed, amp, phase in CONSTITUENTS:
        level += factors[name] * amp * math.cos(math.radians(speed * hour - phase))
    return level


def residuals(lines, latitude, epoch_days=9131.0):
    out = []
    for line in lines:
        _, hour, level = line.split(";")
        out.append(float(level) - predicted(int(hour), latitude, epoch_days))  # [cause]
    return out


if __name__ == "__main__":
    warned = []
    for site, latitude in SITES.items():
        res = residuals(feed(site, 42000), latitude)
        top = sorted(res)[-3:]  # [decoy]
        if site not in warned and top[-1] > 2.0:
            warned.append(site)
        print(site, "rms %.3f" % math.sqrt(sum(r * r for r in res) / len(res)), "highest", [round(t, 3) for t in top])
        time.sleep(0.002)  # [decoy]
    print("warnings:", warned)
