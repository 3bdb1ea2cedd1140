"""What each of perfwatch's passes costs the target, beside scalene, cProfile, line_profiler and memray.

Every script notes how long its own body took, so that no tool's start and no
report's writing counts. In each round every tool runs the script once, in random
order, and a script without any tool; a figure is the median over rounds of the
ratio within a round, its interval the order statistics around it (sign test).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from paired import median_interval
from scripts import ALLOCATING, CALL_HEAVY, NUMPY_BOUND

SECONDS = 1.5
SCRIPTS = {"numpy-bound": NUMPY_BOUND, "call-heavy": CALL_HEAVY, "allocating": ALLOCATING}
NOTES = "BODY_TIMES"
BEFORE = "import os as _os, time as _time\n_began = _time.perf_counter_ns()\n"
AFTER = f"""
with open(_os.environ[{NOTES!r}], "a") as _notes:
    print(_time.perf_counter_ns() - _began, file=_notes)
"""
PYTHON = (sys.executable,)


def perfwatch(passes):
    beside = Path(sys.executable).with_name("perfwatch")
    options = ("--quiet", "--no-progress", "--python", sys.executable, "--out", "out", "--passes", passes)
    return (beside, "run", *options)


#: Each tool's command before the script, and which of the executions it makes are its own cost.
TOOLS = {
    "cProfile": ((*PYTHON, "-m", "cProfile", "-o", "c.prof"), slice(None)),
    "scalene --cpu-only": ((*PYTHON, "-m", "scalene", "run", "--cpu-only", "-o", "s.json"), slice(None)),
    "perfwatch, cpu pass": (perfwatch("cpu"), slice(1, None)),
    "line_profiler": (
        (*PYTHON, "-m", "kernprof", "-q", "-l", "-p", "script.py", "-o", "l.lprof"),
        slice(None),
    ),
    "perfwatch, lines pass": (perfwatch("lines"), slice(-1, None)),
    "scalene": ((*PYTHON, "-m", "scalene", "run", "-o", "s.json"), slice(None)),
    "memray": ((*PYTHON, "-m", "memray", "run", "-q", "-f", "-o", "m.bin"), slice(None)),
    "perfwatch, memory pass": (perfwatch("memory"), slice(-1, None)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--script", choices=SCRIPTS, action="append")
    parser.add_argument("--tool", choices=TOOLS, action="append")
    arguments = parser.parse_args()
    for name in arguments.script or SCRIPTS:
        with tempfile.TemporaryDirectory(prefix="perfwatch-beside-") as folder:
            measure(name, arguments.tool or list(TOOLS), arguments.rounds, Path(folder))


def measure(name, tools, rounds_count, folder):
    (folder / "script.py").write_text(BEFORE + SCRIPTS[name] + AFTER, encoding="utf-8")
    # A project of its own, so that no configuration from above is found.
    (folder / "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")
    work = str(work_for(folder))
    order, chance = ["alone", *tools], random.Random(7)
    ratios = {tool: [] for tool in tools}
    for _ in range(rounds_count):
        chance.shuffle(order)
        took = {tool: body_ns(tool, work, folder) for tool in order}
        for tool in tools:
            ratios[tool].append(took[tool] / took["alone"])
    print(f"{name}, {body_ns('alone', work, folder) / 1e9:.2f} s alone, {rounds_count} rounds")
    for tool, found in ratios.items():
        bounds = median_interval(found)
        interval = "no interval" if bounds is None else "[{:.2f}, {:.2f}]".format(*bounds)
        print(f"    {tool:24} {statistics.median(found):6.2f}x {interval}", flush=True)


def work_for(folder):
    """How much work makes the script's body last about ``SECONDS``."""
    work = 2
    while (took := body_ns("alone", str(work), folder)) < SECONDS * 5e8:
        work = max(work + 1, min(4 * work, round(work * SECONDS * 1e9 / took)))
    return round(work * SECONDS * 1e9 / took)


def body_ns(tool, work, folder):
    """Run the script once under a tool; the median time of its body in the executions that count."""
    command, mine = ((*PYTHON,), slice(None)) if tool == "alone" else TOOLS[tool]
    notes = folder / "notes"
    notes.unlink(missing_ok=True)
    environment = {**os.environ, NOTES: str(notes), "PERFWATCH_PROCESSES": "1", "PERFWATCH_SAMPLES": "100"}
    script = ("script.py", "---", work) if tool.startswith("scalene") else ("script.py", work)
    subprocess.run(
        (*command, *script), cwd=folder, env=environment, check=True, capture_output=True, timeout=600
    )
    return statistics.median(int(line) for line in notes.read_text(encoding="ascii").split()[mine])


if __name__ == "__main__":
    main()
