"""Peaks of a spectrum, two of which are the same where they lie closer than the instrument resolves."""


class Peak:
    def __init__(self, mass):
        self.mass = mass

    def __eq__(self, other):
        return abs(self.mass - other.mass) < 0.01

    def __hash__(self):
        return hash(self.mass)


def resolved(masses):
    kept = []
    for mass in masses:
        peak = Peak(mass)
        if peak not in kept:  # [cause]
            kept.append(peak)
    return [one.mass for one in kept]


def make():
    return ([100.0 + (k * 37 % 500) * 0.004 for k in range(3_000)],)
