"""Distance and ascent from a long GPS log (one fix a line: time lat lon height)."""
import math
import tempfile
from pathlib import Path


def write_log(path, blocks=240):
    rows = []
    for i in range(2400):
        lat = 46.5 + 0.02 * math.sin(i / 380)
        lon = 8.1 + 0.03 * math.cos(i / 380)
        h = 1400 + 300 * math.sin(i / 600) + 0.5 * (i % 7)
        rows.append(f"{i} {lat:.6f} {lon:.6f} {h:.1f} fix=3d hdop=0.9 satellites=11 source=gnss-l1\n")
    block = "".join(rows)
    with open(path, "w") as handle:
        for _ in range(blocks):
            handle.write(block)


def fixes(path):
    for line in Path(path).read_text().splitlines():  # [cause]
        if line and not line.startswith("#"):
            yield line


def hop(a, b):
    dy = 111_195.0 * (b[0] - a[0])
    dx = 111_195.0 * math.cos(math.radians(a[0])) * (b[1] - a[1])
    return math.hypot(dx, dy)


def summarise(path):
    distance = ascent = 0.0
    last = None
    count = 0
    for line in fixes(path):
        count += 1
        t, lat, lon, h, _ = line.split(" ", 4)
        here = (float(lat), float(lon), float(h))
        if last is not None and count % 4 == 0:
            distance += hop(last, here)
            ascent += max(0.0, here[2] - last[2])
        if count % 4 == 0 or last is None:
            last = here
    return count, distance, ascent


def main():
    with tempfile.TemporaryDirectory() as tmp:
        log = Path(tmp) / "trail.log"
        write_log(log)
        n, distance, ascent = summarise(log)
    card = ""
    for name, value in (("fixes", n), ("km", round(distance / 1000, 1)), ("m up", round(ascent))):
        card += f"{name}: {value}  "  # [decoy]
    print(card)
    effort = sorted([distance / 1000, ascent / 100, 0.0])[-1]  # [decoy]
    print("effort kilometres", round(effort, 1))


if __name__ == "__main__":
    main()
