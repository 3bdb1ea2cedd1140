"""Rules about waiting and threads: where each must speak, and which look-alikes it must leave alone."""

from __future__ import annotations

import pytest
from scenes import Case, Measured, check_fires, check_spares

from perfwatch.records.finding import Grade
from perfwatch.records.profile import ThreadPool

QUEUE = Measured(threads={"MainThread": 0.0, "Thread-1": 0.3, "Thread-2": 0.3})
CONTENDED = Measured(threads={"MainThread": 0.01, "worker_0": 0.48, "worker_1": 0.47}, gil=0.96)
BUSY_POOL = Measured(
    pools=[ThreadPool(library="OpenBLAS", kind="openblas", threads_count=2, cpu_over_wall=1.9)]
)

FIRES = [
    Case(
        claim="each record forced onto the disk",
        rule="io-bound",
        source="""
            import os

            class Journal:
                def note(self, text):
                    self.handle.write(text)             #@ 1% 900x
                    os.fsync(self.handle.fileno())      #@ 90% 900x wait=97% <-
        """,
        share=0.90,
        says=("os.fsync", "the disk", "900 times"),
        advises=("one fsync",),
    ),
    Case(
        claim="answers of a server, one at a time",
        rule="io-bound",
        source="""
            from urllib.request import urlopen

            def fetched(stations):
                return [one(station) for station in stations]     #@ 96% own=1% 1x

            def one(station):
                return urlopen(BASE + station).read()             #@ 95% 40x wait=98% <-
        """,
        share=0.95,
        says=("the network", "40 times"),
        advises=("ThreadPoolExecutor",),
    ),
    Case(
        claim="workers that stand at one lock of an instance",
        rule="lock-bound",
        source="""
            from threading import Lock

            class Archive:
                def __init__(self):
                    self.guard = Lock()

                def ask(self, name):
                    with self.guard:             #@ 60% 400x wait=95% <-
                        return fetch(name)       #@ 30% 400x
        """,
        measured=QUEUE,
        share=0.60,
        says=("2 threads", "self.guard", "60%"),
        advises=("Hold self.guard only",),
    ),
    Case(
        claim="polling with a pause under another name",
        rule="sleep",
        source="""
            from time import sleep as pause

            def finished(job):
                while not job.done:          #@ 1% 200x
                    pause(0.05)              #@ 93% 200x wait=100% <-
        """,
        share=0.93,
        says=("pause(0.05)", "200 times"),
        advises=("Event",),
    ),
    Case(
        claim="a process for each conformer",
        rule="subprocess-loop",
        source="""
            from subprocess import check_output

            def energy(name):
                return float(check_output(["solve", name]))     #@ 88% 60x <-

            def energies(names):
                return [energy(name) for name in names]         #@ 90% own=1% 1x
        """,
        share=0.88,
        says=("60 times",),
        advises=("one process",),
    ),
    Case(
        claim="threads that compute in Python",
        rule="gil-contention",
        source="""
            from concurrent.futures import ThreadPoolExecutor

            def aligned(pairs):
                print(", ".join(pairs))                       #@ 6% 1x
                with ThreadPoolExecutor(2) as pool:
                    return list(pool.map(align, pairs))       #@ 90% 1x <-
        """,
        measured=CONTENDED,
        share=0.90,
        says=("2 threads", "96%"),
        advises=("ProcessPoolExecutor",),
    ),
    Case(
        claim="thousands of small systems for a pool of threads",
        rule="small-blas-threads",
        source="""
            import numpy as np

            def filtered(covariances, data):
                for c, d in zip(covariances, data):
                    yield np.linalg.solve(c, d)       #@ 80% 20000x <-
        """,
        measured=BUSY_POOL,
        share=0.80 * (1 - 1 / 1.9),
        says=("20,000 times", "2 threads", "OpenBLAS", "1.9 s"),
        advises=("one thread",),
        sure=Grade.MEDIUM,
    ),
]

