"""How long the pages of ``perfwatch browse`` take over a large store, asked for through HTTP.

A store of 10,000 runs is made by the store's own code, half of them of a target whose benchmark
so has a history of 5,000 times, on three machines. The real server is started over it, and each
page is fetched a number of times; the first answer, before anything is cached, is told apart.
"""

from __future__ import annotations

import argparse
import http.client
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from perfwatch import units
from perfwatch.records.comparison import Summary
from perfwatch.records.run import (
    Benchmark,
    Commit,
    Environment,
    Pass,
    PassName,
    PassResult,
    PassState,
    RunHeader,
    RunState,
    Target,
    TargetKind,
)
from perfwatch.records.timing import ProcessTiming, Timing
from perfwatch.store import lists, open_store, shelf, slug_of

#: What is asked for, and within how many milliseconds; ``None`` where there is no aim.
AIMS_MS = {"list": 200, "history": 500}
LIBRARIES = {"numpy": "2.1.3", "scipy": "1.14.1", "numba": "0.60.0", "h5py": "3.12.1", "jax": "0.4.35"}
MACHINES = (("e1", "EPYC 7763", 2), ("e2", "Xeon 8375C", 16), ("e3", "Apple M2", 8))


def environment(number: int) -> Environment:
    key, processor, cores = MACHINES[number % 7 % 3]
    return Environment(
        key=key,
        system="Linux 6.1",
        machine="x86_64",
        processor=processor,
        cores_count=cores,
        memory_bytes=16_000_000_000,
        python="3.11.7",
        implementation="CPython",
        executable="/usr/bin/python3.11",
        libraries=LIBRARIES,
        threads={"OMP_NUM_THREADS": "not set"},
    )


def header(number: int) -> RunHeader:
    started = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=90 * number)
    name, key = (
        ("fit.py", "script:fit.py") if number % 2 else ("test_solver.py", "pytest:tests/test_solver.py")
    )
    return RunHeader(
        id=f"{started:%Y%m%dT%H%M%S}-{number:04x}",
        started_at=f"{started:%Y-%m-%dT%H:%M:%SZ}",
        command=f"perfwatch run {name}",
        targets=(Target(kind=TargetKind.SCRIPT, name=name, key=key),),
        environment=environment(number),
        commit=Commit(
            revision=f"{number // 3:040x}", branch="main" if number % 4 else "feature", dirty=False
        ),
        code_digest=f"c{number // 3}",
    )


def timing_pass(number: int, chance: random.Random) -> PassResult:
    of = header(number).targets[0].key
    names = (
        ("fit.py",)
        if number % 2
        else tuple(f"tests/test_solver.py::test_step[{size}]" for size in (8, 64, 512))
    )
    return PassResult(
        target=of,
        pass_name=PassName.TIMING,
        benchmarks=tuple(benchmark(name, of, 1e6 * (1 + place), chance) for place, name in enumerate(names)),
    )


def benchmark(name: str, target: str, level_ns: float, chance: random.Random) -> Benchmark:
    times = [level_ns * chance.lognormvariate(0, 0.02) for _ in range(5)]
    processes = tuple(
        ProcessTiming(id=f"p{i}", loops_count=10, wall_ns=(round(t * 10),) * 20, cpu_ns=(round(t * 10),) * 20)
        for i, t in enumerate(times)
    )
    timing = Timing(processes=processes, median_ns=median(times), interval_ns=(min(times), max(times)))
    made = Pass(name=PassName.TIMING, state=PassState.DONE, tool="perf_counter_ns")
    return Benchmark(name=name, target=target, timing=timing, passes=(made,))


def fill(path: Path, runs_count: int) -> None:
    """Store the runs by the functions that store each one, in few transactions instead of four a run."""
    chance = random.Random(1)
    with open_store(path) as store:
        for start in range(0, runs_count, 1_000):
            with store._database.writing() as connection:  # noqa: SLF001 - a transaction a run would take minutes
                for number in range(start, min(start + 1_000, runs_count)):
                    head = header(number)
                    shelf.insert_run(connection, head)
                    shelf.insert_pass(connection, head.id, timing_pass(number, chance))
                    shelf.update_run(connection, head.id, state=RunState.COMPLETE, duration_ns=1, notes=())
                    summary = Summary(undecided=1, slower=int(number % 100 == 0), findings=number % 5)
                    lists.update_summary(connection, head.id, summary)


def asked(port: int, path: str) -> tuple[float, int]:
    """Fetch a page over a connection of its own; seconds to the last byte, and its size."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    started = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - started
    connection.close()
    if answer.status != 200:
        sys.exit(f"{path} answered {answer.status}: {body[:300]!r}")
    return took, len(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=21)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "perfwatch.db"
        started = time.perf_counter()
        fill(path, wanted.runs)
        size = units.size(path.stat().st_size)
        print(f"{units.whole(wanted.runs)} runs stored in {time.perf_counter() - started:.0f} s, {size}")
        command = (sys.executable, "-m", "perfwatch", "browse", "--no-open", "--port", "0", "--store", path)
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
            try:
                address = server.stdout.readline()
                measure(int(address.partition("127.0.0.1:")[2].partition("/")[0]), wanted)
            finally:
                server.terminate()


def measure(port: int, wanted: argparse.Namespace) -> None:
    slug = slug_of("script:fit.py", "fit.py")
    pages = {
        "list": "/",
        "list, last page": f"/?page={wanted.runs // 50}",
        "list, one target with a verdict": "/?target=script%3Afit.py&verdict=undecided",
        "benchmarks": "/benchmarks/",
        "history": f"/benchmarks/{slug}",
        "history, over commits": f"/benchmarks/{slug}?over=commits",
        "comparison": "/compare?base=previous&head=latest&across_machines=1",
    }
    for name, path in pages.items():
        first, _ = asked(port, path)
        taken = [asked(port, path) for _ in range(wanted.times)]
        middle, worst = median(took for took, _ in taken), max(took for took, _ in taken)
        aim = f", target under {AIMS_MS[name]} ms" if name in AIMS_MS else ""
        shown = [units.time(seconds * 1e9) for seconds in (middle, worst, first)]
        print(
            f"{name}: {shown[0]}, at most {shown[1]} ({wanted.times} times), the first {shown[2]}; "
            f"{units.size(taken[0][1])}{aim}"
        )


if __name__ == "__main__":
    main()
