"""How often the function that a red names first is the one that was slowed.

A small package of nested functions is committed, one of them is given more work by
counting it, and the gate is run on the two commits. Beside the slowed function, head
changes the hottest one without changing its work, so that what the diff touched does
not tell the answer. One repeat a call; rows are appended, so that it can stop and go on:

    python benchmarks/red_to_function.py --rows rows.jsonl --repeat 0
    python benchmarks/red_to_function.py --rows rows.jsonl --report

It must not read anything but the gate's own JSON for its answer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FORCES = """
def pair_force(distance):
    found = 0.0
    for number in range({pair_force}):
        found += distance / (number + 1.0)
    return found


def gravity(bodies):
    found = []
    for distance in bodies:
        found.append(pair_force(distance))
    total = 0.0
    for number in range({gravity}):
        total += number * 0.5
    return found, total


def drag(bodies):
    {name} = 0.0
    for number in range({drag}):
        {name} += number * 0.25
    return {name}
"""
STEPS = """
from orbits.forces import drag, gravity


def advance(bodies, forces):
    moved = 0.0
    for number in range({advance}):
        moved += number * 0.125
    return [one + 1e-9 * force for one, force in zip(bodies, forces)], moved


def step(bodies):
    forces, _ = gravity(bodies)
    drag(bodies)
    moved, _ = advance(bodies, forces)
    check = 0
    for number in range({step}):
        check += number & 3
    return moved


def energy(bodies):
    found = 0.0
    for number in range({energy}):
        found += number * 2.0
    return found


def run():
    bodies = [1.0, 2.0, 3.0, 4.0]
    for _ in range(5):
        bodies = step(bodies)
    return energy(bodies)
"""
#: Rounds of each function's loop in one call, and its calls in one run.
ROUNDS = {
    "pair_force": 1_500,
    "gravity": 3_000,
    "drag": 10_000,
    "advance": 4_000,
    "step": 2_000,
    "energy": 9_000,
}
CALLS = {"pair_force": 20, "gravity": 5, "drag": 5, "advance": 5, "step": 5, "energy": 1}
#: Which function is slowed in each repeat, and by what share of the whole run.
REPEATS = (
    ("gravity", 0.15),
    ("pair_force", 0.20),
    ("advance", 0.30),
    ("step", 0.15),
    ("energy", 0.25),
    ("advance", 0.15),
    ("gravity", 0.30),
    ("energy", 0.15),
    ("step", 0.25),
    ("pair_force", 0.15),
)
GIT = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


def write(folder: Path, rounds: dict[str, int], name: str) -> None:
    """Write the package with so many rounds each; ``name`` is a variable's, which costs nothing."""
    package = folder / "orbits"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "forces.py").write_text(FORCES.format(**rounds, name=name), encoding="utf-8")
    (package / "steps.py").write_text(STEPS.format(**rounds), encoding="utf-8")


def commit(folder: Path, message: str) -> None:
    """Commit everything."""
    for arguments in (("add", "."), ("commit", "--quiet", "-m", message)):
        subprocess.run([*GIT, *arguments], cwd=folder, check=True)


def prepared(number: int, folder: Path) -> tuple[str, float]:
    """Commit a base, and a head in which one function is slower; return which, and by what share of the run."""
    culprit, share = REPEATS[number]
    whole = sum(ROUNDS[name] * CALLS[name] for name in ROUNDS)
    subprocess.run([*GIT, "init", "--quiet", "--initial-branch", "main"], cwd=folder, check=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'orbits'\n", encoding="utf-8")
    (folder / ".gitignore").write_text(".perfwatch\n__pycache__\nout.json\n", encoding="utf-8")
    write(folder, ROUNDS, "total")
    commit(folder, "base")
    write(folder, {**ROUNDS, culprit: ROUNDS[culprit] + round(share * whole / CALLS[culprit])}, "summed")
    commit(folder, "head")
    return culprit, share


def gated(folder: Path) -> tuple[dict[str, Any], str]:
    """Gate head against base; return the report, and the end of what was said beside it."""
    command = [sys.executable, "-m", "perfwatch", "gate", "orbits.steps:run", "--base", "HEAD~1"]
    done = subprocess.run(
        [*command, "--no-progress", "--per-benchmark", "60s", "--json", "out.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    return json.loads((folder / "out.json").read_text(encoding="utf-8")), done.stderr[-300:]


def repeat(number: int, folder: Path) -> dict[str, Any]:
    """Slow one function, gate, and return what was said."""
    culprit, share = prepared(number, folder)
    started = time.monotonic()
    report, said = gated(folder)
    seconds = time.monotonic() - started
    comparison = report["benchmarks"][0]["comparison"][0]
    found = next(iter(report["gate"]["functions"]), None)
    frame = found["frames"][0] if found and found["frames"] and found["frames"][0]["named"] else None
    return {
        "repeat": number,
        "culprit": culprit,
        "share": share,
        "verdict": comparison["verdict"],
        "ratio": comparison["ratio"],
        "named": None if frame is None else frame["function"],
        "part": None
        if frame is None
        else frame["charged"]["difference_ns"] / (found["head_ns"] - found["base_ns"]),
        "summary": found["summary"] if found else comparison["reason"] + said,
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Run one repeat, or count what the rows say."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=Path, required=True, help="where rows are appended")
    parser.add_argument("--repeat", type=int, choices=range(len(REPEATS)), help="which repeat to run")
    parser.add_argument("--report", action="store_true", help="count what the rows say")
    asked = parser.parse_args()
    if asked.repeat is not None:
        with tempfile.TemporaryDirectory() as folder:
            row = repeat(asked.repeat, Path(folder))
        with asked.rows.open("a", encoding="utf-8") as rows:
            rows.write(json.dumps(row) + "\n")
        print(json.dumps(row, indent=1))
    if asked.report:
        found = [json.loads(line) for line in asked.rows.read_text(encoding="utf-8").splitlines()]
        red = [row for row in found if row["verdict"] == "slower"]
        right = sum(row["named"] == row["culprit"] for row in red)
        print(f"{right} of {len(red)} reds name the slowed function first ({len(found)} repeats)")


if __name__ == "__main__":
    main()
