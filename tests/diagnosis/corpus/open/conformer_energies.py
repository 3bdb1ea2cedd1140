"""Torsion scan of a small molecule with the group's external energy program."""
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = r'''
import json, math, sys
job = json.load(open(sys.argv[1]))
a, b = job["phi"], job["psi"]
e = 1.4 * (1 + math.cos(3 * a)) + 0.9 * (1 - math.cos(2 * b)) + 0.5 * math.cos(a - b)
print(json.dumps({"energy": e}))
'''


class External:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.program = self.folder / "energy.py"
        self.program.write_text(PROGRAM)

    def energy(self, phi, psi):
        job = self.folder / "job.json"
        job.write_text(json.dumps({"phi": phi, "psi": psi}))
        done = subprocess.run([sys.executable, "-I", "-S", str(self.program), str(job)],  # [cause]
                              capture_output=True, text=True, check=True)
        return json.loads(done.stdout)["energy"]


def scan(engine, steps):
    surface = {}
    for i in range(steps):
        for j in range(steps):
            phi, psi = 2 * math.pi * i / steps, 2 * math.pi * j / steps
            surface[i, j] = engine.energy(phi, psi)  # [cause]
    return surface


def boltzmann(surface, kt=0.593):
    lowest = min(surface.values())
    weights = {k: math.exp(-(e - lowest) / kt) for k, e in surface.items()}
    total = sum(weights.values())
    return {k: w / total for k, w in weights.items()}


def main():
    with tempfile.TemporaryDirectory() as tmp:
        surface = scan(External(tmp), steps=8)
    share = boltzmann(surface)
    best = sorted(share, key=share.get)[-3:]  # [decoy]
    text = ""
    for key in reversed(best):
        text += f"{key}: {surface[key]:.3f} kcal/mol, {100 * share[key]:.1f} %\n"  # [decoy]
    print(text)


if __name__ == "__main__":
    main()
