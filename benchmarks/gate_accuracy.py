"""How often perfwatch's gate is right, beside pytest-benchmark, pyperf and asv, on changes that are known.

A change is counted work: head does exactly so many percent more rounds than
base. Three bodies take turns (a Python loop, a numpy pipeline that allocates,
linear algebra), quiet or beside a neighbour that bursts on every core for 0.1 to
2 s at random. Each trial is one comparison by one tool; its row is appended to a
file, so that measuring can stop and go on, and what has the fewest rows for its
goal comes next. ``--show`` prints what is there: flagged rates with Wilson's 95%
intervals, the error of the ratio, seconds per comparison.

A body is flagged where a tool says that head is slower: perfwatch's verdict,
pytest-benchmark's --benchmark-compare-fail, pyperf's compare_to, asv continuous.
Each has its own defaults, and libraries one thread.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import multiprocessing
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

#: Rounds of base, enough that a percent is a whole number of them.
BODIES = {
    "loop": (
        200,
        """
def work():
    found = 0
    for _ in range({rounds}):
        for number in range(180):
            found += number
    return found
""",
    ),
    "numpy": (
        100,
        """
import numpy as np

VALUES = np.linspace(0.0, 1.0, 20_000)

def work():
    found = 0.0
    for _ in range({rounds}):
        found += float(np.sqrt(VALUES * VALUES + 1.0).sum())
    return found
""",
    ),
    "algebra": (
        100,
        """
import numpy as np

MATRIX = np.eye(64) * 64 + np.linspace(0.0, 1.0, 64 * 64).reshape(64, 64) / 64
MATRIX = MATRIX @ MATRIX.T

def work():
    found = 0.0
    for _ in range({rounds}):
        found += float(np.linalg.cholesky(MATRIX)[0, 0])
    return found
""",
    ),
}
LEVELS = {"A/A": 0.0, "+2%": 0.02, "+5%": 0.05, "+10%": 0.10}
SUITE = "from body import work\n\ndef test_work(benchmark):\n    benchmark(work)\n"
PYPERF = "import pyperf\nfrom body import work\n\npyperf.Runner().bench_func('work', work)\n"
#: Libraries that bring threads of their own would measure the neighbour's cores.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=Path, default=Path(__file__).with_suffix(".jsonl"))
    parser.add_argument("--trials", type=int, help="so many and no more [default: until every goal is met]")
    parser.add_argument("--tool", choices=TOOLS, action="append")
    parser.add_argument("--level", choices=LEVELS, action="append")
    parser.add_argument("--weather", choices=("quiet", "noisy"), action="append")
    parser.add_argument("--show", action="store_true", help="print what was measured so far, and end")
    parser.add_argument(
        "--by-body", action="store_true", help="with --show: perfwatch's figures for each body"
    )
    arguments = parser.parse_args()
    if not arguments.show:
        measure(arguments)
    if arguments.by_body:
        show_bodies(arguments.rows)
    else:
        show(arguments.rows)


def measure(arguments):
    cells = list(
        itertools.product(
            arguments.tool or TOOLS,
            BODIES,
            arguments.level or LEVELS,
            arguments.weather or ("quiet", "noisy"),
        )
    )
    commit = said(("git", "rev-parse", "--short", "HEAD"), Path(__file__).parent).stdout.strip()
    for _ in itertools.count() if arguments.trials is None else range(arguments.trials):
        done = Counter(
            (row["tool"], row["body"], row["level"], row["weather"]) for row in read(arguments.rows)
        )
        met = {cell: done[cell] * len(BODIES) / goal(*cell) for cell in cells}
        if min(met.values()) >= 1:
            return
        # Among those that are equally far behind, chance decides: time of day falls on no cell in particular.
        tool, body, level, weather = min(cells, key=lambda cell: (met[cell], random.random()))
        with tempfile.TemporaryDirectory(prefix="perfwatch-accuracy-") as folder, sky(weather):
            sides(Path(folder), body, LEVELS[level])
            started = time.monotonic()
            row = TOOLS[tool](Path(folder))
            row |= {"tool": tool, "body": body, "level": level, "weather": weather, "commit": commit}
            row.setdefault("seconds", time.monotonic() - started)
            with arguments.rows.open("a", encoding="utf-8") as rows:
                rows.write(json.dumps(row) + "\n")


def goal(tool, _body, level, _weather):
    """So many trials, over all bodies, are wanted of a tool for a level and a weather.

    Of identical code perfwatch gets 120 in both weathers together, and each other tool 30.
    """
    if tool == "perfwatch":
        return 60 if level == "A/A" else 30
    return 15


def read(path):
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


def sides(folder, body, more):
    """Base and head, each in a folder of its own."""
    rounds, source = BODIES[body]
    for side, count in (("base", rounds), ("head", round(rounds * (1 + more)))):
        (folder / side).mkdir()
        (folder / side / "body.py").write_text(source.format(rounds=count), encoding="utf-8")
        (folder / side / "test_body.py").write_text(SUITE, encoding="utf-8")
        (folder / side / "bench_body.py").write_text(PYPERF, encoding="utf-8")
        (folder / side / "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")


@contextmanager
def sky(weather):
    """The machine's weather: a neighbour on every core, where it is noisy."""
    cores = os.cpu_count() or 1
    neighbours = [
        multiprocessing.Process(target=burst, args=(number,), daemon=True)
        for number in range(cores if weather == "noisy" else 0)
    ]
    for one in neighbours:
        one.start()
    try:
        yield
    finally:
        for one in neighbours:
            one.terminate()
            one.join()


