"""What ``perfwatch attach`` costs a process while it is watched: time per iteration, watched over left alone.

One process works all the while and counts its own iterations in a file that it
shares with us. Stretches alone (A) and watched (B) take turns A B B A. A watched
stretch begins when the sampler runs, so that nothing of perfwatch's start is in it.
Run it on a machine that does nothing else, with a core to spare for the sampler: six
quads at least for an interval, and stretches of a full round of ten seconds.
"""

from __future__ import annotations

import argparse
import mmap
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from paired import paired

TARGET = "target at most 1.05x"
#: How perfwatch ends where Ctrl-C cut its watch short.
INTERRUPTED = 130
COUNTING = """
import ctypes, mmap, struct, sys
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)
file = open("counter", "r+b")
counter = mmap.mmap(file.fileno(), 8)
{setup}
print("ready", flush=True)
count = 0
while True:
    {step}
    count += 1
    counter[:8] = struct.pack("=Q", count)
"""
CASES = {
    "numpy-bound": ("import numpy as np\nfield = np.ones((256, 256))", "field = np.roll(field, 1, 0) * 0.5 + 0.25"),
    "call-heavy": (
        "def shift(value):\n    return value + 1\n\ndef scale(value):\n    return shift(value) * 0.5",
        "sum(scale(value) for value in range(300))",
    ),
    # The work of all threads counts: who of them holds the interpreter lock how often is their own affair.
    "threads and numpy": (
        """
from concurrent.futures import ThreadPoolExecutor
import numpy as np
data = np.random.default_rng(1).random(200_000)
pool = ThreadPoolExecutor(2)
""",
        "list(pool.map(np.sort, [data] * 4))",
    ),
    "workload:digital-twin/physics": (
        "from perfwatch.workloads.digital_twin import physics\nrecipes = physics.inputs('small', 0)",
        "physics.vectorised(recipes)",
    ),
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quads", type=int, default=8, help="A B B A turns for each case")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a stretch")
    parser.add_argument("--case", choices=CASES, action="append", help="only this one")
    parser.add_argument("--native", action="store_true", help="watch with --native")
    arguments = parser.parse_args()
    for name in arguments.case or CASES:
        with tempfile.TemporaryDirectory(prefix="perfwatch-attach-") as folder:
            options = ["--native"] if arguments.native else []
            ratio = measure_case(name, Path(folder), arguments, options)
        print(f"watched / left alone, {name}{' (--native)' if options else ''}: {ratio}, {TARGET}")


def measure_case(name, folder, arguments, options):
    (folder / "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")
    (folder / "counter").write_bytes(bytes(8))
    setup, step = CASES[name]
    (folder / "target.py").write_text(COUNTING.format(setup=setup, step=step), encoding="utf-8")
    target = subprocess.Popen([sys.executable, "target.py"], cwd=folder, stdout=subprocess.PIPE)
    try:
        target.stdout.readline()
        with (folder / "counter").open("rb") as file:
            counter = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
        time.sleep(1)
        return paired(
            lambda: per_iteration_ns(counter, arguments.seconds),
            lambda: watched_ns(counter, target.pid, folder, arguments.seconds, options),
            arguments.quads,
        )
    finally:
        target.kill()
        target.wait()


def per_iteration_ns(counter, seconds):
    began, before = time.perf_counter_ns(), int.from_bytes(counter[:8], sys.byteorder)
    time.sleep(seconds)
    took, after = time.perf_counter_ns() - began, int.from_bytes(counter[:8], sys.byteorder)
    return took / (after - before)


def watched_ns(counter, pid, folder, seconds, options):
    command = [Path(sys.executable).with_name("perfwatch"), "attach", str(pid), "--quiet", *options]
    command += ["--duration", f"{seconds + 60:.0f}s"]
    perfwatch = subprocess.Popen(command, cwd=folder)
    try:
        wait_for_sampler(perfwatch.pid)
        return per_iteration_ns(counter, seconds)
    finally:
        perfwatch.send_signal(signal.SIGINT)
        code = perfwatch.wait()
        if code != INTERRUPTED:
            raise RuntimeError(f"perfwatch attach ended with {code}, not {INTERRUPTED}: nothing was watched")


def wait_for_sampler(perfwatch_pid):
    """Return when a child of perfwatch is py-spy."""
    listed = Path(f"/proc/{perfwatch_pid}/task/{perfwatch_pid}/children")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for child in listed.read_text(encoding="ascii").split():
            try:
                if Path(f"/proc/{child}/comm").read_text(encoding="utf-8").strip() == "py-spy":
                    return
            except OSError:
                continue  # it has just ended
        time.sleep(0.02)
    raise TimeoutError("perfwatch started no sampler within a minute")


if __name__ == "__main__":
    main()
