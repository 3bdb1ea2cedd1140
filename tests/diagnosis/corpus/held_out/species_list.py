"""Rarefied species list from camera-trap style occurrence records."""
import csv
import io
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    site: str
    taxon: str
    day: int


class Checklist:
    """Taxa in the order of discovery."""

    def __init__(self):
        self.order = []
        self.discovered = []

    def has(self, taxon):
        return taxon in self.order  # [cause]

    def note(self, record):
        if not self.has(record.taxon):  # [cause]
            self.order.append(record.taxon)
            self.discovered.append(record.day)


def taxon_names(count, rng):
    consonants, vowels = "bcdfghlmnprstv", "aeiou"
    names = set()
    while len(names) < count:
        genus = "".join(rng.choice(consonants) + rng.choice(vowels) for _ in range(3)).title()
        species = "".join(rng.choice(consonants) + rng.choice(vowels) for _ in range(3))
        names.add(f"{genus} {species}us")
    return sorted(names)


def survey(n, names, sites, rng):
    weights = [1.0 / (k + 1) ** 0.6 for k in range(len(names))]
    picks = rng.choices(names, weights=weights, k=n)
    return [Record(rng.choice(sites), taxon, day // 40) for day, taxon in enumerate(picks)]


def as_csv(records):
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for r in records:
        writer.writerow([r.site, r.taxon, r.day])
    return buffer.getvalue()


def accumulation(checklist, days):
    curve = []
    total = 0
    marks = sorted(checklist.discovered)
    for day in range(0, days, 50):
        while total < len(marks) and marks[total] <= day:
            total += 1
        curve.append(total)
    return curve


rng = random.Random(31)
names = taxon_names(4200, rng)
sites = [f"S{k:02d}" for k in range(12)]
records = survey(60000, names, sites, rng)

checklist = Checklist()
for record in records:
    checklist.note(record)

curve = accumulation(checklist, 1500)
rows = as_csv(records[:500]).splitlines()
header = ""
for value in curve:
    header += f"{value} "  # [decoy]
latest = sorted(checklist.discovered, reverse=True)[:3]  # [decoy]
print(header)
print("taxa:", len(checklist.order), "latest days:", latest, "csv rows:", len(rows))