def burst(number):
    """Compute for 0.1 to 2 s, rest for as long on average, and so on."""
    chance = random.Random(time.time_ns() + number)
    while True:
        end = time.monotonic() + chance.uniform(0.1, 2.0)
        while time.monotonic() < end:
            sum(range(1_000))
        time.sleep(chance.uniform(0.1, 2.0))


def said(command, folder, *, allowed=(0,)):
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if done.returncode not in allowed:
        raise RuntimeError(f"{command[:4]} ended with {done.returncode}: {done.stderr[-500:]}")
    return done


def by_perfwatch(folder):
    command = (sys.executable, "-m", "perfwatch", "gate", "--base-dir", "base", "--head-dir", "head")
    options = ("--no-progress", "--quiet", "--passes", "timing", "--json", "out.json")
    said((*command, *options, "body:work"), folder, allowed=(0, 1, 6))
    report = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    comparison = report["benchmarks"][0]["comparison"][0]
    return {
        "flagged": comparison["verdict"] == "slower",
        "word": comparison["verdict"],
        "ratio": comparison["ratio"],
        "void": report["gate"]["verdict"] == "void",
    }


def by_pytest_benchmark(folder, statistic):
    storage = ("--benchmark-storage", f"file://{folder / 'stored'}", "-q", "-p", "no:cacheprovider")
    pytest = (sys.executable, "-m", "pytest", "test_body.py", *storage)
    said((*pytest, "--benchmark-save=base"), folder / "base")
    fails = (f"--benchmark-compare-fail={statistic}:5%", "--benchmark-compare", "--benchmark-save=head")
    done = said((*pytest, *fails), folder / "head", allowed=(0, 1))
    values = [
        json.loads(path.read_text(encoding="utf-8"))["benchmarks"][0]["stats"][statistic]
        for path in sorted((folder / "stored").rglob("*.json"))
    ]
    return {"flagged": done.returncode == 1, "ratio": values[1] / values[0]}


def by_pyperf(folder):
    for side in ("base", "head"):
        said(
            (sys.executable, "bench_body.py", "--fast", "-q", "-o", str(folder / f"{side}.json")),
            folder / side,
        )
    done = said((sys.executable, "-m", "pyperf", "compare_to", "base.json", "head.json", "-v"), folder)
    means = []
    for side in ("base", "head"):
        document = json.loads((folder / f"{side}.json").read_text(encoding="utf-8"))
        runs = document["benchmarks"][0]["runs"]
        means.append(statistics.mean(value for run in runs for value in run.get("values", ())))
    flagged = re.search(r"\bslower\b", done.stdout) is not None and "Not significant" not in done.stdout
    return {"flagged": flagged, "ratio": means[1] / means[0]}


def by_asv(folder):
    """Two commits of a repository, and an environment whose installation copies one file."""
    here = Path(sys.executable).parent
    repository = folder / "repository"
    (repository / "benchmarks").mkdir(parents=True)
    (repository / "benchmarks" / "__init__.py").touch()
    (repository / "benchmarks" / "bench.py").write_text(ASV, encoding="utf-8")
    (repository / "asv.conf.json").write_text(json.dumps(ASV_SETTINGS), encoding="utf-8")
    (repository / "setup.py").touch()
    (repository / "install.py").write_text(INSTALLING, encoding="utf-8")
    git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", "-C", str(repository))
    said((*git, "init", "-q", "-b", "main"), folder)
    commits = []
    for side in ("base", "head"):
        shutil.copy(folder / side / "body.py", repository / "body.py")
        said((*git, "add", "."), folder)
        said((*git, "commit", "-q", "--allow-empty", "-m", side), folder)
        commits.append(said((*git, "rev-parse", "HEAD"), folder).stdout.strip())
    asv = (str(here / "asv"), "--config", "asv.conf.json")
    said((*asv, "machine", "--yes"), repository)
    # The environment is kept from trial to trial: making it is no part of the comparison that is timed.
    said((*asv, "setup"), repository, allowed=(0, 1))
    started = time.monotonic()
    done = said((*asv, "continuous", "--factor", "1.05", *commits), repository, allowed=(0, 1))
    seconds = time.monotonic() - started
    medians = [asv_median(repository, commit) for commit in commits]
    flagged = "PERFORMANCE DECREASED" in done.stdout
    return {"flagged": flagged, "ratio": medians[1] / medians[0], "seconds": seconds}


