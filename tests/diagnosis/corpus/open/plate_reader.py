"""Growth curves from a plate reader: subtract blanks, normalise, doubling times per well."""
import csv
import tempfile
from pathlib import Path

import numpy as np

ROWS = "ABCDEFGH"


def write_layout(path, rng):
    with open(path, "w", newline="") as handle:
        out = csv.writer(handle)
        out.writerow(["well", "strain", "dilution", "lot", "blank_lot"])
        for lot in range(40):
            for r in ROWS:
                for c in range(1, 13):
                    strain = "blank" if c == 12 else f"S{int(rng.integers(1, 30)):02d}"
                    out.writerow([f"{r}{c}", strain, 2 ** -int(rng.integers(0, 6)), lot, lot])


def layout(path, lot):
    with open(path, newline="") as handle:
        return {row["well"]: row for row in csv.DictReader(handle) if int(row["lot"]) == lot}  # [cause]


def growth(rng, hours, od0):
    rate = rng.normal(0.9, 0.12)
    cap = rng.normal(1.3, 0.08)
    return 0.08 + cap / (1 + (cap / od0 - 1) * np.exp(-rate * hours)) + rng.normal(0, 0.002, hours.size)


def doubling_time(hours, od):
    inside = (od > 0.1) & (od < 0.5)
    if inside.sum() < 4:
        return np.nan
    slope = np.polyfit(hours[inside], np.log(od[inside]), 1)[0]
    return np.log(2) / slope


def analyse(well, lot, folder, rng, hours):
    info = layout(folder / "layout.csv", lot)[well]  # [cause]
    od = growth(rng, hours, 0.04 * float(info["dilution"]))
    blank = 0.08 if info["strain"] != "blank" else 0.0
    return info["strain"], doubling_time(hours, od - blank)


def main():
    rng = np.random.default_rng(12)
    hours = np.linspace(0, 12, 73)
    results = {}
    with tempfile.TemporaryDirectory() as tmp:
        folder = Path(tmp)
        write_layout(folder / "layout.csv", rng)
        for r in ROWS:
            for c in range(1, 13):
                strain, t2 = analyse(f"{r}{c}", 3, folder, rng, hours)
                results.setdefault(strain, []).append(t2)
    strains = []
    text = ""
    for strain, values in sorted(results.items()):
        if strain not in strains:  # [decoy]
            strains.append(strain)
        text += f"{strain} n={len(values)} t2={np.nanmean(values):.2f} h\n"  # [decoy]
    print(text)


if __name__ == "__main__":
    main()
