"""Fit of rank-abundance models to many plots by golden search on the likelihood."""
import math
import random
from statistics import mean


def poisson_term(count, expected):
    return count * math.log(expected) - expected - math.lgamma(count + 1)  # [cause]


def zipf_expected(total, ranks, slope):
    weights = [(r + 1.0) ** -slope for r in range(ranks)]  # [cause]
    norm = total / sum(weights)
    return [w * norm for w in weights]


def log_likelihood(counts, slope):
    expected = zipf_expected(sum(counts), len(counts), slope)  # [cause]
    return sum(poisson_term(c, e) for c, e in zip(counts, expected))  # [cause]


def golden(function, low, high, steps=24):
    g = (math.sqrt(5) - 1) / 2
    a, b = high - g * (high - low), low + g * (high - low)
    fa, fb = function(a), function(b)
    for _ in range(steps):
        if fa > fb:
            high, b, fb = b, a, fa
            a = high - g * (high - low)
            fa = function(a)
        else:
            low, a, fa = a, b, fb
            b = low + g * (high - low)
            fb = function(b)
    return 0.5 * (low + high)


class Plot:
    def __init__(self, name, counts):
        self.name = name
        self.counts = sorted(counts, reverse=True)
        self.slope = None

    def fit(self):
        self.slope = golden(lambda s: log_likelihood(self.counts, s), 0.2, 3.0)  # [cause]
        return self.slope


def draw_plot(number, rng):
    slope = rng.uniform(0.7, 1.6)
    species = rng.randint(60, 160)
    weights = [(k + 1) ** -slope for k in range(species)]
    counts = [0] * species
    for k in rng.choices(range(species), weights=weights, k=600):
        counts[k] += 1
    return Plot(f"P{number:03d}", [c for c in counts if c])


rng = random.Random(1949)
plots = [draw_plot(k, rng) for k in range(620)]
slopes = [plot.fit() for plot in plots]

seen = []
for plot in plots[::4]:
    if plot.name[:3] not in seen:  # [decoy]
        seen.append(plot.name[:3])
listing = ""
for plot in plots[:80]:
    listing += f"{plot.name} {plot.slope:.3f}; "  # [decoy]
print(listing[:60])
print(len(plots), "plots, mean slope", round(mean(slopes), 4), "groups", len(seen))
