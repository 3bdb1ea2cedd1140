"""Stored runs with times given process by process, for tests of what is said about them."""

from __future__ import annotations

from dataclasses import replace

from builders import make_benchmark, make_process, make_run

from perfwatch.places import STORE_FILE, STORE_FOLDER
from perfwatch.records.run import Failure, FailureKind, PassName
from perfwatch.records.timing import Timing
from perfwatch.store import open_store


def timing_of(*per_call_ns, **changes):
    """One process for each time, its samples all alike."""
    processes = tuple(
        make_process(id=f"p{i}", loops_count=1, wall_ns=(t,) * 3, cpu_ns=(t,) * 3)
        for i, t in enumerate(per_call_ns)
    )
    return Timing(processes=processes, **changes)


def run_of(*per_call_ns, run_id="head", name="script.py", **changes):
    benchmark = make_benchmark(name, timing=timing_of(*per_call_ns) if per_call_ns else None, metrics={})
    return make_run(id=run_id, benchmarks=(benchmark,), **changes)


def sessions_of(*levels_ns, spread=1_000):
    """Stored runs of one code: around each level three processes, ``spread`` apart."""
    return tuple(
        run_of(level - spread, level, level + spread, run_id=f"s{i}") for i, level in enumerate(levels_ns)
    )


STEADY = sessions_of(1_000_000, 1_001_000, 999_000, 1_000_500, 999_500)


def failure_of(benchmark="script.py", **changes):
    failure = Failure(
        target="script:script.py",
        pass_name=PassName.TIMING,
        kind=FailureKind.EXCEPTION,
        message="ZeroDivisionError: division by zero\nat line 3",
        benchmark=benchmark,
    )
    return replace(failure, **changes)


def stored(project):
    """The runs in a project's store, the newest first."""
    with open_store(project / STORE_FOLDER / STORE_FILE) as store:
        return store.runs()
