"""What ``perfwatch run script.py`` costs with its default passes, as a multiple of the script alone."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path

from paired import paired, wall_ns
from scripts import CALL_HEAVY, NUMPY_BOUND

SCRIPT_SECONDS = 2.0
TARGET = 12.0
CASES = {
    "numpy-bound": (NUMPY_BOUND, f"target at most {TARGET:.0f}x"),
    "call-heavy": (CALL_HEAVY, "no target"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quads", type=int, default=1, help="A B B A turns for each script")
    parser.add_argument("--case", choices=CASES, action="append", help="only this script")
    arguments = parser.parse_args()
    for name in arguments.case or CASES:
        with tempfile.TemporaryDirectory(prefix="perfwatch-cost-") as folder:
            measure_case(name, arguments.quads, Path(folder))


def measure_case(name, quads_count, folder):
    text, target = CASES[name]
    (folder / "script.py").write_text(text, encoding="utf-8")
    # A project of its own, so that no configuration from above is found.
    (folder / "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")
    script = [sys.executable, "script.py", str(rounds_for(SCRIPT_SECONDS, folder))]
    report = folder / "report.json"
    perfwatch = [Path(sys.executable).with_name("perfwatch"), "run", "--no-progress", "--quiet"]
    perfwatch += ["--python", sys.executable, "--out", folder / "out", "--json", report, *script[1:]]
    alone, splits = [], []

    def time_script():
        alone.append(wall_ns(script, folder))
        return alone[-1]

    def time_perfwatch():
        elapsed = wall_ns(perfwatch, folder)
        splits.append(durations_by_pass(report) + Counter({"whole command": elapsed}))
        return elapsed

    ratio = paired(time_script, time_perfwatch, quads_count)
    script_ns = statistics.median(alone)
    print(f"perfwatch run / script alone, {name}, {script_ns / 1e9:.2f} s: {ratio}, {target}")
    print_split(splits, script_ns)


def rounds_for(seconds, folder):
    """How many rounds the script needs to last about ``seconds``, start-up included."""
    few, many = 2, 12
    short, long = (
        min(wall_ns([sys.executable, "script.py", str(count)], folder) for _ in range(3)) / 1e9
        for count in (few, many)
    )
    per_round = (long - short) / (many - few)
    return max(many, round(few + (seconds - short) / per_round))


def durations_by_pass(report):
    document = json.loads(report.read_text(encoding="utf-8"))
    durations = Counter()
    for benchmark in document["benchmarks"]:
        for record in benchmark["passes"]:
            durations[record["name"]] += record["duration_ns"]
    return durations


def print_split(splits, script_ns):
    """Print each pass's time over the script's; what no pass claims is ours: start, store, report."""
    names = [name for name in splits[0] if name != "whole command"]
    for name in names:
        print(f"    {name:14} {statistics.median(split[name] for split in splits) / script_ns:6.2f}x")
    rest = [split["whole command"] - sum(split[name] for name in names) for split in splits]
    print(f"    {'everything else':14} {statistics.median(rest) / script_ns:5.2f}x")


if __name__ == "__main__":
    main()