def asv_median(repository, commit):
    (path,) = (repository / "results").glob(f"*/{commit[:8]}*.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    columns = document["result_columns"]
    return document["results"]["bench.time_work"][columns.index("result")][0]


ASV = "from body import work\n\ndef time_work():\n    work()\n"
#: Byte code goes too: sources of equal size, written in the same second, would share it.
INSTALLING = """
import shutil, sys, sysconfig
from pathlib import Path

place = Path(sysconfig.get_path("purelib"))
for old in place.glob("__pycache__/body.*"):
    old.unlink()
shutil.copy(Path(sys.argv[1]) / "body.py", place)
"""
ASV_SETTINGS = {
    "version": 1,
    "project": "body",
    "repo": ".",
    "branches": ["main"],
    "environment_type": "virtualenv",
    "results_dir": "results",
    "env_dir": str(Path(tempfile.gettempdir()) / "perfwatch-accuracy-asv"),
    "matrix": {"req": {"numpy": []}},
    "build_command": [],
    "install_command": ["python install.py {build_dir}"],
    "uninstall_command": ["return-code=any python -c pass"],
}

TOOLS = {
    "perfwatch": by_perfwatch,
    "pytest-benchmark mean:5%": lambda folder: by_pytest_benchmark(folder, "mean"),
    "pytest-benchmark min:5%": lambda folder: by_pytest_benchmark(folder, "min"),
    "pyperf --fast": by_pyperf,
    "asv continuous --factor 1.05": by_asv,
}


#: What perfwatch did before both sides of a pair had one layout in memory, and pairs were trimmed: its rows stay.
EARLIER = "perfwatch, each side with a layout of its own"


def show(path):
    rows = read(path)
    for weather in ("quiet", "noisy"):
        print(
            f"{weather}: flagged, with Wilson's 95% interval; 90th percentile of the ratio's error; seconds"
        )
        for tool in (*TOOLS, EARLIER):
            mine = [row for row in rows if (row["tool"], row["weather"]) == (tool, weather)]
            if mine:
                print(f"    {tool}")
                for level in LEVELS:
                    shown([row for row in mine if row["level"] == level], level)


def show_bodies(path):
    rows = [row for row in read(path) if row["tool"] == "perfwatch"]
    print("perfwatch, quiet and noisy together: flagged; 90th percentile of the ratio's error; seconds")
    for body in BODIES:
        print(f"    {body}")
        for level in LEVELS:
            shown([row for row in rows if (row["body"], row["level"]) == (body, level)], level)


def shown(rows, level):
    if not rows:
        return
    flagged = sum(row["flagged"] for row in rows)
    low, high = wilson(flagged, len(rows))
    known = 1 + LEVELS[level]
    errors = sorted(abs(row["ratio"] / known - 1) for row in rows if row["ratio"])
    error = f"{errors[min(len(errors) - 1, math.floor(0.9 * len(errors)))]:.1%}" if errors else "-"
    words = {word: sum(row.get("word") == word for row in rows) for word in ("same", "undecided", "faster")}
    also = ", ".join(f"{count} {word}" for word, count in words.items() if count)
    void = sum(bool(row.get("void")) for row in rows)
    seconds = statistics.median(row["seconds"] for row in rows)
    print(
        f"        {level:5} {flagged:3} of {len(rows):3} ({low:.1%} to {high:.1%})  error {error:>6}  {seconds:5.1f} s"
        + (f"  ({also})" if also else "")
        + (f"  {void} void" if void else "")
    )


def wilson(count, whole, z=1.959964):
    """Wilson's score interval of a rate (Wilson 1927)."""
    rate = count / whole
    centre = (rate + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(rate * (1 - rate) / whole + z * z / (4 * whole * whole))
    return max(0.0, centre - half), min(1.0, centre + half)


if __name__ == "__main__":
    main()
