"""Fed-batch fermentation: Monod growth with the plant's configuration tree."""
from types import SimpleNamespace


class Node:
    """dotted access to nested settings, falling back to the parent's defaults"""

    def __init__(self, values, parent=None):
        self._values = values
        self._parent = parent

    def __getattr__(self, name):
        if name in self._values:
            value = self._values[name]
            return Node(value, self) if isinstance(value, dict) else value
        if self._parent is not None:
            return getattr(self._parent, name)
        raise AttributeError(name)


PLANT = Node({
    "gas": {"kla": 320.0, "saturation": 7.6},
    "strain": {"growth": {"mu_max": 0.42, "ks": 0.08, "ko": 0.25},
               "yields": {"biomass": 0.48, "oxygen": 0.9}, "maintenance": 0.03},
    "feed": {"sugar": 480.0, "profile": {"start": 0.6, "rate": 0.11, "limit": 3.2}},
    "dt": 0.0015,
})


class Vessel:
    def __init__(self, plant):
        self.plant = plant
        self.state = SimpleNamespace(x=2.0, s=8.0, o=6.5, v=10.0, t=0.0)

    def specific_growth(self):
        g = self.state
        return (self.plant.strain.growth.mu_max * g.s / (self.plant.strain.growth.ks + g.s)  # [cause]
                * g.o / (self.plant.strain.growth.ko + g.o))  # [cause]

    def feed_rate(self):
        wanted = self.plant.feed.profile.start * (1 + self.plant.feed.profile.rate * self.state.t)  # [cause]
        return min(wanted, self.plant.feed.profile.limit)  # [cause]

    def step(self):
        g = self.state
        mu = self.specific_growth()
        f = self.feed_rate()
        uptake = mu / self.plant.strain.yields.biomass + self.plant.strain.maintenance  # [cause]
        g.x += self.plant.dt * (mu - f / g.v) * g.x  # [cause]
        g.s = max(0.0, g.s + self.plant.dt * (f / g.v * (self.plant.feed.sugar - g.s) - uptake * g.x))  # [cause]
        g.o += self.plant.dt * (self.plant.gas.kla * (self.plant.gas.saturation - g.o)  # [cause]
                                - uptake * self.plant.strain.yields.oxygen * g.x * 1e2)  # [cause]
        g.o = max(g.o, 0.0)
        g.v += self.plant.dt * f  # [cause]
        g.t += self.plant.dt  # [cause]


def main():
    vessel = Vessel(PLANT)
    history = []
    for k in range(48_000):
        vessel.step()
        if k % 3000 == 0:
            history.append((round(vessel.state.t, 1), round(vessel.state.x, 2), round(vessel.state.s, 2)))
    text = ""
    for row in history:
        text += "%6.1f h  %6.2f g/l  %6.2f g/l\n" % row  # [decoy]
    print(text)
    densest = sorted(x for _, x, _ in history)[-1]  # [decoy]
    print("densest", densest, "final volume", round(vessel.state.v, 2))


if __name__ == "__main__":
    main()
