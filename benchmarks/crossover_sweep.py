"""Whether the crossover and the payback that ``perfwatch prove`` reports are those of a dense sweep.

Three pairs whose candidate has a fixed cost and grows more slowly: where the two are
even is found by timing both, in turns in one process, at 40 sizes between the ends,
nine times each. One pair that numba compiles in its first call: after how many calls it
has paid back is counted in twelve fresh processes a side, call by call. Prints both
figures and their ratio; what was asked for is a factor of 1.5.

    $ python benchmarks/crossover_sweep.py
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

SOURCE = """
import numpy as np


def numbers(size, seed=0):
    return (np.random.default_rng(seed).random(int(size)).tolist(),)


def squares(x):
    return sum([value * value for value in x])


def squares_by_array(x):
    found = np.zeros(20_000)
    values = np.fromiter(x, dtype=float, count=len(x))
    return float((values * values).sum() + found.sum())


def pair(size, seed=0):
    generator = np.random.default_rng(seed)
    return generator.permutation(int(size)).tolist(), generator.permutation(int(size)).tolist()


def common(known, wanted):
    return sum([word in known for word in wanted])


def common_by_table(known, wanted):
    table = dict.fromkeys(range(60_000), False)
    table.update(dict.fromkeys(known, True))
    return sum([table.get(word, False) for word in wanted])


def matrix(size, seed=0):
    return (np.random.default_rng(seed).random((int(size), int(size))),)


def traces(a):
    return float(sum([float(a[i] @ a[:, i]) for i in range(len(a))]))


def traces_at_once(a):
    start = sum([number * 0.0 for number in range(4_000)])
    return float(np.einsum("ij,ji->", a, a)) + start
"""
COMPILED = """
import numba
import numpy as np


def numbers(size=3_000, seed=0):
    return (np.random.default_rng(seed).random(int(size)),)


def steps(x):
    total = 0.0
    for value in x:
        total = total * 0.5 + value * value
    return total


@numba.njit
def steps_compiled(x):
    total = 0.0
    for value in x:
        total = total * 0.5 + value * value
    return total
"""
PAIRS = {
    "squares": ("numbers", "squares_by_array", (20, 20_000)),
    "common": ("pair", "common_by_table", (20, 20_000)),
    "traces": ("matrix", "traces_at_once", (4, 400)),
}
SIZES_COUNT, REPEATS_COUNT = 40, 9
PROCESSES_COUNT = 12
COUNTING = """
import sys, time
import {module} as forms
arguments = forms.numbers()
function = getattr(forms, sys.argv[1])
started = time.perf_counter_ns()
for _ in range(int(sys.argv[2])):
    function(*arguments)
    print(time.perf_counter_ns() - started)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="perfwatch-sweep-") as folder:
        place = Path(folder)
        (place / "pyproject.toml").touch()
        (place / "sweep_forms.py").write_text(SOURCE, encoding="utf-8")
        (place / "sweep_compiled.py").write_text(COMPILED, encoding="utf-8")
        for name, (inputs, candidate, ends) in PAIRS.items():
            told = proved(
                place, f"sweep_forms:{name}", f"sweep_forms:{candidate}", f"sweep_forms:{inputs}", ends
            )
            crossover = told["crossover"]
            found = None if crossover is None else crossover["size"]
            rows.append(shown(f"{name}: even at size", found, swept(place, name, candidate, inputs, ends)))
        told = proved(
            place, "sweep_compiled:steps", "sweep_compiled:steps_compiled", "sweep_compiled:numbers", ()
        )
        cold = told["sizes"][0]["cold"] or {}
        rows.append(shown("steps: paid back after calls", cold.get("payback_calls_count"), counted(place)))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    sys.exit(any(row["factor"] is None or row["factor"] > 1.5 for row in rows))


def proved(place, reference, candidate, inputs, ends):
    """What ``perfwatch prove`` says, at its defaults."""
    sizes = ("--sizes", ",".join(map(str, ends))) if ends else ()
    command = (sys.executable, "-m", "perfwatch", "prove", reference, candidate, "--inputs", inputs)
    subprocess.run(
        (*command, *sizes, "--no-progress", "--quiet", "--json", "proof.json"),
        cwd=place,
        check=True,
        timeout=900,
    )
    (proof,) = json.loads((place / "proof.json").read_text(encoding="utf-8"))["proofs"]
    return proof


def swept(place, name, candidate, inputs, ends):
    """The size where both take equally long: between the last that favours one and the first that favours the other."""
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))
    forms = importlib.import_module("sweep_forms")
    first, second, make = (getattr(forms, one) for one in (name, candidate, inputs))
    ratio = (ends[1] / ends[0]) ** (1 / (SIZES_COUNT - 1))
    gains = []
    for number in range(SIZES_COUNT):
        size = round(ends[0] * ratio**number)
        arguments = make(size)
        seconds = [[], []]
        for _ in range(REPEATS_COUNT):
            for side, function in enumerate((first, second)):
                seconds[side].append(timed(function, arguments))
        gains.append((size, math.log(statistics.median(seconds[1]) / statistics.median(seconds[0]))))
    crossings = [
        math.exp(math.log(left) + (math.log(right) - math.log(left)) * before / (before - after))
        for (left, before), (right, after) in pairwise(gains)
        if before > 0 >= after
    ]
    # Noise may make them even more than once: the middle one divides the sizes best.
    return statistics.median(crossings)


def timed(function, arguments):
    """Seconds a call, over a stretch of 2 ms at least."""
    calls = 1
    while True:
        started = time.perf_counter()
        for _ in range(calls):
            function(*arguments)
        took = time.perf_counter() - started
        if took >= 0.002:
            return took / calls
        calls *= 2


def counted(place):
    """After how many calls the compiled form has taken no longer in all: medians over fresh processes."""
    calls = 6_000
    plain, compiled = (
        [lasting(place, form, calls) for _ in range(PROCESSES_COUNT)] for form in ("steps", "steps_compiled")
    )
    middle = [[statistics.median(column) for column in zip(*one, strict=True)] for one in (plain, compiled)]
    for number, (slow, quick) in enumerate(zip(*middle, strict=True), start=1):
        if quick <= slow:
            return number
    return None


def lasting(place, form, calls):
    """Nanoseconds since the first call began, after each of so many calls in a fresh process."""
    done = subprocess.run(
        (sys.executable, "-c", COUNTING.format(module="sweep_compiled"), form, str(calls)),
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return [int(line) for line in done.stdout.split()]


def shown(name, found, known):
    factor = None if not found or not known else max(found / known, known / found)
    said = (
        "not reported"
        if factor is None
        else f"{found:,.0f}, by the sweep {known:,.0f}: a factor of {factor:.2f}"
    )
    print(f"{name} {said}", flush=True)
    return {"name": name, "reported": found, "swept": known, "factor": factor}


if __name__ == "__main__":
    main()
