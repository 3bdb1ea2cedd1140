"""Distance sailed per vessel from a log of positions."""
import math
import random
import tempfile
from pathlib import Path

KNOT = 1852.0


def write_log(path, vessels, messages, seed):
    rng = random.Random(seed)
    block = []
    for k in range(5000):
        vessel = rng.randrange(vessels)
        lat = 54.0 + rng.random()
        lon = 7.0 + rng.random()
        block.append(f"{k:07d};{211000000 + vessel};{lat:.5f};{lon:.5f};{rng.uniform(0, 18):.1f};under way\n")
    text = "".join(block)
    with open(path, "w") as handle:
        for _ in range(messages // 5000):
            handle.write(text)


def load(path):
    return path.read_text().splitlines()  # [cause]


def metres(lat1, lon1, lat2, lon2):
    x = (lon2 - lon1) * math.cos(math.radians((lat1 + lat2) / 2))
    return 111195.0 * math.hypot(x, lat2 - lat1)


def sailed(messages):
    """Sum of speeds by vessel; positions of the first message are kept."""
    speed, first = {}, {}
    for line in messages:
        _, vessel, lat, lon, knots, _ = line.split(";")
        if vessel not in first:
            first[vessel] = (float(lat), float(lon))
        speed[vessel] = speed.get(vessel, 0.0) + float(knots)
    return speed, first


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "positions.txt"
        write_log(path, vessels=60, messages=700000, seed=14)
        speed, first = sailed(load(path))  # [cause]
    ranking = sorted(speed, key=speed.get, reverse=True)[:3]  # [decoy]
    ports = []
    for lat, lon in first.values():
        if (round(lat, 1), round(lon, 1)) not in ports:  # [decoy]
            ports.append((round(lat, 1), round(lon, 1)))
    a, b = list(first.values())[:2]
    print("fastest:", ranking, "cells:", len(ports))
    print("first two apart:", round(metres(*a, *b) / KNOT, 2), "nm")


if __name__ == "__main__":
    main()
