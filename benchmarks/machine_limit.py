"""How near to the machine's limit statements are found whose place is known beforehand.

Large products of matrices and passes over memory that was met before should come near 1, factors and results in
fresh memory about half as near, and tiny arrays nowhere near it. Each is watched in a process of its own
by the worker, as the experiment ``limit`` does. Prints the median of the ratio over the repeats, with its least and most.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

LAUNCHED = """
import json, sys, types
from perfwatch.worker.limits import Limits
from perfwatch.worker.subject import Subject

file, first, name, statement = sys.argv[1], int(sys.argv[2]), "work", sys.argv[3]
module = {"__name__": "watched", "__file__": file}
exec(compile(open(file).read(), file, "exec"), module)
function = {"file": file, "line": module["work"].__code__.co_firstlineno, "name": name}
limits = Limits(function, first, first, statement, {"it": 60.0})
limits.measure(Subject(name="it", call=module["work"]))
print(json.dumps(limits.records[0]["limits"]))
"""
#: What is made first, the statement, how often, and where it should be found.
STATEMENTS = {
    "product, 1500 x 1500": ("a = np.random.random((1500, 1500))", "c = a @ a", 20, "near"),
    "product, 1500 x 1500, narrow": (
        "a = np.random.random((1500, 1500)).astype(np.float32)",
        "c = a @ a",
        20,
        "near",
    ),
    "Cholesky, 2000 x 2000": ("a = np.eye(2000) + 0.0001", "c = np.linalg.cholesky(a)", 8, "half"),
    "solution, 1500 x 1500": (
        "a = np.eye(1500) + 0.0001; b = np.ones(1500)",
        "c = np.linalg.solve(a, b)",
        10,
        "half",
    ),
    "matrix and vector, 4000 x 4000": (
        "a = np.ones((4000, 4000)); b = np.ones(4000)",
        "c = a @ b",
        40,
        "near",
    ),
    "sum in place, 32 MB": ("a = np.ones(4_000_000); b = np.ones(4_000_000)", "a += b", 100, "near"),
    "sum in fresh memory, 32 MB": (
        "a = np.ones(4_000_000); b = np.ones(4_000_000)",
        "c = a + b",
        100,
        "half",
    ),
    "product, 4 x 4": ("a = np.ones((4, 4))", "c = a @ a", 50_000, "far below"),
    "sum, 16 numbers": ("a = np.ones(16)", "c = a + 1.0", 50_000, "far below"),
}


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--repeats", type=int, default=5)
    repeats = arguments.parse_args().repeats
    print(f"{'statement':32} {'should be':10} reached, least to most")
    for name, (setting, statement, count, where) in STATEMENTS.items():
        found = sorted(reached(setting, statement, count) for _ in range(repeats))
        print(f"{name:32} {where:10} {statistics.median(found):7.1%}, {found[0]:.1%} to {found[-1]:.1%}")


def reached(setting, statement, count):
    lines = [
        "import numpy as np",
        "def work():",
        f"    {setting}",
        f"    for _ in range({count}):",
        f"        {statement}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "watched.py"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run(
            (sys.executable, "-c", LAUNCHED, str(file), str(len(lines)), statement),
            check=True,
            capture_output=True,
            text=True,
        )
    found = json.loads(done.stdout)
    return (found["arithmetic_s"] + found["memory_s"]) * 1e9 / found["spent_ns"]


if __name__ == "__main__":
    main()
