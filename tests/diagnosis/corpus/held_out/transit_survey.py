"""Depth of candidate transits in a simulated photometric survey."""
import math
import random
from dataclasses import dataclass

SECTORS = [1, 2, 5, 9, 14, 27]


@dataclass
class Orbit:
    period: float
    epoch: float
    ratio: float
    impact: float
    scale: float
    u1: float = 0.38
    u2: float = 0.21

    def separation(self, t):
        """Projected distance of planet and star in stellar radii."""
        angle = 2.0 * math.pi * (t - self.epoch) / self.period  # [cause]
        along = self.scale * math.sin(angle)  # [cause]
        across = self.impact * math.cos(angle)  # [cause]
        return math.sqrt(along * along + across * across)  # [cause]

    def brightness(self, t):
        z = self.separation(t)  # [cause]
        if z >= 1.0 + self.ratio:
            return 1.0
        mu = math.sqrt(max(0.0, 1.0 - min(z, 1.0) ** 2))  # [cause]
        limb = 1.0 - self.u1 * (1.0 - mu) - self.u2 * (1.0 - mu) ** 2  # [cause]
        overlap = min(1.0, (1.0 + self.ratio - z) / (2.0 * self.ratio))  # [cause]
        return 1.0 - self.ratio**2 * limb * overlap

    def light_curve(self, times):
        return [self.brightness(t) for t in times]  # [cause]


def cadence(days, minutes):
    step = minutes / 1440.0
    return [k * step for k in range(int(days / step))]


def usable(sector):
    return sector in SECTORS  # [decoy]


def draw_candidates(n, rng):
    found = []
    for k in range(n):
        if not usable(rng.randrange(30)):
            continue
        found.append(
            Orbit(
                period=rng.uniform(1.5, 12.0),
                epoch=rng.uniform(0.0, 1.5),
                ratio=rng.uniform(0.02, 0.15),
                impact=rng.uniform(0.0, 0.8),
                scale=rng.uniform(6.0, 20.0),
            )
        )
    return found


def main():
    rng = random.Random(20)
    times = cadence(27.4, 2.0)
    candidates = draw_candidates(520, rng)
    report = ""
    for number, orbit in enumerate(candidates):
        curve = orbit.light_curve(times)
        depth = 1.0 - min(curve)
        inside = sum(1 for value in curve if value < 1.0)
        report += f"{number:4d} {orbit.period:7.3f} {depth * 1e6:9.1f} ppm {inside:6d}\n"  # [decoy]
    print(report.splitlines()[0])
    print(len(candidates), "candidates,", len(times), "exposures each")


if __name__ == "__main__":
    main()
