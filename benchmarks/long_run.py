"""What the profile of a long run takes: bytes stored, our own memory, the time to render it again.

The script calls through thousands of different stacks in three threads, so that
there is much to keep; it rests between bursts, because its length is what counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

STORED_LIMIT, MEMORY_LIMIT, REPORT_LIMIT_SECONDS = 30e6, 300e6, 10.0
SCRIPT = '''\
"""Wander through a random tree of calls, in three threads, until the time is over."""

import random
import sys
import threading
import time


def make(level):
    lines = [f"def step_{level}_{branch}(depth, chance):" for branch in range(10)]
    body = "    total = sum(range(200))\\n    if depth:\\n        return total + chance.choice(STEPS)(depth - 1, chance)\\n    return total"
    return "\\n".join(f"{head}\\n{body}" for head in lines)


STEPS = []


def grow():
    for level in range(20):
        space = {"STEPS": STEPS}
        exec(compile(make(level), __file__, "exec"), space)
        STEPS.extend(value for name, value in space.items() if name.startswith("step_"))


def wander(seed, until):
    chance = random.Random(seed)
    while time.monotonic() < until:
        burst = time.monotonic() + 0.02
        while time.monotonic() < burst:
            chance.choice(STEPS)(30, chance)
        time.sleep(0.08)


grow()
until = time.monotonic() + float(sys.argv[1])
threads = [threading.Thread(target=wander, args=(seed, until)) for seed in (1, 2)]
for thread in threads:
    thread.start()
wander(0, until)
for thread in threads:
    thread.join()
'''


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="perfwatch-long-") as folder:
        measure(arguments.seconds, Path(folder))


def measure(seconds, folder):
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    # A project of its own, so that no configuration from above is found.
    (folder / "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")
    perfwatch = str(Path(sys.executable).with_name("perfwatch"))
    run = (perfwatch, "run", "--once", "--quiet", "--no-progress", "--python", sys.executable)
    budget = ("--budget", f"{round(3 * seconds + 600)}s")
    memory = own_peak_bytes((*run, *budget, "script.py", str(seconds)), folder)
    stored = sum(file.stat().st_size for file in (folder / ".perfwatch").rglob("*") if file.is_file())
    began = time.perf_counter()
    subprocess.run(
        (perfwatch, "report", "latest", "--out", "again"), cwd=folder, check=True, capture_output=True
    )
    took = time.perf_counter() - began
    print(f"a run of {seconds:.0f} s, watched from outside")
    print(f"    stored, report included  {stored / 1e6:7.2f} MB   target under {STORED_LIMIT / 1e6:.0f} MB")
    print(f"    memory of perfwatch      {memory / 1e6:7.2f} MB   target under {MEMORY_LIMIT / 1e6:.0f} MB")
    print(f"    report rendered again in {took:7.2f} s    target under {REPORT_LIMIT_SECONDS:.0f} s")


def own_peak_bytes(command, folder):
    """Run the command; the greatest resident memory of its own process, without the target's."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peaks = [0]
    watcher = threading.Thread(target=watch, args=(process.pid, peaks))
    watcher.start()
    status = process.wait()
    watcher.join()
    if status != 0:
        raise SystemExit(f"the run ended with {status}")
    return peaks[0]


def watch(pid, peaks):
    try:
        ours = psutil.Process(pid)
        while ours.status() != psutil.STATUS_ZOMBIE:
            peaks[0] = max(peaks[0], ours.memory_info().rss)
            time.sleep(0.2)
    except psutil.NoSuchProcess:
        return  # it has ended


if __name__ == "__main__":
    main()