SPARES = [
    Case(
        claim="a database that is opened",
        rule="io-bound",
        source="""
            import sqlite3

            def counted(paths):
                for path in paths:
                    db = sqlite3.connect(path)        #@ 50% 90x wait=80%
        """,
    ),
    Case(
        claim="writing that is computing",
        rule="io-bound",
        source="""
            import gzip

            def kept(path, rows):
                with gzip.open(path, "w") as handle:
                    for row in rows:
                        handle.write(row)        #@ 90% 9000x wait=3%
        """,
    ),
    Case(
        claim="a lock that is there for the taking",
        rule="lock-bound",
        source="""
            import threading

            guard = threading.Lock()

            def add(x):
                with guard:          #@ 40% 90000x wait=2%
                    total.append(x)  #@ 30% 90000x
        """,
        measured=QUEUE,
    ),
    Case(
        claim="a file that is waited for with threads about",
        rule="lock-bound",
        source="""
            def read(path):
                with open(path) as handle:       #@ 60% 400x wait=95%
                    return handle.read()         #@ 30% 400x
        """,
        measured=QUEUE,
    ),
    Case(
        claim="a sleep of one's own",
        rule="sleep",
        source="""
            def sleep(bear, months):
                return [bear.dream(month) for month in range(months)]     #@ 60% 400x

            winters = [sleep(bear, 6) for bear in BEARS]      #@ 90% own=2% 1x
        """,
    ),
    Case(
        claim="a short pause",
        rule="sleep",
        source="""
            import time

            def once():
                time.sleep(0.01)         #@ 1% 1x
                return work()            #@ 98% 1x
        """,
    ),
    Case(
        claim="one process for all",
        rule="subprocess-loop",
        source="""
            import subprocess

            def energies(names):
                return subprocess.run(["solve", *names], check=True)     #@ 95% 1x
        """,
    ),
    Case(
        claim="a run of one's own object",
        rule="subprocess-loop",
        source="""
            def all_of(engine, names):
                for name in names:
                    engine.run(name)           #@ 95% 60x
        """,
    ),
    Case(
        claim="threads whose libraries let the lock go",
        rule="gil-contention",
        source="""
            from concurrent.futures import ThreadPoolExecutor

            def solved(systems):
                with ThreadPoolExecutor(2) as pool:
                    return list(pool.map(solve, systems))       #@ 90% 1x
        """,
        measured=Measured(threads={"MainThread": 0.01, "worker_0": 0.1, "worker_1": 0.1}, gil=0.2),
    ),
    Case(
        claim="a single thread that holds the lock",
        rule="gil-contention",
        source="""
            import threading

            def main():
                worker = threading.Thread(target=work)
                worker.start()
                worker.join()           #@ 90% 1x
        """,
        measured=Measured(threads={"MainThread": 0.01, "Thread-1": 0.97}, gil=0.98),
    ),
    Case(
        claim="large systems that use their threads",
        rule="small-blas-threads",
        source="""
            import numpy as np

            def solved(systems, data):
                for a, b in zip(systems, data):
                    yield np.linalg.solve(a, b)       #@ 95% 20x
        """,
        measured=BUSY_POOL,
    ),
    Case(
        claim="a pool of one thread",
        rule="small-blas-threads",
        source="""
            import numpy as np

            def solved(systems, data):
                for a, b in zip(systems, data):
                    yield np.linalg.solve(a, b)       #@ 95% 20000x
        """,
        measured=Measured(
            pools=[ThreadPool(library="OpenBLAS", kind="openblas", threads_count=1, cpu_over_wall=1.0)]
        ),
    ),
]


@pytest.mark.parametrize("case", FIRES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_names_line_share_cause_and_advice(case):
    check_fires(case)


@pytest.mark.parametrize("case", SPARES, ids=lambda case: f"{case.rule}: {case.claim}")
def test_a_rule_leaves_its_look_alikes_alone(case):
    check_spares(case)
